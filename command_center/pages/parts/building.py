"""Buildings of a cell, doors of a building, and who lives behind one: the last steps down."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component as Part
from sqlalchemy import Connection

from command_center.components import Here
from command_center.pages.parts.crumbs import crumbs, opens
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact, section
from command_center.services import Services
from command_center.views.story import titled
from command_center.wording import words
from events.actions.read_household import read_household
from events.model.access import Permission, allowed, scope
from events.model.household import BUILDING, Household
from events.store import households, scopes
from grid.model.component import Component
from grid.store import components, lookup
from grid.store.postgis import reading

# Of a cell so many are listed; of more that is told.
_MOST_BUILDINGS = 200
# More than any building has doors.
_MOST_DOORS = 5_000


def buildings_part(conn: Connection, cell_id: int, reader: Reader) -> Part | None:
    """The buildings of a cell; None where the city keeps none there."""
    found = components.by_cell(conn, cell_id, BUILDING, most=_MOST_BUILDINGS + 1)
    if not found:
        return None
    rows = [opens("component", one.code, titled(one, "name", reader.language)) for one in found]
    more = words("story.first_listed", reader.language, n=_MOST_BUILDINGS)
    left = html.P(more, className="cc-note") if len(rows) > _MOST_BUILDINGS else None
    listed = _listed(rows[:_MOST_BUILDINGS])
    return section("story.buildings_here", reader.language, listed, left)


def households_part(conn: Connection, building: Component, reader: Reader) -> Part | None:
    """The doors of a building, for who may ask who lives there; None where there are none."""
    if building.kind != BUILDING or not allowed(reader.actor, Permission.READ_HOUSEHOLDS):
        return None
    inside = scopes.area_ids(conn, scope(reader.actor))
    if inside is not None and building.area_id not in inside:
        return None
    found = households.units(conn, building.component_id, most=_MOST_DOORS)
    if not found:
        return None
    rows = [opens("household", number, unit) for number, unit in found]
    note = html.P(words("story.households_recorded", reader.language), className="cc-note")
    return section("story.households", reader.language, note, _listed(rows))


def household_panel(services: Services, household_id: int, reader: Reader) -> Part:
    """Who lives behind a door, and how to reach them: its reading is in the ledger."""
    language = reader.language
    found = read_household(services.engine, household_id, by=reader.actor, now=reader.now)
    if found is None:
        text = words("story.no_household", language)
        return html.P(text, className="cc-empty", role="status")
    with reading(services.engine) as conn:
        way = lookup.way(conn, found.area_id)
        cell = lookup.cell_codes(conn, [found.cell_id or 0])
    here = found.cell_id or 0
    building = (found.building_code, titled(found, "building", language))
    return html.Article(
        [
            html.Header(
                [html.Div([html.P(words("story.household", language)), html.H2(found.unit)])],
                className="cc-story-head",
            ),
            crumbs(way, language, cell=(here, cell[here]) if here in cell else None,
                   building=building),
            html.Dl([part for row in _facts(found, reader) for part in row], className="cc-facts"),
            html.P(words("story.household_recorded", language), className="cc-note"),
            Here(of=f"household:{household_id}", at=[found.lon, found.lat]),
        ],
        className="cc-story",
        **data(household=str(household_id)),
    )  # fmt: skip


def _facts(found: Household, reader: Reader) -> list[tuple[Part, Part]]:
    residents = "–" if found.residents is None else str(found.residents)
    return [
        fact("story.residents", residents, reader.language),
        fact("story.household_contact", found.contact or "–", reader.language),
        fact("story.phone", found.phone or "–", reader.language),
        fact("story.household_note", found.note or "–", reader.language),
    ]


def _listed(rows: list[Part]) -> Part:
    return html.Ul([html.Li(one) for one in rows], className="cc-doors")
