"""How the columns of somebody's file are called in ours: the `--mapping` file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grid.model.refusal import GridProblem

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnMapping:
    """Our column -> their column; values for all rows; and what the file does not say itself.

    ``values`` translates what stands in one of our columns: {"kind": {"排口": "outfall"}}.
    ``document`` is the whole mapping file, for importers that know more tables.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    crs: str | None = None
    layer: str | None = None
    encoding: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)


def column_mapping(document: Mapping[str, Any]) -> ColumnMapping:
    """Read a mapping document (TOML). Raises GridProblem where a table has the wrong shape."""
    tables = {name: _texts(name, document.get(name, {})) for name in ("columns", "constants")}
    values = document.get("values", {})
    if not isinstance(values, dict):
        raise _wrong("values")
    single = {name: document.get(name) for name in ("crs", "layer", "encoding")}
    for name, value in single.items():
        if value is not None and not isinstance(value, str):
            raise _wrong(name)
    return ColumnMapping(
        columns=tables["columns"],
        constants=tables["constants"],
        values={name: _texts(f"values.{name}", table) for name, table in values.items()},
        crs=single["crs"],
        layer=single["layer"],
        encoding=single["encoding"],
        document=document,
    )


def _texts(name: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise _wrong(name)
    if any(isinstance(value, dict | list) for value in table.values()):
        raise _wrong(name)
    return {key: str(value) for key, value in table.items()}


def _wrong(name: str) -> GridProblem:
    return GridProblem(
        zh=f"映射文件中的 {name} 写法不对：[columns]、[constants]、[values.列名] 是“名称 = 文本”"
        "的表，crs、layer、encoding 是文本。",
        en=f"{name} in the mapping file is not as it should be: [columns], [constants] and"
        " [values.COLUMN] are tables of name = text; crs, layer and encoding are texts.",
    )
