"""Shapes and positions of a file's rows: found, parsed, converted to WGS-84, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from grid.actions.load_file import Loaded
from grid.model.refusal import GridProblem, Refusal
from grid.model.reproject import System, to_lon_lat, unlikely
from grid.model.text import as_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from grid.model.mapping import ColumnMapping

# Names under which tables without geometry keep positions or shapes.
_LON = ("lon", "lng", "long", "longitude", "x", "经度")
_LAT = ("lat", "latitude", "y", "纬度")
_SHAPE = ("geometry", "geom", "wkt", "wkb")
_CRS = ("crs", "srid")

_TYPES_ZH = {"Point": "点", "LineString": "线", "Polygon": "面", "MultiPolygon": "多面"}


def column_of(loaded: Loaded, mapping: ColumnMapping, names: Sequence[str]) -> str | None:
    """The file's column for the first of some names, or None."""
    lower = {name.lower(): name for name in reversed(list(loaded.columns))}
    for ours in names:
        theirs = mapping.columns.get(ours)
        if theirs in loaded.columns:
            return theirs
    return next((lower[ours] for ours in names if ours in lower), None)


def raw_shapes(
    path: Path, loaded: Loaded, mapping: ColumnMapping, refusals: list[Refusal]
) -> tuple[NDArray[np.object_], set[str]]:
    """The shapes as the file has them, and the columns they came from."""
    if loaded.shapes is not None:
        return loaded.shapes, set()
    lon, lat = column_of(loaded, mapping, _LON), column_of(loaded, mapping, _LAT)
    crs = {name for name in (column_of(loaded, mapping, _CRS),) if name}
    if lon and lat:
        return _points(loaded.columns[lon], loaded.columns[lat], refusals), {lon, lat, *crs}
    text = column_of(loaded, mapping, _SHAPE)
    if text:
        return _parsed(loaded.columns[text], refusals), {text, *crs}
    raise GridProblem(
        zh=f"{path.name} 没有位置：需要 lon 和 lat 两列，或一列 WKT（geometry）。列名不同时用 "
        "--mapping 说明。",
        en=f"{path.name} has no positions: columns lon and lat are needed, or one of WKT"
        " (geometry). Where names differ, use --mapping.",
    )


def _points(
    lons: Sequence[Any], lats: Sequence[Any], refusals: list[Refusal]
) -> NDArray[np.object_]:
    found = np.full(len(lons), None, dtype=object)
    for n, (lon, lat) in enumerate(zip(lons, lats, strict=True)):
        try:
            x, y = float(lon), float(lat)
        except (TypeError, ValueError):
            x = y = np.nan
        if np.isfinite(x) and np.isfinite(y):
            found[n] = shapely.Point(x, y)
        else:
            refusals.append(
                Refusal(
                    row=n + 1,
                    field="lon, lat",
                    reason_zh=f"位置不是数：“{as_text(lon)}”，“{as_text(lat)}”",
                    reason_en=f"the position is not two numbers: “{as_text(lon)}”,"
                    f" “{as_text(lat)}”",
                )
            )
    return found


def _parsed(texts: Sequence[Any], refusals: list[Refusal]) -> NDArray[np.object_]:
    found = np.full(len(texts), None, dtype=object)
    for n, given in enumerate(texts):
        text = given if isinstance(given, bytes) else as_text(given)
        if isinstance(text, str) and text.upper().startswith("SRID="):
            text = text.partition(";")[2]
        try:
            found[n] = shapely.from_wkb(text) if isinstance(text, bytes) else _from_text(text)
        except (shapely.GEOSException, ValueError) as fault:
            refusals.append(
                Refusal(
                    row=n + 1,
                    field="geometry",
                    reason_zh=f"几何读不出来：{fault}",
                    reason_en=f"the geometry cannot be read: {fault}",
                )
            )
    return found


def _from_text(text: str) -> shapely.Geometry:
    """WKT, or hexadecimal WKB."""
    if text[:2] in {"00", "01"}:
        return shapely.from_wkb(text)
    return shapely.from_wkt(text)


