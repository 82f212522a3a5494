"""The evaluation: the figures of a span, by department, area, crew, category or person.

Everything asked for is in the address, so that what one sees can be sent: a number's address leads
to its tickets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.components import SCRIPTS, Ask, Banner, Pulse
from command_center.evaluation.gather import BYS, Evaluation, asked_from, gather, today_of
from command_center.pages.page import Page, PageApp
from command_center.pages.parts import frame
from command_center.pages.parts.behind import behind_part
from command_center.pages.parts.figures import compared_part, figures_part
from command_center.pages.parts.listing import query_of
from command_center.pages.parts.told import aria
from command_center.problem import Language
from command_center.services import Services
from command_center.views.evaluation import address
from command_center.wording import words
from events.model.access import Actor, Permission, scope
from events.model.period import spans
from grid.store.postgis import reading

_VIEW = Permission.VIEW_EVALUATION
_AGAIN_MS = 60_000
_DEFAULT = "days_30"
# What of an address is ours.
_FIELDS = ("first", "last", "by", "area", "department", "category", "figure", "part", "key", "skip")


def layout(actor: Actor, services: Services) -> Component:
    """The page; its figures are read when its address is known."""
    language = current_language()
    city = frame.read_city(services)
    config = frame.config_for(city, actor, services, language)
    return html.Div(
        className="cc-page cc-evaluation",
        children=[
            dcc.Location(id="address", refresh=False),
            frame.header(city, actor, config, language, path="/evaluation"),
            Pulse(id="pulse", every=_AGAIN_MS),
            html.Main([Banner(id="banner", config=config), html.Div(id="shown")]),
        ],
    )


def register(app: PageApp, services: Services) -> None:
    """The page's only callback: what its address asks for."""

    @app.callback(
        Output("shown", "children"), Input("address", "search"), Input("pulse", "pulses"),
        permission=_VIEW,
    )  # fmt: skip
    def show(search: Any, _pulses: Any) -> list[Component]:
        language = current_language()
        query = {key: one for key, one in query_of(search).items() if key in _FIELDS}
        try:
            return read_page(services, query, language)
        except DBAPIError:
            return [html.P(words("evaluation.away", language), role="alert")]


def read_page(services: Services, query: dict[str, str], language: Language) -> list[Component]:
    """What the address asks for: the figures, or the tickets behind one of them."""
    actor, now = logged_in(), services.now()
    with reading(services.engine) as conn:
        today = today_of(conn, now)
        asked = asked_from(query, spans(today)[_DEFAULT])
        found = gather(conn, asked, scope(actor), now=now)
        if found is None:
            told = html.P(words("evaluation.unknown", language), role="alert", className="cc-empty")
            return [_spans(query, found, asked_from({}, asked.period), today, language), told]
        # as it was understood, so that links say the same tomorrow
        query |= {"first": str(asked.period.first), "last": str(asked.period.last), "by": asked.by}
        formula = found.formula(query.get("figure", ""))
        if formula is not None:
            return behind_part(conn, found, formula, query, language)
    return [
        _spans(query, found, asked, today, language),
        _fields(query, found, language),
        *_notes(found, language),
        figures_part(found, query, language),
        _bys(query, found, language),
        compared_part(found, query, language),
        html.P([words("evaluation.explained", language), " ", words("evaluation.small", language)],
               className="cc-note"),
    ]  # fmt: skip


def _spans(
    query: Mapping[str, object], found: Evaluation | None, asked: Any, today: Any,
    language: Language,
) -> Component:  # fmt: skip
    """The spans that people ask for most, and the files of the one that is shown."""
    chips = [
        _chip(words(f"evaluation.span_{name}", language),
              address(query, first=one.first, last=one.last), here=one == asked.period)
        for name, one in spans(today).items()
    ]  # fmt: skip
    kept = {key: value for key, value in query.items() if key != "by"}
    files = [
        html.A(words(f"evaluation.{kind}", language), className="cc-button",
               href=address(kept).replace("/evaluation", f"/evaluation/report.{kind}", 1))
        for kind in ("xlsx", "pdf")
    ]  # fmt: skip
    return html.Nav(
        [html.Span(chips, className="cc-chips"),
         html.Span(files if found is not None else None, className="cc-files")],
        className="cc-spans",
        **aria(label=words("evaluation.span", language)),
    )  # fmt: skip


def _chip(label: str, href: str, *, here: bool) -> Component:
    return html.A(label, href=href, className="chip here" if here else "chip",
                  **(aria(current="true") if here else {}))  # fmt: skip


def _fields(query: Mapping[str, object], found: Evaluation, language: Language) -> Component:
    def options(kind: str, nothing: str) -> list[dict[str, str]]:
        every = {"value": "", "label": words(f"evaluation.{nothing}", language)}
        return [every, *({"value": one.code, "label": getattr(one, f"name_{language}")}
                         for one in found.names[kind])]  # fmt: skip

    asked = found.asked
    fields: list[dict[str, Any]] = [
        {"name": "first", "value": str(asked.period.first), "max": str(found.today)},
        {"name": "last", "value": str(asked.period.last), "max": str(found.today)},
        {"name": "department", "value": asked.department,
         "options": options("department", "any_department")},
        {"name": "category", "value": asked.category,
         "options": options("category", "any_category")},
    ]  # fmt: skip
    told = [{**one, "label": words(f"evaluation.{one['name']}", language)} for one in fields]
    kept = {name: str(query[name]) for name in ("by", "area") if query.get(name)}
    where = [
        html.A(getattr(one, f"name_{language}"), href=address(query, area=one.code))
        for one in found.up
    ]
    here = html.B(getattr(found.place, f"name_{language}"))
    return html.Section(
        [
            Ask(id="ask", action="/evaluation", fields=told, kept=kept,
                send=words("evaluation.show", language)),
            html.Nav([*where, here], className="cc-where",
                     **aria(label=words("evaluation.where", language))),
        ],
        className="cc-filters",
    )  # fmt: skip


def _notes(found: Evaluation, language: Language) -> list[Component]:
    if not found.waits:
        return []
    told = words("evaluation.waits", language, n=f"{found.waits:,}")
    return [html.P(told, className="cc-note", role="status")]


def _bys(query: Mapping[str, object], found: Evaluation, language: Language) -> Component:
    """By what the numbers below are told apart."""
    inmost = not found.place.children
    chips = [
        _chip(words(f"evaluation.by_{one}", language), address(query, by=one),
              here=one == found.question.by)
        for one in BYS
        if one != ("area" if inmost else "cell")
    ]  # fmt: skip
    return html.Nav(
        html.Span(chips, className="cc-chips"),
        className="cc-bys",
        **aria(label=words("evaluation.by", language)),
    )


PAGE = Page(
    path="/evaluation",
    permission=_VIEW,
    title="evaluation.title",
    layout=layout,
    register=register,
    styles=("wall/wall.css", "wall/side.css", "desk/desk.css", "evaluation/evaluation.css"),
    scripts=(*SCRIPTS, "evaluation/ask.js"),
    body_class="cc-dark",
)
