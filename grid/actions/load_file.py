"""Load a file of rows, with shapes or without, as it is: no column renamed, nothing converted."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grid.model.refusal import GridProblem
from grid.model.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from grid.model.mapping import ColumnMapping

_SPATIAL = {".gpkg", ".geojson", ".json", ".shp", ".zip", ".fgb"}
_PARQUET = {".parquet", ".geoparquet", ".pq"}
_TEXT = {".csv", ".txt", ".tsv"}
# Tried in this order; spreadsheets in China still write the second.
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """A file as it is. ``shapes`` is None for a file without geometry (positions in columns).

    ``crs`` is what the file says (None: nothing); ``crs_assumed`` when only the format says so.
    ``numbers`` counts the records from 1.
    """

    columns: Mapping[str, list[Any]]
    count: int
    shapes: NDArray[np.object_] | None
    crs: str | None
    crs_assumed: bool

    def rows(self) -> Iterator[dict[str, Any]]:
        """The records one by one, by the file's own column names."""
        names = list(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))


def load_file(path: Path, mapping: ColumnMapping) -> Loaded:
    """Load GeoPackage, GeoJSON, Shapefile (also zipped), GeoParquet, Parquet or CSV.

    Raises GridProblem when the file is missing, of another kind, damaged, or empty.
    """
    if not path.is_file():
        raise GridProblem(zh=f"没有文件 {path}。", en=f"there is no file {path}.")
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        found = _load_csv(path, mapping.encoding)
    elif suffix in _PARQUET:
        found = _load_parquet(path)
    elif suffix in _SPATIAL:
        found = _load_spatial(path, mapping)
    else:
        raise GridProblem(
            zh=f"不认识 {path.name} 的类型：可导入 .gpkg、.geojson、.shp、.zip（含 Shapefile）、"
            ".parquet、.csv。",
            en=f"{path.name} is of no known kind: .gpkg, .geojson, .shp, .zip (with a Shapefile),"
            " .parquet and .csv can be imported.",
        )
    if found.count == 0:
        raise GridProblem(zh=f"{path.name} 中没有记录。", en=f"{path.name} has no records.")
    return found


def _damaged(path: Path, why: object) -> GridProblem:
    return GridProblem(
        zh=f"{path.name} 读不出来，可能已损坏或扩展名不符：{why}",
        en=f"{path.name} cannot be read; it may be damaged or have the wrong extension: {why}",
    )


