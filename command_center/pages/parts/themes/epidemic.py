"""The epidemic control view: control sites, supplies and tasks, by community."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.crumbs import opens
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes import pieces
from command_center.pages.parts.told import data, section
from command_center.problem import Language
from command_center.remembered import Kept
from command_center.services import Services
from command_center.views import epidemic as views
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import catalogue, words
from events.model.access import scope
from events.model.supply import Supply, english_unit
from events.store import supplies as store
from grid.store.postgis import reading

CODE = "epidemic_control"
_MOST = 30
_MOST_COMMUNITIES = 10
_SITE = "#2fe0c8"


def epidemic_panel(services: Services, kept: Kept, reader: Reader) -> Component:
    """The epidemic control view of the wall."""
    inside = scope(reader.actor)
    found = kept.get((CODE, inside.area_id), lambda: _read(services, reader))
    stocked = [one for community in found for one in community.sites]
    parts = [_communities(found, reader), _short(stocked, reader), _sites(stocked, reader)]
    layer = services.layers[CODE]
    return pieces.theme(services, layer, reader, parts, _features(stocked, reader), layers=(CODE,))


def _read(services: Services, reader: Reader) -> list[views.Community]:
    inside = scope(reader.actor)
    with reading(services.engine) as conn:
        sites = store.sites(conn, services.layers[CODE].facilities, inside)
        supplies = store.of_sites(conn, [one.component_id for one in sites])
        tasks = store.tasks(conn, CODE, inside, now=reader.now)
    return views.communities(sites, supplies, tasks)


def _communities(found: Sequence[views.Community], reader: Reader) -> Component:
    language = reader.language
    if not found:
        return section("themes.communities", language, pieces.empty("themes.no_sites_yet", reader))
    heads = [words(f"themes.community_{one}", language)
             for one in ("name", "sites", "short", "tasks", "overdue")]  # fmt: skip
    rows = [
        html.Tr(
            [
                html.Th(pieces.named(pieces.level_mark(one.level, CODE, reader),
                                     opens("area", one.code, titled(one, "name", language))),
                        scope="row"),
                html.Td(f"{one.open_sites}/{len(one.sites)}"),
                html.Td(str(one.short), className="level-2" if one.short else ""),
                html.Td(str(one.tasks)),
                html.Td(str(one.overdue), className="level-3" if one.overdue else ""),
            ],
            **data(community=one.code, short=str(one.short), tasks=str(one.tasks)),
        )
        for one in found
    ]  # fmt: skip
    more = words("themes.more_communities", language, n=len(rows) - _MOST_COMMUNITIES)
    label = words("themes.communities", language)
    shown = pieces.folded(label, heads, rows, _MOST_COMMUNITIES, more)
    return section("themes.communities", language, *shown)


def _short(stocked: Sequence[views.Stocked], reader: Reader) -> Component:
    language = reader.language
    short = [(one, item) for one in stocked for item in one.supplies if item.level]
    short.sort(key=lambda pair: (-pair[1].level, pair[0].site.code))
    basis = pieces.note(words("themes.supplies_basis", language))
    if not short:
        return section("themes.supplies", language, pieces.empty("themes.enough", reader), basis)
    rows = [
        html.Li(
            [
                pieces.level_mark(item.level, CODE, reader),
                html.Span(titled(item, "name", language)),
                html.B(_stock(item, language)),
                _bar(item),
                html.Small([
                    opens("component", one.site.code, titled(one.site, "name", language)),
                    " · ", words("themes.counted", language,
                                 at=clock_text(item.counted_at, reader.zone, now=reader.now)),
                ]),
            ],
            className=f"level-{item.level}", **data(short=f"{one.site.code}:{item.item}"),
        )
        for one, item in short[:_MOST]
    ]  # fmt: skip
    return section("themes.supplies", language, html.Ol(rows, className="cc-levels"), basis)


def _stock(item: Supply, language: Language) -> str:
    unit = item.unit if language == "zh" else english_unit(item.unit)
    return words("themes.stock", language, stock=f"{item.stock:g}", least=f"{item.least:g}",
                 unit=unit).rstrip()  # fmt: skip


def _bar(item: Supply) -> Component:
    share = 100 * item.stock / item.least if item.least else 0
    return html.Span([html.I(className="fill", style={"width": f"{min(100, share):.0f}%"})],
                     className="bar")  # fmt: skip


def _sites(stocked: Sequence[views.Stocked], reader: Reader) -> Component:
    language = reader.language
    if not stocked:
        return section("themes.sites", language, pieces.empty("themes.no_sites_yet", reader))
    rows = [
        html.Li(
            [
                pieces.level_mark(one.level, CODE, reader),
                opens("component", one.site.code, titled(one.site, "name", language)),
                html.B(words(f"themes.site_{'open' if one.site.open else 'closed'}", language)),
                html.Small(" · ".join(text for text in (
                    _type(one.site.site_type, language), one.site.hours,
                    words("themes.capacity", language, n=one.site.capacity)
                    if one.site.capacity else "",
                    titled(one.site, "area", language),
                ) if text)),
            ],
            **data(site=one.site.code, open=str(one.site.open).lower()),
        )
        for one in sorted(stocked, key=lambda one: (one.site.open, -one.level))[:_MOST]
    ]  # fmt: skip
    left = len(stocked) - len(rows)
    more = [pieces.note(words("themes.more_control_sites", language, n=left))] if left > 0 else []
    return section("themes.sites", language, html.Ol(rows, className="cc-pumps"), *more)


def _type(code: str, language: Language) -> str:
    """What a kind of site is called; a city's own kinds are told as they are."""
    key = f"site_type_{code}"
    return words(f"themes.{key}", language) if key in catalogue("themes") else code


def _features(stocked: Sequence[views.Stocked], reader: Reader) -> list[pieces.Feature]:
    found = []
    for one in stocked:
        sign = "✚" if one.site.open else "✕"
        text = f"{sign} {titled(one.site, 'name', reader.language)}"
        place = {"type": "Point", "coordinates": [one.site.lon, one.site.lat]}
        colour = pieces.colour_of(one.level) if one.level else _SITE
        found.append(pieces.feature(place, "text", colour, text=text, level=one.level))
    return found
