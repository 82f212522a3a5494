"""Import devices from a file: all, or none when any row is refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from grid.actions.import_result import names_of, refused
from grid.actions.read_table import Table, read_table
from grid.model.mapping import ColumnMapping
from grid.model.refusal import ImportReport, Refusal
from grid.model.text import as_text
from iot_ingest.store.registration import RefusedDevices, register_devices
from iot_ingest.store.stations import STATION_NAMES

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_BETWEEN_METRICS = re.compile(r"[;,\s|]+")


def import_devices(
    engine: Engine,
    path: Path,
    *,
    by: str,
    crs: str | None = None,
    mapping: ColumnMapping | None = None,
    all_metrics: bool = True,
) -> tuple[ImportReport, dict[str, str]]:
    """Import the devices of a file; the report, and the secrets of those that are new, by id.

    Columns: ``device_id``, ``model``, ``layer``, ``metrics`` (names with ; between), ``interval_s``
    and ``name_zh`` and/or ``name_en``, points; ``component_code`` where one is known; other columns
    become attributes (``warning_m``, ``water_class``, ...). Known devices are updated and keep
    their secret. ``all_metrics`` as in `register_devices`. Raises GridProblem for what concerns
    the whole file.
    """
    table = read_table(
        path,
        required=("device_id", "model", "layer", "metrics", "interval_s"),
        optional=("name_zh", "name_en", "component_code"),
        types={"Point"},
        crs=crs,
        mapping=mapping,
    )
    rows, numbers = [], []
    for n in range(table.count):
        row = _row(table, n)
        if row is not None:
            rows.append(row)
            numbers.append(n + 1)
    if table.refusals:
        return refused(table), {}
    try:
        secrets = register_devices(engine, rows, by=by, all_metrics=all_metrics)
    except RefusedDevices as fault:
        refusals = tuple(
            Refusal(row=numbers[one.row], field=one.field, reason_zh=one.zh, reason_en=one.en)
            for one in fault.faults
        )
        return refused(table, refusals), {}
    report = ImportReport(imported=len(rows), refused=(), source_crs=table.system.name)
    return report, secrets


def _row(table: Table, n: int) -> dict[str, Any] | None:
    zh, en = names_of(table, n)
    point = table.shapes[n]
    if point is None or not zh:
        return None
    return {
        "device_id": table.text("device_id", n),
        "model": table.text("model", n),
        "layer": table.text("layer", n),
        "name_zh": zh,
        "name_en": en,
        "metrics": [one for one in _BETWEEN_METRICS.split(table.text("metrics", n)) if one],
        "interval_s": table.text("interval_s", n),
        "lon": point.x,
        "lat": point.y,
        "source_crs": table.system.name,
        "component_code": table.text("component_code", n) or None,
        "attributes": {
            name: _name(values[n]) if name in STATION_NAMES else _plain(values[n])
            for name, values in table.others.items()
            if values[n] is not None
        },
    }


def _name(value: Any) -> str:
    """A name of digits is still a name; a spreadsheet may have made a number of it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else as_text(value)


def _plain(value: Any) -> Any:
    """A value that JSON can hold; in a CSV a number is written as text, but not 007."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else value
    if isinstance(value, bool | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else as_text(value)
