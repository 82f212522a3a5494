"""Why rows are refused, and what came of an import; told in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass


class GridProblem(Exception):
    """The grid cannot do what was asked: one sentence in each language, saying what to do."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One reason against one row. ``row`` counts records from 1; 0 is the file as a whole."""

    row: int
    field: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What came of an import: all rows, or none when ``refused`` is not empty.

    ``imported`` rows were taken over, of which ``unchanged`` were known already; ``retired``
    older ones ended.  ``source_crs`` is the coordinate system the file was read in.
    """

    imported: int
    refused: tuple[Refusal, ...]
    unchanged: int = 0
    retired: int = 0
    source_crs: str = "EPSG:4326"


class Refused(GridProblem):
    """Nothing was stored; ``refusals`` has every reason, by row."""

    def __init__(self, refusals: list[Refusal]) -> None:
        self.refusals = tuple(sorted(refusals, key=lambda one: (one.row, one.field)))
        first = self.refusals[0]
        super().__init__(
            zh=f"{len(refusals)} 处被拒绝，未写入任何数据。第 {first.row} 行：{first.reason_zh}",
            en=f"{len(refusals)} refusals, nothing was stored. Row {first.row}: {first.reason_en}",
        )