def crs_of_rows(loaded: Loaded, mapping: ColumnMapping, refusals: list[Refusal]) -> str | None:
    """The system written in each row (a crs column or EWKT); rows that differ are refused."""
    column = column_of(loaded, mapping, _CRS)
    texts = column_of(loaded, mapping, _SHAPE)
    names: list[str] = []
    if column:
        names = [as_text(one) for one in loaded.columns[column]]
        names = [f"EPSG:{one}" if one.isdigit() else one for one in names]
    elif texts:
        for one in loaded.columns[texts]:
            head, _, tail = as_text(one).partition(";")
            number = head.upper().removeprefix("SRID=")
            names.append(f"EPSG:{number}" if tail and number.isdigit() else "")
    first = next((name for name in names if name), None)
    for n, name in enumerate(names):
        if first and name != first:
            refusals.append(
                Refusal(
                    row=n + 1,
                    field="crs",
                    reason_zh=f"坐标系 {name or '（空）'} 与文件中第一个 {first} 不同："
                    "一个文件只能用一种",
                    reason_en=f"coordinate system {name or '(empty)'} is not {first}, the first"
                    " in the file: a file may have only one",
                )
            )
    return first


def converted(
    shapes: NDArray[np.object_], system: System, refusals: list[Refusal]
) -> NDArray[np.object_]:
    """The shapes in WGS-84; those whose coordinates are not of the system are refused."""
    flat: NDArray[np.object_] = shapely.force_2d(shapes)
    bad = unlikely(flat, system) & ~shapely.is_missing(flat) & ~shapely.is_empty(flat)
    answer = flat.copy()
    good = ~bad & ~shapely.is_missing(flat)
    answer[bad] = None
    answer[good] = to_lon_lat(flat[good], system)
    for n in np.flatnonzero(bad | (good & shapely.is_missing(answer))):
        x, y = shapely.get_coordinates(flat[n])[0]
        refusals.append(
            Refusal(
                row=int(n) + 1,
                field="geometry",
                reason_zh=f"坐标 {x:g}, {y:g} 不是 {system.name} 的坐标（坐标系混用？）",
                reason_en=f"coordinates {x:g}, {y:g} are not of {system.name}"
                " (mixed coordinate systems?)",
            )
        )
    return answer


def checked(
    shapes: NDArray[np.object_], types: Collection[str], refusals: list[Refusal]
) -> NDArray[np.object_]:
    """The shapes that are whole, valid and of the wanted types; the others are refused."""
    known = {one.row for one in refusals if one.field != "crs"}
    answer = shapes.copy()
    for n, shape in enumerate(shapes):
        if shape is None:
            if n + 1 not in known:
                refusals.append(_refusal(n, "没有几何", "there is no geometry"))
            continue
        parts = shapely.get_parts(shape)
        one = parts[0] if len(parts) == 1 and shape.geom_type not in types else shape
        reason = _trouble(one, types)
        answer[n] = None if reason else one
        if reason:
            refusals.append(_refusal(n, *reason))
    return answer


def _trouble(shape: shapely.Geometry, types: Collection[str]) -> tuple[str, str] | None:
    """What is wrong with a shape, in Chinese and English; None when nothing is."""
    if shape.is_empty:
        return "几何为空", "the geometry is empty"
    if types and shape.geom_type not in types:
        zh = "、".join(_TYPES_ZH.get(name, name) for name in sorted(types))
        return (
            f"几何类型是 {shape.geom_type}，应为{zh}",
            f"the geometry is a {shape.geom_type}, wanted: {', '.join(sorted(types))}",
        )
    if not shape.is_valid:
        why = shapely.is_valid_reason(shape)
        return f"几何无效：{why}", f"the geometry is broken: {why}"
    return None


def _refusal(n: int, zh: str, en: str) -> Refusal:
    return Refusal(row=n + 1, field="geometry", reason_zh=zh, reason_en=en)
