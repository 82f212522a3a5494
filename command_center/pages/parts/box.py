"""The open tickets in a box or a polygon of the map, and what may be done to all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import shapely
from dash import html
from dash.development.base_component import Component
from shapely import Polygon

from command_center.components import Bulk
from command_center.pages.parts.crowded import open_there
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data
from command_center.services import Services
from command_center.views.story import titled
from command_center.wording import words
from events.model.actor import Actor
from events.model.workflow import MOVES, VERB_WORDS, Need, Verb
from events.store import departments
from events.store.urgent import Narrow
from grid.store.postgis import reading

# What makes sense for many at once and can be taken back.
_VERBS = (Verb.SUPERVISE, Verb.COMMENT, Verb.DISPATCH)
# So many are listed and acted on at once.
_MOST_TICKETS = 100

# Corners of a polygon, as many as an address carries (assets/wall/polygon.js).
_MOST_CORNERS = 60
LONGEST_KEY = 2 * _MOST_CORNERS * 12


def box_panel(services: Services, key: str, reader: Reader, off: Sequence[str]) -> Component:
    """The box "west,south,east,north" without layers that are ``off``; a sentence if it is none."""
    box = _box(key)
    if box is None:
        return _none(reader)
    title = words("story.box", reader.language)
    return _panel(services, reader, title, key, shapely.box(*box), off, box=box)


def polygon_panel(services: Services, key: str, reader: Reader, off: Sequence[str]) -> Component:
    """The polygon "lon,lat,lon,lat,..."; a sentence when it is none."""
    polygon = _polygon(key)
    if polygon is None:
        return _none(reader)
    title = words("screen.polygon_title", reader.language)
    return _panel(services, reader, title, key, Polygon(polygon), off, polygon=polygon)


def _none(reader: Reader) -> Component:
    told = words("story.no_box", reader.language)
    return html.P(told, className="cc-empty", role="status")


def _panel(
    services: Services, reader: Reader, title: str, key: str, inside: Polygon,
    off: Sequence[str], **shape: list[Any],
) -> Component:  # fmt: skip
    with reading(services.engine) as conn:
        offices = departments.all(conn)
    (kind,) = shape
    return html.Article(
        [
            html.Header(html.Div([html.H2(title)]), className="cc-story-head"),
            Bulk(
                id="bulk", config=reader.config, verbs=_verbs(reader), **shape, most=_MOST_TICKETS,
                open=open_there(services, reader, narrow=_narrow(services, inside, off),
                                most=_MOST_TICKETS),
                departments=[{"value": one.code, "label": titled(one, "name", reader.language)}
                             for one in offices],
            ),
        ],
        className="cc-story",
        **data(**{kind: key}),
    )  # fmt: skip


def _narrow(services: Services, inside: Polygon, off: Sequence[str]) -> Narrow:
    """What is in the shape without layers that are off; "other": what none of the city's has."""
    if "other" in off:
        shown = tuple(one for one in services.layers if one not in off)
        return Narrow(shape=inside, layers=shown)
    return Narrow(shape=inside, layers=tuple(off), others=True)


def _verbs(reader: Reader) -> list[dict[str, object]]:
    """The verbs that the reader's role has somewhere; each ticket says whether it may be done."""
    return [
        {"verb": verb.value, "label": VERB_WORDS[verb].told(reader.language),
         "needs": sorted({need.value for need in needs})}
        for verb in _VERBS
        for needs in [_needs(reader.actor, verb)] if needs is not None
    ]  # fmt: skip


def _needs(actor: Actor, verb: Verb) -> tuple[Need, ...] | None:
    for (_, one), move in MOVES.items():
        if one is verb and actor.role in move.roles:
            return tuple(move.needs)
    return None


def _numbers(key: str) -> list[float]:
    """The finite numbers of "1,2,3"; none of anything else."""
    try:
        found = [float(one) for one in key.split(",")]
    except ValueError:
        return []
    return found if all(math.isfinite(one) for one in found) else []


def _box(key: str) -> list[float] | None:
    found = _numbers(key)
    if len(found) != 4 or found[0] > found[2] or found[1] > found[3]:
        return None
    return found


def _polygon(key: str) -> list[list[float]] | None:
    found = _numbers(key)
    if len(found) % 2 or not 3 <= len(found) // 2 <= _MOST_CORNERS:
        return None
    return [found[n : n + 2] for n in range(0, len(found), 2)]
