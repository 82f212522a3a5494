"""What must hold of the cells of a file before they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grid.model.cell import (
    CELL_CODE_DIGITS,
    BadCellCode,
    CellCode,
    CodeRefusal,
    community_of,
    parse_cell_code,
)
from grid.model.faults import FaultKind, find_faults
from grid.model.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shapely import Polygon

    from grid.model.area import Area
    from grid.model.faults import Fault

_CODE_ZH = {
    CodeRefusal.EMPTY: "编码为空",
    CodeRefusal.NOT_DIGITS: "编码只能由数字组成",
    CodeRefusal.LENGTH: f"编码须为 {CELL_CODE_DIGITS} 位",
    CodeRefusal.DIVISION_ZERO: "行政区划代码不能是 000000",
    CodeRefusal.SEQUENCE_ZERO: "网格序号须为 001 至 999",
}
_CODE_EN = {
    CodeRefusal.EMPTY: "the code is empty",
    CodeRefusal.NOT_DIGITS: "a code has digits only",
    CodeRefusal.LENGTH: f"a code has {CELL_CODE_DIGITS} digits",
    CodeRefusal.DIVISION_ZERO: "the administrative division may not be 000000",
    CodeRefusal.SEQUENCE_ZERO: "the sequence number must be 001 to 999",
}
_FAULT_ZH = {
    FaultKind.OVERLAP: "与第 {other} 行重叠 {area} 平方米，在 {lon:.6f}, {lat:.6f}",
    FaultKind.GAP: "社区 {community} 有 {area} 平方米未被网格覆盖，在 {lon:.6f}, {lat:.6f}",
    FaultKind.OUTSIDE: "有 {area} 平方米超出社区 {community}，在 {lon:.6f}, {lat:.6f}",
}
_FAULT_EN = {
    FaultKind.OVERLAP: "overlaps row {other} by {area} m2 at {lon:.6f}, {lat:.6f}",
    FaultKind.GAP: "community {community}: {area} m2 are in no cell, at {lon:.6f}, {lat:.6f}",
    FaultKind.OUTSIDE: "{area} m2 lie outside community {community}, at {lon:.6f}, {lat:.6f}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CellDraft:
    """A row of a file of cells; ``row`` counts from 1."""

    row: int
    code: CellCode
    shape: Polygon

    @property
    def community(self) -> str:
        """The 12-digit code of the community."""
        return community_of(self.code)


def check_code(row: int, text: str) -> CellCode | Refusal:
    """The cell code in ``text``, or why it is none."""
    try:
        return parse_cell_code(text)
    except BadCellCode as fault:
        return Refusal(
            row=row,
            field="code",
            reason_zh=f"{_CODE_ZH[fault.refusal]}：“{text}”",
            reason_en=f"{_CODE_EN[fault.refusal]}: “{text}”",
        )


def check_cells(
    drafts: Sequence[CellDraft],
    communities: dict[str, Area],
    reused: Collection[str],
    *,
    complete: bool,
) -> list[Refusal]:
    """Every reason against storing ``drafts`` as the cells of their communities.

    ``communities`` are the known ones by code; ``reused`` are codes of the file that another
    shape has or had.  Without ``complete`` rows are missing because they were refused already,
    and the gaps they leave are not told.
    """
    refusals: list[Refusal] = []
    first: dict[str, int] = {}
    for draft in drafts:
        if draft.code in first:
            refusals.append(
                Refusal(
                    row=draft.row,
                    field="code",
                    reason_zh=f"编码 {draft.code} 与第 {first[draft.code]} 行重复",
                    reason_en=f"code {draft.code} is already in row {first[draft.code]}",
                )
            )
        first.setdefault(draft.code, draft.row)
        if draft.community not in communities:
            refusals.append(
                Refusal(
                    row=draft.row,
                    field="code",
                    reason_zh=f"社区 {draft.community} 不存在：请先导入辖区",
                    reason_en=f"community {draft.community} does not exist: import areas first",
                )
            )
        if draft.code in reused:
            refusals.append(
                Refusal(
                    row=draft.row,
                    field="code",
                    reason_zh=f"编码 {draft.code} 已属于另一形状的网格；编码不重复使用，请给新编码",
                    reason_en=f"code {draft.code} belongs to a cell of another shape; codes are"
                    " never reused, give it a new one",
                )
            )
    placed = [draft for draft in drafts if draft.community in communities]
    faults = find_faults(
        [draft.shape for draft in placed],
        [draft.community for draft in placed],
        {code: area.geometry for code, area in communities.items()},
    )
    return refusals + [
        _told(fault, placed) for fault in faults if complete or fault.kind is not FaultKind.GAP
    ]


def _told(fault: Fault, drafts: Sequence[CellDraft]) -> Refusal:
    rows = sorted(drafts[cell].row for cell in fault.cells)
    words = {
        "area": f"{fault.area_m2:,.2f}",
        "community": fault.community,
        "lon": fault.lon,
        "lat": fault.lat,
        "other": rows[0] if rows else 0,
    }
    # a gap is told of the first row beside it, an overlap of the later of two rows
    return Refusal(
        row=(rows[-1] if fault.kind is FaultKind.OVERLAP else rows[0]) if rows else 0,
        field="geometry",
        reason_zh=_FAULT_ZH[fault.kind].format(**words),
        reason_en=_FAULT_EN[fault.kind].format(**words),
    )
