"""An area as a panel: how it stands, what lies below it, what is urgent, where it is loud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.components import DeviceList, TicketList
from command_center.evaluation.on_time import on_time
from command_center.pages.parts.crowded import open_there
from command_center.pages.parts.crumbs import crumbs, opens
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views.standing import Sum, by_child, total
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import Actor, scope
from events.model.standing import Standing
from events.store import figures, scopes, standing, statistics
from grid.model.found import Step
from grid.store import lookup
from grid.store.postgis import reading
from iot_ingest.store import findings

_MOST_CELLS = 12
_MOST_DEVICES = 12
_MOST_TICKETS = 8
# The share disposed in time is of 30 days: kept for a minute.
_FRESH_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Area:
    """What was read of an area; ``whole``: nothing that the reader may see lies outside of it."""

    way: Sequence[Step]
    whole: bool
    children: Sequence[tuple[Step, Sum]]
    all: Sum
    closed: int
    cells: Sequence[Standing]
    codes: Mapping[int, str]
    loud: Sequence[int]


def area_panel(services: Services, code: str, reader: Reader) -> Component:
    """The area with a ``code``; a sentence when there is none."""
    language = reader.language
    with reading(services.engine) as conn:
        area_id = lookup.area_id_of(conn, code)
        found = _read(conn, area_id, reader.actor, reader.now) if area_id is not None else None
    if found is None or area_id is None:
        return html.P(words("story.no_area", language), className="cc-empty", role="status")
    area = found.way[-1]
    kind = words(f"search.area_{area.kind}", language)
    return html.Article(
        [
            html.Header(
                html.Div([html.H2(titled(area, "name", language)), html.P(f"{kind} · {code}")]),
                className="cc-story-head",
            ),
            crumbs(found.way, language, here=True),
            _figures(found, language),
            _children(found.children, language),
            section("story.urgent_here", language,
                    TicketList(
                        id="area-tickets", config=reader.config, area=area_id, most=_MOST_TICKETS,
                        href=f"/desk?show=open&area={area_id}",
                        open=_open(services, found, area_id, reader),
                    )),
            _loud(found.loud, reader),
            _cells(found, language),
            dcc.Store(id="area-code", data=code),
        ],
        className="cc-story",
        **data(area=code),
    )  # fmt: skip


def _open(services: Services, found: _Area, area_id: int, reader: Reader) -> dict[str, Any] | None:
    if found.whole:  # the wall itself was told the most urgent of it
        return {"n": found.all.open, "tickets": []}
    return open_there(services, reader, area_id=area_id, most=_MOST_TICKETS)


class OnTime:
    """The share disposed in time, by area and reader's scope; remembered for a minute."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._known: dict[tuple[str, int | None], tuple[float, float | None]] = {}
        self._lock = Lock()

    def told(self, services: Services, code: str, actor: Actor) -> str:
        """Of what was due in the area within 30 days, as "93%"; "–" of nothing."""
        key = (code, scope(actor).area_id)
        with self._lock:
            made_s, share = self._known.get(key, (-_FRESH_S, None))
        if monotonic() - made_s >= _FRESH_S:
            with reading(services.engine) as conn:
                place = _place(conn, code, actor)
                share = None if place is None else on_time(conn, place, now=services.now())
            with self._lock:
                if len(self._known) > 1_000:
                    self._known.clear()
                self._known[key] = (monotonic(), share)
        return "–" if share is None else f"{round(share * 100)}%"


def _read(conn: Connection, area_id: int, actor: Actor, now: datetime) -> _Area:
    below = lookup.below(conn, area_id)
    inside = _inside(conn, below, actor)
    way = lookup.way(conn, area_id)
    own = scope(actor).area_id
    rows, cells = standing.summed(conn, inside, now, most=_MOST_CELLS)
    return _Area(
        way=way,
        whole=len(way) == 1 or own in {step.area_id for step, _ in below},
        children=by_child(below, rows),
        all=total(rows),
        closed=standing.closed_since(conn, inside, statistics.midnight(conn, now)),
        cells=cells,
        codes=lookup.cell_codes(conn, [one.cell_id for one in cells if one.cell_id]),
        loud=findings.loud_in(conn, [one.area_id for one, _ in below], most=_MOST_DEVICES),
    )


def _place(conn: Connection, code: str, actor: Actor) -> figures.Place | None:
    """The area, or of a wider one the actor's own; None where there is nothing to see."""
    area_id, own = lookup.area_id_of(conn, code), scope(actor).area_id
    found = None if area_id is None else figures.place(conn, area_id)
    if found is None or own is None or own in found.path:
        return found
    return figures.place(conn, own) if own in found.inside else None


def _inside(conn: Connection, below: Sequence[tuple[Step, int | None]], actor: Actor) -> list[int]:
    """The areas of ``below`` (`grid.store.lookup.below`) that are the actor's own."""
    found = [step.area_id for step, _ in below]
    own = scopes.area_ids(conn, scope(actor))
    return found if own is None else sorted(set(found).intersection(own))


def _figures(found: _Area, language: Language) -> Component:
    told = {
        "open": (found.all.open, ""),
        "overdue": (found.all.overdue, "bad"),
        "needs_decision": (found.all.undecided, "warn"),
        "closed_today": (found.closed, ""),
    }
    rows = [
        html.Li(
            [html.B(str(count), **data(count=key)),
             html.Span(words(f"wall.figure_{key}", language))],
            className=tone if count else "",
        )
        for key, (count, tone) in told.items()
    ]  # fmt: skip
    late = html.Li([html.B("…", id="area-on-time"),
                    html.Span(words("wall.figure_on_time", language))])  # fmt: skip
    return html.Ul([*rows, late], className="cc-area-figures")


def _children(children: Sequence[tuple[Step, Sum]], language: Language) -> Component | None:
    if not children:
        return None
    most = max(1, *(one.open for _, one in children))
    rows = [
        html.Li(
            opens("area", step.code, _row(titled(step, "name", language), sums, most, language))
        )
        for step, sums in children
    ]
    title = words(f"story.below_{children[0][0].kind}", language)
    return html.Section([html.H3(title), html.Ul(rows, className="cc-below")])


def _row(name: str, sums: Sum, most: int, language: Language) -> list[Component]:
    late = [html.Em(words("story.late_count", language, n=sums.overdue))] if sums.overdue else []
    return [
        html.Span(name, className="name"),
        html.Span([*late, html.B(str(sums.open))], className="count"),
        html.Span(
            [
                html.I(className="late", style={"width": f"{100 * sums.overdue / most:.1f}%"}),
                html.I(style={"width": f"{100 * (sums.open - sums.overdue) / most:.1f}%"}),
            ],
            className="bar",
        ),
    ]


def _loud(loud: Sequence[int], reader: Reader) -> Component | None:
    if not loud:
        return None
    return section(
        "story.loud_here", reader.language,
        DeviceList(id="area-devices", config=reader.config, devices=list(loud)),
    )  # fmt: skip


def _cells(found: _Area, language: Language) -> Component | None:
    if not found.cells:
        return None
    rows = [
        html.Li(
            opens("cell", one.cell_id,
                  [html.Span(found.codes[one.cell_id]), html.B(str(one.open))]),
            className="late" if one.overdue else "",
        )
        for one in found.cells
        if one.cell_id
    ]  # fmt: skip
    return section("story.cells_here", language, html.Ul(rows, className="cc-cells"))
