"""A project's story as a panel, with what the caller may do about it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from command_center.components import Due, ProjectActions, StageMark
from command_center.pages.parts.names import read_names
from command_center.pages.parts.project_choices import choices_for
from command_center.pages.parts.project_parts import (
    classes_section,
    measures_section,
    result_section,
    samples_section,
    sources_section,
    tickets_section,
)
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import aria, data, fact, photo, section
from command_center.services import Services
from command_center.views import project as views
from command_center.views.moments import clock_text
from command_center.views.story import Names, titled
from command_center.wording import page_words, words
from events.model.attachment import Attachment
from events.model.ledger import LedgerEntry
from events.model.projects.access import in_scope
from events.model.projects.project import Parts, Project
from events.model.projects.stage import KIND_WORDS, METHOD_WORDS, Stage, stage_words
from events.model.projects.words import OUTFALL_TYPE_WORDS, WATER_WORDS
from events.store import attachments, departments, ledger
from events.store.projects import parts as part_store
from events.store.projects import rows
from grid.store.postgis import reading


def project_panel(
    services: Services, number: str, reader: Reader, *, links: Component | None = None,
    acts: bool = False,
) -> Component:  # fmt: skip
    """The story of the project ``number``; a sentence when the reader may not see any such.

    ``acts``: the page has the scripts with which a project is acted upon.
    """
    with reading(services.engine) as conn:
        project = rows.by_number(conn, number)
        if project is None or not in_scope(reader.actor, project):
            text = words("rectification.no_project", reader.language, number=number)
            return html.P(text, className="cc-empty", role="status")
        parts = part_store.of_project(conn, project.project_id)
        entries = ledger.of_object(conn, "project", project.number)
        photos = attachments.of_project(conn, project.project_id)
        names = read_names(conn, reader.language)
        offices = departments.all(conn) if acts else ()
        below = project.component_id
        downstream = () if below is None else part_store.downstream(conn, below)
    choices = choices_for(project, parts, offices, reader.language)
    return html.Article(
        [
            _head(project, services, reader),
            _way(project, entries, reader),
            *([_actions(project, choices, reader)] if acts else []),
            *([links] if links is not None else []),
            *_check_list(project, parts, reader),
            *classes_section(project, reader),
            *result_section(project, reader),
            _facts(project, reader),
            *sources_section(parts, downstream, reader),
            *measures_section(project, parts, reader),
            *samples_section(parts, reader),
            *_evidence(photos, reader),
            *tickets_section(parts, reader),
            _history(project, entries, names, reader),
        ],
        className="cc-story cc-project",
        **data(project=project.number),
    )


def _head(project: Project, services: Services, reader: Reader) -> Component:
    language = reader.language
    look = views.looks(services.layers.values()).get(project.stage)
    late = project.is_late(reader.now)
    tags = []
    if project.relapses:
        told = words("rectification.relapsed", language, n=project.relapses)
        tags.append(html.Em(told, className="supervised"))
    return html.Header(
        [
            StageMark(look=views.mark(look, language, late=late)),
            html.Div(
                [
                    html.H2(titled(project, "name", language)),
                    html.P(
                        [
                            html.Span(project.number, className="cc-number"),
                            html.Span(KIND_WORDS[project.kind].told(language)),
                            html.B(stage_words(project.kind, project.stage).told(language)),
                            *tags,
                        ],
                        className="cc-tags",
                    ),
                ]
            ),
            Due(config=reader.config, due_at=project.due_at.isoformat())
            if project.is_live and project.due_at is not None
            else html.P(views.due_text(project, language, reader.zone, reader.now)),
        ],
        className="cc-story-head",
    )


def _way(project: Project, entries: tuple[LedgerEntry, ...], reader: Reader) -> Component:
    made = views.steps(project, entries, reader.language, reader.zone, reader.now)
    return html.Ol(
        [
            html.Li(
                [html.I(), html.Span(one.name), html.Time(one.at)],
                className=one.look,
                **(aria(current="step") if one.look == "now" else {}),
                **data(stage=one.stage.value),
            )
            for one in made
        ],
        className="cc-way",
    )


def _actions(
    project: Project, choices: dict[str, list[dict[str, str]]], reader: Reader
) -> Component:
    return ProjectActions(
        id="project-actions",
        config=reader.config,
        words=page_words("rectification", reader.language),
        number=project.number,
        version=project.version,
        actions=views.actions(reader.actor, project, reader.language),
        choices=choices,
        facts={**project.facts, "target_class": project.target_class or "",
               "early": project.stage in (Stage.SURVEY, Stage.MONITOR, Stage.TRACE)},
    )  # fmt: skip


def _check_list(project: Project, parts: Parts, reader: Reader) -> list[Component]:
    rows = [
        html.Li(
            [
                html.B(name),
                html.Em(words(f"rectification.{'missing' if lacks else 'met'}", reader.language)),
                *(html.P(one) for one in lacks),
            ],
            className="missing" if lacks else "met",
        )
        for name, lacks in views.checks(project, parts, reader.now, reader.language)
    ]
    if not rows:
        return []
    return [section("rectification.asks_for", reader.language, html.Ul(rows, className="cc-asked"))]


def _facts(project: Project, reader: Reader) -> Component:
    told = [fact(f"rectification.{name}", value, reader.language)
            for name, value in (*_place(project, reader), *_kind_of(project, reader),
                                *_times(project, reader)) if value]  # fmt: skip
    return html.Dl([part for pair in told for part in pair], className="cc-facts")


_Told = list[tuple[str, Component | str | None]]


def _place(project: Project, reader: Reader) -> _Told:
    cell = project.cell_code and html.A(project.cell_code, href=f"/?cell={project.cell_id}")
    return [
        ("owner", titled(project, "department_name", reader.language)),
        ("place", titled(project, "area_name", reader.language)),
        ("component", project.component_code),
        ("cell", cell),
    ]


def _kind_of(project: Project, reader: Reader) -> _Told:
    """What an outfall is, and how it is rectified; of what a root cause is looked for."""
    language = reader.language
    kind = OUTFALL_TYPE_WORDS.get(project.facts.get("type", ""))
    water = WATER_WORDS.get(project.facts.get("water", ""))
    named = (str(project.facts.get("receives", "")), "" if water is None else water.told(language))
    method = None if project.method is None else METHOD_WORDS[project.method].told(language)
    if method is not None and project.into_code is not None:
        method = f"{method} → {project.into_code}"
    return [
        ("type", None if kind is None else kind.told(language)),
        ("receives", " · ".join(one for one in named if one)),
        ("method", method),
        ("category", titled(project, "category_name", language)),
    ]


def _times(project: Project, reader: Reader) -> _Told:
    language = reader.language
    watched = project.watch_until if project.stage is Stage.WATCH else None
    until = None if watched is None else clock_text(watched, reader.zone, now=reader.now)
    level = project.told_level
    return [
        ("opened", clock_text(project.opened_at, reader.zone, now=reader.now)),
        ("opened_why", views.opened_text(project, language)),
        ("watch", until),
        ("told_level", words("story.level", language, level=level) if level else None),
    ]


def _evidence(photos: tuple[Attachment, ...], reader: Reader) -> list[Component]:
    if not photos:
        return []
    shown = html.Ul([photo(one, reader.language) for one in photos], className="cc-photos")
    return [section("story.evidence", reader.language, shown)]


def _history(
    project: Project, entries: tuple[LedgerEntry, ...], names: Names, reader: Reader
) -> Component:
    lines = views.history(project, entries, names, reader.language, reader.zone, reader.now)
    rows = [
        html.Li(
            [html.Time(one.at), html.Div([html.B(one.what), html.Span(one.who), html.P(one.why)])],
            className=f"verb-{one.verb}",
        )
        for one in lines
    ]
    return section("story.history", reader.language, html.Ol(rows, className="cc-timeline"))
