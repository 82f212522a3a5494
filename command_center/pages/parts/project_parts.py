"""What belongs to a project, part by part: classes, sources, measures, samples, tickets."""

from __future__ import annotations

from collections.abc import Iterable

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.views import project as views
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import Permission, allowed
from events.model.projects.project import MEASURES, Parts, Project
from events.model.projects.stage import Kind
from events.model.projects.water import is_worse
from events.model.projects.words import (
    MEASURE_WORDS,
    PHASE_WORDS,
    SOURCE_WORDS,
    SUBSTANCE_WORDS,
    class_words,
)
from events.model.verb import STATE_WORDS, State


def classes_section(project: Project, reader: Reader) -> list[Component]:
    """The class of the water before and after, and what was aimed at."""
    if project.kind is not Kind.OUTFALL or project.before_class is None:
        return []
    aim = project.target_class or project.before_class
    cells = []
    for name, code in (("before", project.before_class), ("after", project.after_class),
                       ("target", project.target_class)):  # fmt: skip
        look = "" if code is None or name == "target" else "bad" if is_worse(code, aim) else "good"
        text = "…" if code is None else class_words(code).told(reader.language)
        cells.append(html.Li([html.Span(words(f"rectification.{name}", reader.language)),
                              html.B(text)], className=look))  # fmt: skip
    return [section("rectification.classes", reader.language,
                    html.Ul(cells, className="cc-classes"))]  # fmt: skip


def result_section(project: Project, reader: Reader) -> list[Component]:
    """Why it recurs, what is done about it, and how often it came before and after."""
    if project.kind is not Kind.ROOT_CAUSE:
        return []
    language = reader.language
    texts = [
        html.Div([html.H4(words(f"rectification.{name}", language)), html.P(text)])
        for name, text in (("cause", project.cause), ("measures", project.measures))
        if text
    ]
    result = project.result or {"before": project.opened_why.get("rate")}
    most = max(
        [float(one) for one in (result.get("before"), result.get("after")) if one], default=1.0
    )
    bars = []
    for name in ("before", "target", "after"):
        value = result.get(name)
        width = 0.0 if value is None else min(100.0, 100.0 * float(value) / most)
        bars.append(
            html.Li(
                [
                    html.Span(words(f"rectification.rate_{name}", language)),
                    html.I(html.I(style={"width": f"{width:.0f}%"}), className=name),
                    html.B(views.rate_text(value) or "…"),
                ]
            )
        )
    told = html.P(words("rectification.rate_told", language), className="cc-note")
    return [section("rectification.result", language, *texts,
                    html.Ul(bars, className="cc-rates"), told)]  # fmt: skip


def sources_section(parts: Parts, downstream: Iterable[str], reader: Reader) -> list[Component]:
    """Where it comes from, who answers for that, and whether it is put right."""
    language = reader.language
    rows = []
    for one in parts.sources:
        settled = one.settled_at is not None
        state = "settled" if settled else "unsettled"
        told = [one.settled_note] if one.settled_note else []
        if one.upstream_code is not None:
            told.append(words("rectification.upstream", language, code=one.upstream_code))
        rows.append(
            html.Li(
                [
                    html.B(SOURCE_WORDS[one.source].told(language)),
                    html.Em(words(f"rectification.{state}", language)),
                    html.P(" · ".join([one.party, *told])),
                ],
                className="signed" if settled else "working",
            )
        )
    below = [
        html.Li(
            [
                html.B(words("rectification.downstream", language)),
                html.Em(html.A(one, href=f"/rectification?project={one}")),
            ]
        )
        for one in downstream
    ]
    if not rows and not below:
        return []
    return [section("rectification.sources", language,
                    html.Ul([*rows, *below], className="cc-parties"))]  # fmt: skip


def measures_section(project: Project, parts: Parts, reader: Reader) -> list[Component]:
    """The six measures of a site, as they were last seen."""
    if project.kind is not Kind.SITE:
        return []
    language = reader.language
    seen = {one.item: one for one in parts.checks}
    rows = []
    for item in MEASURES:
        one = seen.get(item)
        state = "unseen" if one is None else "yes" if one.met else "no"
        told = [] if one is None else [
            one.note, clock_text(one.at, reader.zone, now=reader.now),
        ]  # fmt: skip
        rows.append(
            html.Li(
                [
                    html.B(MEASURE_WORDS[item].told(language)),
                    html.Em(words(f"rectification.met_{state}", language)),
                    html.P(" · ".join(text for text in told if text)),
                ],
                className="met" if state == "yes" else "missing",
                **data(item=item),
            )
        )
    return [section("rectification.six", language, html.Ul(rows, className="cc-asked"))]


def samples_section(parts: Parts, reader: Reader) -> list[Component]:
    """The samples, the latest first: what was measured, and the class that follows."""
    if not parts.samples:
        return []
    language = reader.language
    rows = []
    for one in reversed(parts.samples):
        values = [
            html.Span(
                f"{SUBSTANCE_WORDS[name].told(language)} {value:g}",
                className="decides" if name in one.decided_by else "",
            )
            for name, value in one.values.items()
        ]
        rows.append(
            html.Li(
                [
                    html.B(class_words(one.water_class).told(language)),
                    html.Em(
                        f"{PHASE_WORDS[one.phase].told(language)} · "
                        f"{clock_text(one.taken_at, reader.zone, now=reader.now)}"
                    ),
                    html.P(values, className="cc-measured"),
                    html.P(" · ".join(text for text in (one.standard, one.laboratory) if text)),
                ],
                **data(sample=one.water_class),
            )
        )
    return [section("rectification.samples", language, html.Ul(rows, className="cc-samples"))]


def tickets_section(parts: Parts, reader: Reader) -> list[Component]:
    """The tickets that belong to the project."""
    if not parts.tickets:
        return []
    language = reader.language
    opens = allowed(reader.actor, Permission.VIEW_DESK)
    rows = []
    for one in parts.tickets:
        number = html.A(one.number, href=f"/desk?ticket={one.number}") if opens else one.number
        state = STATE_WORDS[State(one.state)].told(language)
        rows.append(
            html.Li(
                [
                    html.B(number),
                    html.Em(
                        f"{state} · {clock_text(one.occurred_at, reader.zone, now=reader.now)}"
                    ),
                    html.P(titled(one, "title", language)),
                ],
                className="working" if one.is_open else "signed",
            )
        )
    title = words("rectification.tickets", language, n=len(rows))
    return [html.Section([html.H3(title), html.Ul(rows, className="cc-parties")])]
