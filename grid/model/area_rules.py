"""What must hold of areas before they are stored: codes, parents, shapes that do not overlap."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely

from grid.model.area import AreaCodeRefusal, BadAreaCode, parent_code, parse_area_code
from grid.model.faults import BORDER_WIDTH_M
from grid.model.projection import stretched
from grid.model.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grid.model.area import AreaDraft

_CODE_ZH = {
    AreaCodeRefusal.EMPTY: "编码为空",
    AreaCodeRefusal.NOT_DIGITS: "编码只能由数字组成",
    AreaCodeRefusal.LENGTH: "编码须为 4 位（市）、6 位（区县）、9 位（街道）或 12 位（社区）",
}
_CODE_EN = {
    AreaCodeRefusal.EMPTY: "the code is empty",
    AreaCodeRefusal.NOT_DIGITS: "a code has digits only",
    AreaCodeRefusal.LENGTH: "a code has 4 digits (city), 6 (district), 9 (street) or 12"
    " (community)",
}


def check_areas(
    drafts: Sequence[AreaDraft], rows: Sequence[int], known: Mapping[str, shapely.MultiPolygon]
) -> list[Refusal]:
    """Every reason against storing ``drafts`` beside the ``known`` areas (shapes by code).

    ``rows`` numbers the drafts. An empty list means that all may be stored.
    """
    refusals: list[Refusal] = []
    by_code: dict[str, int] = {}
    for n, (draft, row) in enumerate(zip(drafts, rows, strict=True)):
        try:
            code = parse_area_code(draft.code)
        except BadAreaCode as fault:
            refusals.append(
                _refusal(row, "code", f"{_CODE_ZH[fault.refusal]}：“{draft.code}”",
                         f"{_CODE_EN[fault.refusal]}: “{draft.code}”")
            )  # fmt: skip
            continue
        if code in by_code:
            first = rows[by_code[code]]
            refusals.append(
                _refusal(row, "code", f"编码 {code} 与第 {first} 行重复",
                         f"code {code} is already in row {first}")
            )  # fmt: skip
        else:
            by_code[code] = n
    for code, n in by_code.items():
        above = parent_code(code)
        if above is not None and above not in by_code and above not in known:
            refusals.append(
                _refusal(rows[n], "code", f"上级辖区 {above} 不存在：请放进同一文件或先导入",
                         f"the area above, {above}, does not exist: put it into the file or"
                         " import it first")
            )  # fmt: skip
    refusals += _second_cities(by_code, rows, known)
    return refusals + _shape_refusals(drafts, rows, by_code, known)


def _second_cities(
    by_code: Mapping[str, int], rows: Sequence[int], known: Mapping[str, shapely.MultiPolygon]
) -> list[Refusal]:
    """A database governs one city: the known one, else the first of the file."""
    cities = [code for code in (*known, *by_code) if parent_code(code) is None]
    return [
        _refusal(
            rows[by_code[code]],
            "code",
            f"一个数据库只管一个城市，已有 {cities[0]}",
            f"one database governs one city, and {cities[0]} is there",
        )
        for code in by_code
        if code in cities and code != cities[0]
    ]


def _shape_refusals(
    drafts: Sequence[AreaDraft],
    rows: Sequence[int],
    by_code: Mapping[str, int],
    known: Mapping[str, shapely.MultiPolygon],
) -> list[Refusal]:
    """Areas below the same area may not overlap, and must lie in it."""
    shapes = {**known, **{code: drafts[n].geometry for code, n in by_code.items()}}
    siblings: dict[str | None, list[str]] = defaultdict(list)
    for code in shapes:
        siblings[parent_code(code)].append(code)
    refusals: list[Refusal] = []
    for above, codes in siblings.items():
        changed = [code for code in codes if code in by_code]
        away = [
            code
            for code in changed
            if above in shapes and not shapely.intersects(shapes[code], shapes[above])
        ]
        refusals += [
            _refusal(
                rows[by_code[code]],
                "geometry",
                f"完全在上级辖区 {above} 之外",
                f"lies wholly outside the area above, {above}",
            )
            for code in away
        ]
        refusals += _sibling_overlaps(
            changed, codes, shapes, {c: rows[by_code[c]] for c in changed}
        )
    return refusals


def _sibling_overlaps(
    changed: Sequence[str],
    codes: Sequence[str],
    shapes: Mapping[str, shapely.MultiPolygon],
    rows: Mapping[str, int],
) -> list[Refusal]:
    if not changed or len(codes) < 2:
        return []
    all_shapes = np.array([shapes[code] for code in codes], dtype=object)
    near, other = shapely.STRtree(all_shapes).query([shapes[code] for code in changed])
    refusals = []
    for n, m in zip(near.tolist(), other.tolist(), strict=True):
        here, there = changed[n], codes[m]
        # each pair once: told of the later row, or of the new one beside a known one
        if here == there or (there in rows and rows[there] >= rows[here]):
            continue
        common = shapely.intersection(shapes[here], shapes[there])
        if shapely.area(common) == 0:
            continue
        metric = stretched(common, shapely.bounds(common)[1])
        if shapely.is_empty(shapely.buffer(metric, -BORDER_WIDTH_M / 2)):
            continue
        area = float(shapely.area(metric))
        refusals.append(
            _refusal(rows[here], "geometry", f"与辖区 {there} 重叠 {area:,.0f} 平方米",
                     f"overlaps area {there} by {area:,.0f} m2")
        )  # fmt: skip
    return refusals


def _refusal(row: int, field: str, zh: str, en: str) -> Refusal:
    return Refusal(row=row, field=field, reason_zh=zh, reason_en=en)