def _load_csv(path: Path, encoding: str | None) -> Loaded:
    text = _decoded(path, encoding)
    if "\0" in text:
        raise _damaged(path, "NUL")
    sample = text[: text.find("\n") if "\n" in text else len(text)]
    delimiter = max(",;\t|", key=sample.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    csv.field_size_limit(
        max(len(text), csv.field_size_limit())
    )  # the outline of a city is longer than the default
    try:
        records = [row for row in lines if row]
    except csv.Error as fault:
        raise _damaged(path, f"{fault} ({lines.line_num})") from fault
    if not records:
        return Loaded(columns={}, count=0, shapes=None, crs=None, crs_assumed=True)
    header = [name.strip() for name in records[0]]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise _damaged(path, "、".join(doubled))
    for n, row in enumerate(records[1:], 1):
        if len(row) != len(header):
            raise GridProblem(
                zh=f"{path.name} 第 {n} 行有 {len(row)} 列，表头有 {len(header)} 列。",
                en=f"{path.name}: row {n} has {len(row)} columns, the header has {len(header)}.",
            )
    columns: dict[str, list[Any]] = {
        name: [row[k].strip() or None for row in records[1:]] for k, name in enumerate(header)
    }
    return Loaded(columns=columns, count=len(records) - 1, shapes=None, crs=None, crs_assumed=True)


def _decoded(path: Path, encoding: str | None) -> str:
    raw = path.read_bytes()
    for one in (encoding,) if encoding else _ENCODINGS:
        try:
            return raw.decode(one)
        except UnicodeDecodeError:
            continue
        except LookupError:
            break
    raise GridProblem(
        zh=f"{path.name} 的文字编码认不出：请存为 UTF-8，或在映射文件里写 encoding。",
        en=f"the text encoding of {path.name} is not known: save it as UTF-8, or write encoding"
        " in the mapping file.",
    )


def _load_parquet(path: Path) -> Loaded:
    import geopandas as gpd
    import pandas as pd
    import pyarrow as pa
    import shapely

    try:
        try:
            frame = gpd.read_parquet(path)
        except ValueError:  # no geometry metadata: a plain table
            return _from_frame(pd.read_parquet(path), None, None, assumed=True)
    except (pa.ArrowException, OSError, ValueError, shapely.GEOSException) as fault:
        raise _damaged(path, fault) from fault
    return _from_geoframe(frame, assumed=False)


def _load_spatial(path: Path, mapping: ColumnMapping) -> Loaded:
    import geopandas as gpd
    import pyogrio

    try:
        layer = mapping.layer or _only_layer(path, pyogrio.list_layers(path))
        frame = pyogrio.read_dataframe(
            path, layer=layer, encoding=mapping.encoding, force_2d=True, on_invalid="ignore"
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as fault:
        raise _damaged(path, fault) from fault
    except (UnicodeDecodeError, LookupError) as fault:
        raise GridProblem(
            zh=f"{path.name} 的文字编码认不出：请在映射文件里写 encoding，例如 gb18030。",
            en=f"the text encoding of {path.name} is not known: write encoding in the mapping"
            " file, for example gb18030.",
        ) from fault
    if not isinstance(frame, gpd.GeoDataFrame):
        return _from_frame(frame, None, None, assumed=True)
    return _from_geoframe(frame, assumed=path.suffix.lower() != ".shp" and _says_no_crs(path))


def _only_layer(path: Path, layers: NDArray[np.object_]) -> str:
    spatial = [str(name) for name, kind in layers if kind is not None]
    names = spatial or [str(name) for name, _ in layers]
    if len(names) == 1:
        return names[0]
    if not names:
        raise GridProblem(zh=f"{path.name} 中没有图层。", en=f"{path.name} has no layers.")
    listed = ", ".join(names)
    raise GridProblem(
        zh=f'{path.name} 有多个图层（{listed}）：请在映射文件里写 layer = "图层名"。',
        en=f'{path.name} has several layers ({listed}): write layer = "NAME" in the mapping file.',
    )


def _says_no_crs(path: Path) -> bool:
    """Whether a GeoJSON file leaves its system to the format's default."""
    if path.suffix.lower() not in {".geojson", ".json"}:
        return False
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return True
    return not (isinstance(document, dict) and document.get("crs"))


def _from_geoframe(frame: Any, *, assumed: bool) -> Loaded:
    crs = frame.crs
    name = None
    if crs is not None:
        authority = crs.to_authority()
        name = ":".join(authority) if authority else crs.to_wkt()
    shapes = np.asarray(frame.geometry.array, dtype=object)
    return _from_frame(frame.drop(columns=frame.geometry.name), shapes, name, assumed=assumed)


def _from_frame(
    frame: pd.DataFrame, shapes: NDArray[np.object_] | None, crs: str | None, *, assumed: bool
) -> Loaded:
    plain = frame.astype(object).where(frame.notna(), None)
    return Loaded(
        columns={str(name): plain[name].tolist() for name in plain.columns},
        count=len(plain),
        shapes=shapes,
        crs=crs,
        crs_assumed=assumed,
    )


def load_rows(
    path: Path, mapping: ColumnMapping, required: Sequence[str], optional: Sequence[str] = ()
) -> list[dict[str, str]]:
    """The records of a table without shapes, as text by our names of the columns.

    Raises GridProblem when it cannot be read or lacks a required column.
    """
    loaded = load_file(path, mapping)
    theirs = {one: mapping.columns.get(one, one) for one in (*required, *optional)}
    missing = [theirs[one] for one in required if theirs[one] not in loaded.columns]
    if missing:
        raise GridProblem(
            zh=f"{path.name} 缺少列：{'、'.join(missing)}。",
            en=f"{path.name} lacks columns: {', '.join(missing)}.",
        )
    return [{one: as_text(row.get(theirs[one])).strip() for one in theirs} for row in loaded.rows()]
