"""Read a file into our columns, with WGS-84 shapes, collecting a reason against every bad row."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grid.actions.load_file import Loaded, load_file
from grid.actions.read_shapes import checked, converted, crs_of_rows, raw_shapes
from grid.model.mapping import ColumnMapping, column_mapping
from grid.model.refusal import GridProblem, Refusal
from grid.model.reproject import System, UnknownSystem, system_of
from grid.model.text import as_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows under our column names. ``shapes`` in WGS-84, None where a row was refused.

    ``columns`` has the asked-for columns (None where a value is missing), ``others`` the rest
    under the file's names.  ``refusals`` is what was wrong already; row n has number n + 1.
    """

    count: int
    columns: Mapping[str, Sequence[Any]]
    others: Mapping[str, Sequence[Any]]
    shapes: NDArray[np.object_]
    system: System
    refusals: list[Refusal] = field(default_factory=list)

    def text(self, column: str, n: int) -> str:
        """The value of a row as text, "" where it is missing; whole numbers without ".0"."""
        return as_text(self.columns[column][n])

    def refuse(self, n: int, column: str, *, zh: str, en: str) -> None:
        """Note a reason against row ``n`` (counted from 0)."""
        self.refusals.append(Refusal(row=n + 1, field=column, reason_zh=zh, reason_en=en))


def read_mapping(path: Path | None) -> ColumnMapping:
    """Read a mapping file (TOML); None gives an empty one. Raises GridProblem."""
    if path is None:
        return ColumnMapping()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise GridProblem(
            zh=f"映射文件 {path} 打不开：{fault.strerror}。",
            en=f"the mapping file {path} cannot be opened: {fault.strerror}.",
        ) from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise GridProblem(
            zh=f"映射文件 {path.name} 不是正确的 TOML：{fault}。",
            en=f"the mapping file {path.name} is not proper TOML: {fault}.",
        ) from fault
    return column_mapping(document)


def read_table(
    path: Path,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    types: Collection[str],
    crs: str | None = None,
    mapping: ColumnMapping | None = None,
) -> Table:
    """Read ``path`` into our columns.

    ``types`` are the geometry types that a row may have ("Point", "Polygon", ...).  ``crs`` is
    what the user says of the coordinates.  Raises GridProblem for what concerns the whole file:
    not readable, columns missing, coordinate system unknown or contradictory.
    """
    given = mapping or ColumnMapping()
    loaded = load_file(path, given)
    columns, used = _chosen(path, loaded, required, optional, given)
    refusals: list[Refusal] = []
    shapes, shape_columns = raw_shapes(path, loaded, given, refusals)
    system = _system(path, loaded, crs or given.crs, given, refusals)
    shapes = checked(converted(shapes, system, refusals), types, refusals)
    rest = {
        name: values
        for name, values in loaded.columns.items()
        if name not in used and name not in shape_columns
    }
    return Table(
        count=loaded.count, columns=columns, others=rest, shapes=shapes, system=system,
        refusals=refusals,
    )  # fmt: skip


def _chosen(
    path: Path,
    loaded: Loaded,
    required: Sequence[str],
    optional: Sequence[str],
    mapping: ColumnMapping,
) -> tuple[dict[str, Sequence[Any]], set[str]]:
    lower = {name.lower(): name for name in reversed(list(loaded.columns))}
    found: dict[str, Sequence[Any]] = {}
    used: set[str] = set()
    missing = []
    for ours in (*required, *optional):
        if ours in mapping.constants:
            found[ours] = [mapping.constants[ours]] * loaded.count
            continue
        theirs = mapping.columns.get(ours, lower.get(ours))
        if theirs is not None and theirs in loaded.columns:
            used.add(theirs)
            values = loaded.columns[theirs]
            known = mapping.values.get(ours)
            found[ours] = (
                values if known is None else [known.get(as_text(one), one) for one in values]
            )
        elif ours in mapping.columns or ours in required:
            missing.append(theirs or ours)
        else:
            found[ours] = [None] * loaded.count
    if missing:
        lacking, present = "、".join(missing), "、".join(loaded.columns) or "-"
        raise GridProblem(
            zh=f"{path.name} 缺少列：{lacking}。文件中的列：{present}。列名不同时，用 --mapping "
            '文件的 [columns] 说明（我们的列名 = "文件的列名"）。',
            en=f"{path.name} lacks columns: {', '.join(missing)}. It has:"
            f" {', '.join(loaded.columns) or '-'}. Where names differ, say so in [columns] of a"
            ' --mapping file (our_name = "their name").',
        )
    return found, used


def _system(
    path: Path,
    loaded: Loaded,
    said: str | None,
    mapping: ColumnMapping,
    refusals: list[Refusal],
) -> System:
    declared = loaded.crs
    if loaded.shapes is None:
        declared = crs_of_rows(loaded, mapping, refusals)
    wanted = None if said is None else _named(said)
    written = None if declared is None else _named(declared)
    if wanted is None and written is None:
        if loaded.shapes is None:
            return system_of("EPSG:4326")
        raise GridProblem(
            zh=f"{path.name} 没有说明坐标系（例如 Shapefile 缺少 .prj）：请用 --crs 指明，如 --crs "
            "EPSG:4490 或 --crs GCJ-02。",
            en=f"{path.name} does not say its coordinate system (a Shapefile without .prj?): name"
            " it with --crs, as --crs EPSG:4490 or --crs GCJ-02.",
        )
    if wanted is None or written is None:
        return wanted or written or system_of("EPSG:4326")
    # Shifted coordinates are always labelled as the plain ones they imitate.
    imitated = wanted.shifted is not None and written.degrees
    if loaded.crs_assumed or imitated or wanted.same_as(written):
        return wanted
    raise GridProblem(
        zh=f"坐标系矛盾：--crs 说是 {wanted.name}，{path.name} 自己说是 {written.name}。"
        "请去掉 --crs，或改正文件。",
        en=f"contradictory coordinate systems: --crs says {wanted.name}, {path.name} itself says"
        f" {written.name}. Leave --crs out, or correct the file.",
    )


def _named(name: str) -> System:
    try:
        return system_of(name)
    except UnknownSystem as fault:
        raise GridProblem(
            zh=f"不认识坐标系 {name}：请写 EPSG 编号（如 EPSG:4548）、GCJ-02 或 BD-09。",
            en=f"the coordinate system {name} is not known: write an EPSG number (EPSG:4548),"
            " GCJ-02 or BD-09.",
        ) from fault
