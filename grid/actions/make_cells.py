"""Cut an area into unit cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from grid.model.area import Area, AreaDraft, AreaKind
from grid.model.projection import metric_epsg_of
from grid.model.refusal import GridProblem
from grid.model.replacement import CodesUsedUp, Replacement, replacement
from grid.model.tessellation import (
    LARGEST_M,
    SMALLEST_M,
    BadSize,
    Cut,
    TooManyCells,
    cut,
    cut_community,
    group,
)
from grid.store import areas, cells, components
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy import Connection, Engine

# While two digits suffice, synthetic communities are numbered from here, to be told from real
# ones; the level between has one synthetic area of the highest number.
_FIRST_SYNTHETIC = 901
_MOST_COMMUNITIES = 999
_ONLY = {AreaKind.CITY: "99", AreaKind.DISTRICT: "999"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeCells:
    """What make_cells did, in cells; ``synthetic`` communities were made for it."""

    communities: int
    synthetic: int
    made: int
    unchanged: int
    retired: int


def make_cells(engine: Engine, *, area_code: str, size_m: float, by: str) -> MadeCells:
    """Cut every community of an area into cells of ``size_m`` metres, in one transaction.

    Where an area has none below it, synthetic communities of at most 999 cells are made.  Cells
    that are there already with the same shape stay; others end, and their codes stay taken.
    Raises GridProblem with what to do: no such area, a size that does not fit, no codes left.
    """
    with transaction(engine, by) as conn:
        cells.lock(conn)
        root = _wanted(conn, area_code)
        # one lattice for the whole city, so that neighbouring areas continue each other
        city = areas.by_id(conn, root.path[0]) or root
        epsg = metric_epsg_of(city.geometry)
        synthetic = 0
        done: list[Replacement] = []
        for leaf in _leaves(areas.inside(conn, root.area_id)):
            found = _cut(leaf, size_m, epsg)
            if leaf.kind is AreaKind.COMMUNITY:
                done.append(_replace(conn, leaf, found.shapes))
                continue
            for community, shapes in _synthetic(conn, leaf, found):
                done.append(_replace(conn, community, shapes))
                synthetic += 1
        components.relocate(conn)
    return MadeCells(
        communities=len(done),
        synthetic=synthetic,
        made=sum(len(one.begun) for one in done),
        unchanged=sum(one.unchanged for one in done),
        retired=sum(len(one.ended) for one in done),
    )


def _wanted(conn: Connection, code: str) -> Area:
    found = areas.by_code(conn, code)
    if found is None:
        raise GridProblem(
            zh=f"没有编码为 {code} 的辖区：请先导入辖区，或检查编码。",
            en=f"there is no area with the code {code}: import the areas first, or check the code.",
        )
    return found


def _leaves(tree: Sequence[Area]) -> list[Area]:
    parents = {area.parent_id for area in tree}
    return [area for area in tree if area.area_id not in parents]


def _cut(area: Area, size_m: float, epsg: int) -> Cut:
    try:
        if area.kind is AreaKind.COMMUNITY:
            return cut_community(area.geometry, size_m, epsg=epsg)
        return cut(area.geometry, size_m, epsg=epsg)
    except TooManyCells as fault:
        raise GridProblem(
            zh=f"社区 {area.name_zh}（{area.code}）会有 {fault.count} 个网格，而编码只容 999 个："
            f"请用 --size {fault.advised_m} 或更大，或先把社区拆小。",
            en=f"community {area.name_en} ({area.code}) would have {fault.count} cells, codes"
            f" count only 999: use --size {fault.advised_m} or more, or divide the community.",
        ) from fault
    except BadSize as fault:
        raise GridProblem(
            zh=f"不能把 {area.name_zh}（{area.code}）切成 {size_m:g} 米的网格：边长须在 "
            f"{SMALLEST_M:g} 至 {LARGEST_M:g} 米之间，且与辖区大小相称。",
            en=f"{area.name_en} ({area.code}) cannot be cut into cells of {size_m:g} m: the size"
            f" must be {SMALLEST_M:g} to {LARGEST_M:g} m, and in proportion to the area.",
        ) from fault


def _replace(conn: Connection, community: Area, shapes: NDArray[np.object_]) -> Replacement:
    taken = cells.taken_codes(conn, [community.code])
    known = cells.inside(conn, community.area_id) if taken else []
    try:
        plan = replacement(community.code, shapes, known, taken)
    except CodesUsedUp as fault:
        raise GridProblem(
            zh=f"社区 {community.name_zh}（{community.code}）需要 {fault.wanted} 个新编码，只剩 "
            f"{fault.left} 个（编码不重复使用）：请用更大的边长，或为社区换新编码。",
            en=f"community {community.name_en} ({community.code}) needs {fault.wanted} new codes"
            f" and has {fault.left} left (codes are never reused): use larger cells, or give the"
            " community a new code.",
        ) from fault
    cells.retire(conn, plan.ended)
    cells.insert(conn, [(code, community.area_id, shape) for code, shape in plan.begun])
    return plan


def _synthetic(
    conn: Connection, area: Area, found: Cut
) -> Iterator[tuple[Area, NDArray[np.object_]]]:
    """Communities below an area that has no areas of its own, with the shapes of their cells."""
    while area.kind is not AreaKind.STREET:
        area = areas.insert(
            conn,
            AreaDraft(
                code=area.code + _ONLY[area.kind],
                name_zh=area.name_zh,
                name_en=area.name_en,
                geometry=area.geometry,
                synthetic=True,
            ),
            parent=area,
        )
    groups = group(found)
    if len(groups) > _MOST_COMMUNITIES:
        raise GridProblem(
            zh=f"{area.name_zh}（{area.code}）会分成 {len(groups)} 个社区，编码只容 999 个："
            "请用更大的边长。",
            en=f"{area.name_en} ({area.code}) would be divided into {len(groups)} communities,"
            " codes count only 999: use larger cells.",
        )
    first = _FIRST_SYNTHETIC if len(groups) <= 1000 - _FIRST_SYNTHETIC else 1
    for n, members in enumerate(groups, 1):
        shapes = found.shapes[members]
        community = areas.insert(
            conn,
            AreaDraft(
                code=f"{area.code}{first + n - 1:03d}",
                name_zh=f"{area.name_zh}第{n}片",
                name_en=f"{area.name_en} section {n}",
                geometry=_multi(shapely.coverage_union_all(shapes)),
                synthetic=True,
            ),
            parent=area,
        )
        yield community, shapes


def _multi(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(shapely.get_parts(shape).tolist())
