"""The open tickets in a box of the map, and what may be done to all of them."""

from __future__ import annotations

import math

from dash import html
from dash.development.base_component import Component

from command_center.components import Bulk
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data
from command_center.services import Services
from command_center.views.story import titled
from command_center.wording import words
from events.model.actor import Actor
from events.model.workflow import MOVES, VERB_WORDS, Need, Verb
from events.store import departments
from grid.store.postgis import reading

# What makes sense for many at once and can be taken back.
_VERBS = (Verb.SUPERVISE, Verb.COMMENT, Verb.DISPATCH)


def box_panel(services: Services, key: str, reader: Reader) -> Component:
    """The box "west,south,east,north"; a sentence when it is none."""
    language = reader.language
    box = _box(key)
    if box is None:
        return html.P(words("story.no_box", language), className="cc-empty", role="status")
    with reading(services.engine) as conn:
        offices = departments.all(conn)
    return html.Article(
        [
            html.Header(html.Div([html.H2(words("story.box", language))]),
                        className="cc-story-head"),
            Bulk(
                id="bulk", config=reader.config, box=box, verbs=_verbs(reader),
                departments=[{"value": one.code, "label": titled(one, "name", language)}
                             for one in offices],
            ),
        ],
        className="cc-story",
        **data(box=key),
    )  # fmt: skip


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


def _box(key: str) -> list[float] | None:
    try:
        west, south, east, north = (float(one) for one in key.split(","))
    except ValueError:
        return None
    found = [west, south, east, north]
    fits = all(math.isfinite(one) for one in found) and west <= east and south <= north
    return found if fits else None
