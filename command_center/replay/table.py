"""A file of readings (CSV, Parquet; long or wide) as messages of devices, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from command_center.problem import Problem
from grid.model.mapping import ColumnMapping

_TIME_NAMES = ("time", "ts", "timestamp", "datetime", "date_time")
_HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceMessage:
    """What one device measured at one moment: ``ts_ms`` since 1970, values and flags by metric."""

    ts_ms: int
    device_id: str
    values: Mapping[str, float]
    flags: Mapping[str, str]

    def payload(self) -> dict[str, Any]:
        """The JSON payload of the device contract."""
        found: dict[str, Any] = {"ts": self.ts_ms, "values": dict(self.values)}
        return found | ({"flags": dict(self.flags)} if self.flags else {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """The messages of all files by time; ``skipped``: rows that hold no reading, by reason."""

    messages: Sequence[DeviceMessage]
    rows: int
    skipped: Mapping[str, int]

    def shifted(self, now: datetime) -> Recording:
        """The same moved by whole hours, so that its last reading lies within the last hour."""
        if not self.messages:
            return self
        now_ms = round(now.timestamp() * 1000)
        by_ms = (now_ms - self.messages[-1].ts_ms) // _HOUR_MS * _HOUR_MS
        moved = [
            DeviceMessage(
                ts_ms=one.ts_ms + by_ms,
                device_id=one.device_id,
                values=one.values,
                flags=one.flags,
            )
            for one in self.messages
        ]
        return Recording(messages=moved, rows=self.rows, skipped=self.skipped)

    def older_than(self, now: datetime, age: timedelta) -> int:
        """How many messages are older than ``age``."""
        oldest_ms = round((now - age).timestamp() * 1000)
        return sum(one.ts_ms < oldest_ms for one in self.messages)


@dataclass(kw_only=True, slots=True)
class _Collected:
    frames: list[pd.DataFrame] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    def skip(self, reason: str, count: int) -> None:
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count


def read_recording(paths: Sequence[Path], mapping: ColumnMapping) -> Recording:
    """Read files of readings. Raises Problem for a file that cannot be read or understood."""
    collected = _Collected()
    for path in paths:
        frame = _load(path)
        collected.rows += len(frame)
        collected.frames.append(_readings(path, frame, mapping, collected))
    table = pd.concat(collected.frames, ignore_index=True)
    table = table.sort_values(["ts_ms", "device_id"], kind="stable")
    return Recording(messages=_messages(table), rows=collected.rows, skipped=collected.skipped)


def _load(path: Path) -> pd.DataFrame:
    name = path.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            return pd.read_parquet(path)
        if name.endswith((".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz")):
            separator = "\t" if ".tsv" in name else ","
            return pd.read_csv(path, dtype=str, sep=separator, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise Problem(zh=f"没有文件 {path}。", en=f"there is no file {path}.") from error
    except (ValueError, OSError, EOFError) as error:
        raise Problem(
            zh=f"{path.name} 读不出来，可能已损坏：{error}",
            en=f"{path.name} cannot be read; it may be damaged: {error}",
        ) from error
    raise Problem(
        zh=f"不认识 {path.name} 的类型：可回放 .csv、.csv.gz、.tsv 和 .parquet。",
        en=f"{path.name} is of no known kind: .csv, .csv.gz, .tsv and .parquet can be replayed.",
    )


def _readings(
    path: Path, frame: pd.DataFrame, mapping: ColumnMapping, collected: _Collected
) -> pd.DataFrame:
    """Columns ts_ms, device_id, metric, value, flag: one row for each value that is there."""
    time_name = _column(path, frame, mapping, "time", _TIME_NAMES)
    ts_ms = _times(frame[time_name], mapping)
    series = _series_table(mapping)
    if series:
        long = _by_series(path, frame, mapping, series)
    elif _has(frame, mapping, "value"):
        long = _long(path, frame, mapping)
    else:
        long = _wide(path, frame, mapping, time_name)
    long["ts_ms"] = ts_ms.reindex(long.index)
    collected.skip("no time", int(long["ts_ms"].isna().sum()))
    long = long[long["ts_ms"].notna()]
    unknown = long["device_id"].isna() | long["metric"].isna()
    collected.skip("not in the mapping", int(unknown.sum()))
    long = long[~unknown]
    collected.skip("no value", int(long["value"].isna().sum()))
    return long[long["value"].notna()]


def _by_series(
    path: Path,
    frame: pd.DataFrame,
    mapping: ColumnMapping,
    series: Mapping[str, Mapping[str, Any]],
) -> pd.DataFrame:
    name = _column(path, frame, mapping, "series", ("series", "measure"))
    value = _column(path, frame, mapping, "value", ("value",))
    keys = frame[name].astype(object)
    numbers = pd.to_numeric(frame[value], errors="coerce")
    scale = keys.map({key: float(one.get("scale", 1)) for key, one in series.items()})
    offset = keys.map({key: float(one.get("offset", 0)) for key, one in series.items()})
    return pd.DataFrame(
        {
            "device_id": keys.map({key: one.get("device_id") for key, one in series.items()}),
            "metric": keys.map({key: one.get("metric") for key, one in series.items()}),
            "value": numbers * scale + offset,
            "flag": "N",
        }
    )


def _long(path: Path, frame: pd.DataFrame, mapping: ColumnMapping) -> pd.DataFrame:
    value = _column(path, frame, mapping, "value", ("value",))
    flag = mapping.columns.get("flag", "flag")
    return pd.DataFrame(
        {
            "device_id": _said(path, frame, mapping, "device_id"),
            "metric": _said(path, frame, mapping, "metric"),
            "value": pd.to_numeric(frame[value], errors="coerce"),
            "flag": frame[flag].fillna("N") if flag in frame else "N",
        }
    )


def _wide(path: Path, frame: pd.DataFrame, mapping: ColumnMapping, time_name: str) -> pd.DataFrame:
    devices = _said(path, frame, mapping, "device_id")
    used = {time_name, mapping.columns.get("device_id", "device_id")}
    wanted = mapping.document.get("metrics") or {
        name: name for name in frame.columns if name not in used
    }
    missing = [name for name in wanted if name not in frame]
    if missing or not wanted:
        raise Problem(
            zh=f"{path.name} 缺少列：{'、'.join(missing) or '指标'}。",
            en=f"{path.name} lacks columns: {', '.join(missing) or 'metrics'}.",
        )
    parts = [
        pd.DataFrame(
            {
                "device_id": devices,
                "metric": str(metric),
                "value": pd.to_numeric(frame[column], errors="coerce"),
                "flag": "N",
            }
        )
        for column, metric in wanted.items()
    ]
    return pd.concat(parts)


def _said(path: Path, frame: pd.DataFrame, mapping: ColumnMapping, ours: str) -> pd.Series | str:
    """A column of ours, translated by [values.OURS]; or what is said for all rows."""
    if ours in mapping.constants:
        return mapping.constants[ours]
    column = frame[_column(path, frame, mapping, ours, (ours,))].astype(object)
    known = mapping.values.get(ours)
    return column if known is None else column.map(known).fillna(column)


def _has(frame: pd.DataFrame, mapping: ColumnMapping, ours: str) -> bool:
    return mapping.columns.get(ours, ours) in frame


def _column(
    path: Path, frame: pd.DataFrame, mapping: ColumnMapping, ours: str, names: Sequence[str]
) -> str:
    wanted = [mapping.columns[ours]] if ours in mapping.columns else list(names)
    by_lower = {str(name).lower(): str(name) for name in frame.columns}
    for one in wanted:
        if one in frame.columns or one.lower() in by_lower:
            return one if one in frame.columns else by_lower[one.lower()]
    present = ", ".join(map(str, frame.columns))
    raise Problem(
        zh=f"{path.name} 没有 {ours} 列（找过 {'、'.join(wanted)}）。文件中的列：{present}。"
        f'列名不同时，在 --mapping 文件的 [columns] 中写 {ours} = "文件的列名"。',
        en=f"{path.name} has no column for {ours} (looked for {', '.join(wanted)}); it has:"
        f' {present}. Where names differ, write {ours} = "their name" in [columns] of a --mapping'
        " file.",
    )


def _series_table(mapping: ColumnMapping) -> Mapping[str, Mapping[str, Any]]:
    series = mapping.document.get("series", {})
    if not isinstance(series, dict) or any(
        not isinstance(one, dict) or not {"device_id", "metric"} <= set(one)
        for one in series.values()
    ):
        raise Problem(
            zh='映射文件中的 [series] 写法不对，应为 "序列名" = { device_id = "...",'
            ' metric = "..." }。',
            en='[series] in the mapping file must say "their name" = { device_id = "...",'
            ' metric = "..." }.',
        )
    return series


def _times(column: pd.Series, mapping: ColumnMapping) -> pd.Series:
    """Milliseconds since 1970, missing where a time cannot be read."""
    unit = mapping.document.get("time_unit")
    if unit in ("ms", "s"):
        numbers = pd.to_numeric(column, errors="coerce")
        return (numbers * (1 if unit == "ms" else 1000)).round()
    if not isinstance(column.dtype, pd.DatetimeTZDtype) and column.dtype.kind != "M":
        offset = column.astype(str).str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
        parsed = pd.to_datetime(
            column, format="ISO8601", errors="coerce", utc=bool(offset.any()) or None
        )
    else:
        parsed = column
    if parsed.dt.tz is None:
        parsed = parsed.dt.tz_localize(_zone(mapping), ambiguous="NaT", nonexistent="NaT")
    moments = parsed.dt.tz_convert("UTC")
    since = moments - pd.Timestamp(0, tz="UTC")
    return (since / pd.Timedelta(milliseconds=1)).round()


def _zone(mapping: ColumnMapping) -> ZoneInfo | timezone:
    name = mapping.document.get("time_zone")
    if name is None:
        return UTC
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Problem(
            zh=f"映射文件中的 time_zone {name} 不是时区名，例如 Asia/Shanghai。",
            en=f"time_zone {name} in the mapping file is no zone; write e.g. Asia/Shanghai.",
        ) from error


def _messages(table: pd.DataFrame) -> list[DeviceMessage]:
    found: list[DeviceMessage] = []
    key: tuple[int, str] | None = None
    values: dict[str, float] = {}
    flags: dict[str, str] = {}
    columns = (table[name].tolist() for name in ("ts_ms", "device_id", "metric", "value", "flag"))
    for ts_ms, device_id, metric, value, flag in zip(*columns, strict=True):
        if key != (int(ts_ms), str(device_id)):
            key, values, flags = (int(ts_ms), str(device_id)), {}, {}
            found.append(DeviceMessage(ts_ms=key[0], device_id=key[1], values=values, flags=flags))
        values[str(metric)] = float(value)
        if flag != "N":
            flags[str(metric)] = str(flag)
    return found
