"""One day of readings as a GeoParquet file: written aside, read back, and only then in its place.

Columns: device_id, metric, ts, value, flag, received_at, geometry (where the device is
registered: WKB, WGS-84), in the order device, metric, time.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from iot_ingest.store.archive import File

SCHEMA = pa.schema(
    [
        ("device_id", pa.string()),
        ("metric", pa.string()),
        ("ts", pa.timestamp("us", "UTC")),
        ("value", pa.float64()),
        ("flag", pa.string()),
        ("received_at", pa.timestamp("us", "UTC")),
        ("geometry", pa.binary()),
    ],
    metadata={
        "geo": json.dumps(
            {
                "version": "1.1.0",
                "primary_column": "geometry",
                # without a crs: OGC:CRS84, longitude before latitude
                "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
            }
        )
    },
)


class Spoiled(Exception):
    """A file that does not hold what was written into it."""


@dataclass(kw_only=True, slots=True)
class _Digest:
    """What must be the same in the database's answer and in the file."""

    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, ts: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        self.rows += len(ts)
        for name, column in (("ts", ts), ("value", value)):
            data = np.ascontiguousarray(column).tobytes()
            self.sums[name] = zlib.crc32(data, self.sums.get(name, 0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Devices (id and WKB place) and metrics by their numbers."""

    devices: Mapping[int, tuple[str, bytes]]
    metrics: Mapping[int, str]


def path_of(day: date) -> Path:
    """Where a day's file is, below the archive's folder."""
    return Path(f"{day:%Y}") / f"{day:%Y-%m-%d}.parquet"


def write_day(folder: Path, day: date, blocks: Iterable[NDArray[np.void]], names: Names) -> File:
    """Write a day's file below ``folder``; what is in it, counted by reading it back.

    May be killed anywhere: an unfinished file has another name, and is overwritten. Raises
    Spoiled when the file does not hold what was written, OSError when it cannot be written.
    """
    place = folder / path_of(day)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}.part")
    written = _Digest()
    with aside.open("wb") as sink:
        with pq.ParquetWriter(sink, SCHEMA, compression="zstd") as writer:
            for block in blocks:
                writer.write_table(_table(block, names))
                written.add(block["ts"], block["value"])
        sink.flush()
        os.fsync(sink.fileno())
    if _read_back(aside) != written:
        raise Spoiled(str(aside))
    with aside.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    size = aside.stat().st_size
    aside.replace(place)
    _sync(place.parent)
    return File(readings=written.rows, file=path_of(day).as_posix(), bytes=size, sha256=sha256)


def is_there(folder: Path, file: File) -> bool:
    """Whether a file is still the one that was counted."""
    try:
        with (folder / file.file).open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def _table(block: NDArray[np.void], names: Names) -> pa.Table:
    device_nos, device_at = np.unique(block["device_no"], return_inverse=True)
    metric_nos, metric_at = np.unique(block["metric_no"], return_inverse=True)
    flags, flag_at = np.unique(block["flag"], return_inverse=True)
    devices: list[Any] = [names.devices.get(int(no), (f"#{no}", None)) for no in device_nos]
    metrics = [names.metrics.get(int(no), f"#{no}") for no in metric_nos]
    columns = [
        pa.array([one[0] for one in devices], pa.string()).take(pa.array(device_at)),
        pa.array(metrics, pa.string()).take(pa.array(metric_at)),
        pa.array(block["ts"], pa.timestamp("us", "UTC")),
        pa.array(block["value"], pa.float64()),
        pa.array([one.decode() for one in flags], pa.string()).take(pa.array(flag_at)),
        pa.array(block["received_at"], pa.timestamp("us", "UTC")),
        pa.array([one[1] for one in devices], pa.binary()).take(pa.array(device_at)),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _read_back(path: Path) -> _Digest:
    found = _Digest()
    with pq.ParquetFile(path) as file:
        for n in range(file.num_row_groups):
            part = file.read_row_group(n)
            ts = part["ts"].cast(pa.int64()).to_numpy()
            found.add(ts, part["value"].to_numpy())
    return found


def _sync(folder: Path) -> None:
    """A new name is on disk when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
