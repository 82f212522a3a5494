"""The outfall view: the class of each water, where it comes from, how far it is put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dash import html
from dash.development.base_component import Component

from command_center.components import ProjectBoard, ProjectList
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes import pieces
from command_center.pages.parts.told import data, section
from command_center.remembered import Kept
from command_center.services import Services
from command_center.views import outfall as views
from command_center.views.moments import clock_text
from command_center.views.story import titled
from command_center.wording import words
from events.model.access import Permission, allowed, scope
from events.model.projects.traced import Traced, beginnings, upstream
from events.model.projects.words import SOURCE_WORDS, SUBSTANCE_WORDS, class_words
from events.store.projects import trace
from grid.store.postgis import reading
from iot_ingest.store import devices as device_store
from iot_ingest.store import findings, readings

CODE = "outfall"
_MOST = 8
_MOST_TRACES = 30
_WORSE = 3
_OPEN, _SETTLED = "#e39bc6", "#2fbf91"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    at: datetime
    outfalls: Sequence[views.Outfall]
    levels: dict[int, int]


def outfall_panel(services: Services, kept: Kept, reader: Reader) -> Component:
    """The outfall view of the wall."""
    inside = scope(reader.actor)
    seen = kept.get((CODE,), lambda: _measure(services, reader))
    with reading(services.engine) as conn:
        traced = trace.outfalls(conn, inside)
    language = reader.language
    parts = [
        _classes(seen, reader),
        _traces(traced, reader),
        section("themes.stages", language,
                ProjectBoard(id="layer-board", config=reader.config, kind="outfall")),
        section("themes.projects", language,
                ProjectList(id="layer-projects", config=reader.config, kind="outfall", most=12)),
    ]  # fmt: skip
    layer = services.layers[CODE]
    features = _features(seen, traced, reader)
    return pieces.theme(services, layer, reader, parts, features, layers=(CODE,))


def _measure(services: Services, reader: Reader) -> _Measured:
    with reading(services.engine) as conn:
        found = [one for one in device_store.by_nos(conn, device_store.of_layers(conn, [CODE]))
                 if one.disabled_at is None]  # fmt: skip
        nos = [one.device_no for one in found]
        latest: dict[int, dict[str, tuple[float, datetime]]] = {}
        for one in readings.latest(conn, nos) if nos else ():
            latest.setdefault(one.device_no, {})[one.metric] = (one.value, one.ts)
        own = set(nos)
        levels: dict[int, int] = {}
        for finding in findings.open(conn):
            if finding.device_no in own:
                known = levels.get(finding.device_no, 0)
                levels[finding.device_no] = max(finding.level, known)
    day = reader.now.astimezone(reader.zone).date()
    return _Measured(
        at=reader.now, outfalls=views.outfalls(found, latest, reader.now, day), levels=levels
    )


def _classes(seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    if not seen.outfalls:
        return section("themes.classes", language, pieces.empty("themes.no_outfalls", reader))
    heads = [words(f"themes.class_{one}", language) for one in ("outfall", "now", "held", "by")]
    rows = [_row(one, seen, reader) for one in seen.outfalls]
    standards = dict.fromkeys(one.found.standard for one in seen.outfalls if one.found is not None)
    worse = sum(one.worse for one in seen.outfalls)
    told = words("themes.class_sum", language, n=len(seen.outfalls), worse=worse)
    label = words("themes.classes", language)
    # those that are worse than they may be, and some more
    most = max(_MOST, worse)
    more = words("themes.more_outfalls", language, n=len(rows) - most)
    return section(
        "themes.classes", language, html.P(told),
        *pieces.folded(label, heads, rows, most, more),
        pieces.note(words("themes.class_basis", language, basis="; ".join(standards) or "–")),
    )  # fmt: skip


def _row(one: views.Outfall, seen: _Measured, reader: Reader) -> Component:
    language = reader.language
    level = seen.levels.get(one.device.device_no, 0)
    held = "–" if one.target is None else class_words(one.target).told(language)
    if one.found is None:
        at = clock_text(one.at, reader.zone, now=seen.at)
        now, by = words("themes.class_none", language), "" if one.at is None else at
    else:
        now = class_words(one.found.water_class).told(language)
        by = " ".join(_substance(name, reader) for name in one.found.decided_by)
    return html.Tr(
        [
            html.Th(pieces.named(pieces.level_mark(level, CODE, reader),
                                 pieces.device_link(one.device, reader)), scope="row"),
            html.Td(f"{now} !" if one.worse else now,
                    className=f"level-{_WORSE}" if one.worse else ""),
            html.Td(held), html.Td(by, className="by"),
        ],
        **data(outfall=one.device.device_id, worse=str(one.worse).lower(),
               found="" if one.found is None else one.found.water_class),
    )  # fmt: skip


def _substance(name: str, reader: Reader) -> str:
    return SUBSTANCE_WORDS[name].told(reader.language).removesuffix(" mg/L")


# --- upstream ------------------------------------------------------------------------------


def _traces(traced: Sequence[Traced], reader: Reader) -> Component:
    language = reader.language
    if not traced:
        return section("themes.upstream", language, pieces.empty("themes.no_sources", reader))
    own = {one.component_id: one for one in traced}
    firsts = beginnings(traced)
    items = [
        html.Li(
            [_project(own[key], reader),
             html.Ol([_step(step.depth, step.source, reader)
                      for step in upstream(traced, key)], className="cc-upstream")],
            **data(trace=own[key].number),
        )
        for key in firsts[:_MOST_TRACES]
    ]  # fmt: skip
    left = len(firsts) - len(items)
    more = [pieces.note(words("themes.more_traces", language, n=left))] if left > 0 else []
    return section("themes.upstream", language, html.Ol(items, className="cc-traces"), *more)


def _project(one: Traced, reader: Reader) -> Component:
    name = titled(one, "name", reader.language)
    if allowed(reader.actor, Permission.VIEW_RECTIFICATION):
        return html.A(name, href=f"/?project={one.number}", **data(open=f"project:{one.number}"))
    return html.B(name)


def _step(depth: int, one: Traced, reader: Reader) -> Component:
    language = reader.language
    state = words(f"rectification.{'settled' if one.settled else 'unsettled'}", language)
    above: list[Component | str] = []
    if one.upstream_code is not None:
        link = html.A(
            titled(one, "upstream", language), href=f"/?component={one.upstream_code}",
            **data(open=f"component:{one.upstream_code}"),
        )  # fmt: skip
        above = [" ← ", link]
    return html.Li(
        [html.Span([html.B(SOURCE_WORDS[one.source].told(language)), *above]),
         html.Em(state), html.P(one.party)],
        className="settled" if one.settled else "open", style={"marginLeft": f"{depth}rem"},
        **data(depth=str(depth)),
    )  # fmt: skip


def _features(seen: _Measured, traced: Sequence[Traced], reader: Reader) -> list[pieces.Feature]:
    found = []
    for one in traced:
        if one.upstream_lon is not None and one.upstream_lat is not None:
            ends = [(one.upstream_lon, one.upstream_lat), (one.lon, one.lat)]
            found.append(pieces.line(ends, _SETTLED if one.settled else _OPEN))
    for outfall in seen.outfalls:
        if outfall.found is not None:
            told = class_words(outfall.found.water_class).told(reader.language)
            level = _WORSE if outfall.worse else 0
            text = f"{told} !" if outfall.worse else told
            found.append(pieces.text_at(outfall.device.lon, outfall.device.lat, text, level))
    return found
