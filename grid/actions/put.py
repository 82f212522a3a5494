"""Store city, areas, components and base map that a program already holds in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import numpy as np

from grid.model.area import parent_code
from grid.model.area_rules import check_areas
from grid.model.city import City
from grid.model.projection import in_china
from grid.model.refusal import GridProblem, Refusal, Refused
from grid.store import areas, basemap, cells, city, components
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Engine

    from grid.model.area import AreaDraft
    from grid.model.basemap import BasemapFeature
    from grid.model.component import ComponentDraft


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """How many rows were taken over, and how many of them were known already, unchanged."""

    taken: int
    unchanged: int


def put_city(engine: Engine, given: City, *, by: str) -> None:
    """Name the city of this database, or change what is known of it."""
    with transaction(engine, by) as conn:
        city.put(conn, given)


def check_time_zone(time_zone: str | None) -> None:
    """Raise GridProblem for the name of a time zone that does not exist."""
    if time_zone is not None and time_zone not in available_timezones():
        raise GridProblem(
            zh=f"没有名为 {time_zone} 的时区：请写 IANA 名称，如 Asia/Shanghai。",
            en=f"there is no time zone {time_zone}: write an IANA name, as Asia/Shanghai.",
        )


def name_city(engine: Engine, area: AreaDraft, *, by: str, time_zone: str | None = None) -> City:
    """Take names, extent and centre of the city from its area; the city as it is then known.

    Without ``time_zone`` (IANA) it keeps the one it has; a new one gets Asia/Shanghai in China,
    UTC elsewhere.
    """
    west, south, east, north = area.geometry.bounds
    center = ((west + east) / 2, (south + north) / 2)
    with transaction(engine, by) as conn:
        known = city.get(conn)
        kept = known.time_zone if known else "Asia/Shanghai" if in_china(*center) else "UTC"
        named = City(
            name_zh=area.name_zh,
            name_en=area.name_en,
            time_zone=time_zone or kept,
            center=center,
            bbox=(west, south, east, north),
            demo=known is not None and known.demo,
        )
        city.put(conn, named)
    return named


def put_areas(
    engine: Engine, drafts: Sequence[AreaDraft], *, by: str, rows: Sequence[int] | None = None
) -> Stored:
    """Store areas, new or changed, in any order; all or none.

    Raises Refused with every reason: bad or doubled codes, no area above, overlapping siblings.
    ``rows`` numbers the drafts in the reasons (default 1, 2, 3, ...).
    """
    with transaction(engine, by) as conn:
        cells.lock(conn)
        known = {area.code: area for area in areas.all_areas(conn)}
        numbers = range(1, len(drafts) + 1) if rows is None else rows
        shapes = {code: area.geometry for code, area in known.items()}
        if refusals := check_areas(drafts, numbers, shapes):
            raise Refused(refusals)
        unchanged = 0
        for draft in sorted(drafts, key=lambda one: (len(one.code), one.code)):
            if draft.code in known:
                unchanged += not areas.update(conn, draft)
            else:
                above = parent_code(draft.code)
                parent = known[above] if above else None
                known[draft.code] = areas.insert(conn, draft, parent=parent)
    return Stored(taken=len(drafts), unchanged=unchanged)


def put_components(
    engine: Engine, drafts: Sequence[ComponentDraft], *, by: str, rows: Sequence[int] | None = None
) -> Stored:
    """Store components, new or changed, each with the cell and area that hold it; all or none.

    Raises Refused for doubled codes and for positions outside the city.
    """
    numbers = range(1, len(drafts) + 1) if rows is None else rows
    with transaction(engine, by) as conn:
        placed, refusals = _placed(conn, drafts, numbers)
        if refusals:
            raise Refused(refusals)
        changed = components.put(conn, placed)
    return Stored(taken=len(drafts), unchanged=len(drafts) - changed)


def put_basemap(engine: Engine, features: Iterable[BasemapFeature], *, by: str) -> int:
    """Lay a new base map in place of the old one; the number of its shapes."""
    with transaction(engine, by) as conn:
        return basemap.replace(conn, features)


def _placed(
    conn: Connection, drafts: Sequence[ComponentDraft], rows: Sequence[int]
) -> tuple[list[tuple[ComponentDraft, int | None, int]], list[Refusal]]:
    found = cells.locate_many(
        conn, np.array([one.lon for one in drafts]), np.array([one.lat for one in drafts])
    )
    placed: list[tuple[ComponentDraft, int | None, int]] = []
    refusals: list[Refusal] = []
    first: dict[str, int] = {}
    for draft, row, cell_id, area_id in zip(
        drafts, rows, found.cell_ids.tolist(), found.area_ids.tolist(), strict=True
    ):
        if draft.code in first:
            refusals.append(
                Refusal(
                    row=row,
                    field="code",
                    reason_zh=f"编码 {draft.code} 与第 {first[draft.code]} 行重复",
                    reason_en=f"code {draft.code} is already in row {first[draft.code]}",
                )
            )
        first.setdefault(draft.code, row)
        if area_id == 0:
            refusals.append(
                Refusal(
                    row=row,
                    field="geometry",
                    reason_zh=f"位置 {draft.lon:.6f}, {draft.lat:.6f} 不在任何辖区内",
                    reason_en=f"position {draft.lon:.6f}, {draft.lat:.6f} is in no area",
                )
            )
        placed.append((draft, cell_id or None, area_id))
    return placed, refusals
