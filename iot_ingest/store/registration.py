"""Registering devices: checked row by row, all or nothing, one secret each."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine

import layers
from grid.store.cells import locate_many
from grid.store.named_sql import Statements
from grid.store.postgis import transaction
from iot_ingest.model.broker_password import entry_of
from iot_ingest.model.device import bucket, parse_device_id
from iot_ingest.store import metrics, stations, trail
from layers.contract import Metric

_SQL = Statements.beside(__file__)

_SALT_BYTES = 12
# The broker's own users are called so; a device with such a name could take their place.
RESERVED = "cc_"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceFault:
    """What is wrong with one row (counted from 0), in both languages."""

    row: int
    field: str
    zh: str
    en: str


class RefusedDevices(Exception):
    """Nothing was registered: at least one row is at fault."""

    def __init__(self, faults: Sequence[DeviceFault]) -> None:
        super().__init__("; ".join(f"row {one.row}: {one.en}" for one in faults[:5]))
        self.faults = tuple(faults)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    number: int
    device_id: str
    model: str
    layer: str
    name_zh: str
    name_en: str
    metrics: list[str]
    interval_s: float
    lon: float
    lat: float
    source_crs: str
    component_code: str | None
    attributes: Mapping[str, Any]


def register_devices(
    engine: Engine,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: str,
    only: Literal["new", "known"] | None = None,
    stay_disabled: bool = False,
    all_metrics: bool = True,
) -> dict[str, str]:
    """Register devices, or bring them up to date; the secrets of those that are new, by id.

    A row holds device_id, model, layer, name_zh, name_en, metrics (list of names), interval_s
    (seconds), lon, lat (WGS-84 degrees), and may hold attributes (mapping), component_code,
    source_crs. ``by`` is an actor's key. A secret is told here once; the database keeps its
    hash. Raises RefusedDevices when a row cannot be used; nothing is then registered.

    ``only`` refuses devices that are known already, or those that are not. A device that was
    disabled is enabled unless it is to ``stay_disabled``. ``all_metrics`` brings the catalogue of
    metrics up to date, which the web process may not: it adds what is missing. Every change is in
    the ledger.
    """
    with transaction(engine, by) as conn:
        (sync_metrics if all_metrics else _add_metrics)(conn)
        parsed, faults = _parse(rows, set(metrics.all(conn)))
        placed = _place(conn, parsed, faults)
        components = _components(conn, parsed, faults)
        _check_stations(conn, parsed, faults)
        ids = [row.device_id for row in parsed]
        known = {
            row.device_id: dict(row._mapping) for row in _SQL.rows(conn, "known", device_ids=ids)
        }
        faults.extend(_misplaced(parsed, set(known), only))
        if faults:
            raise RefusedDevices(sorted(faults, key=lambda one: one.row))
        made = {one: secrets.token_urlsafe(32) for one in ids if one not in known}
        wanted = {
            row.device_id: _params(row, place, components) | {"stay_disabled": stay_disabled}
            for row, place in zip(parsed, placed, strict=True)
        }
        changes = {one: trail.differences(known.get(one), wanted[one]) for one in ids}
        changes = {one: found for one, found in changes.items() if found}
        _SQL.run_many(conn, "put_device", [_stored(wanted[one], made.get(one)) for one in changes])
        trail.put_devices(conn, changes, set(made))
    return made


def _misplaced(
    rows: Sequence[_Row], known: set[str], only: Literal["new", "known"] | None
) -> list[DeviceFault]:
    if only == "new":
        return [_fault(row.number, "device_id", "已登记", "is registered already")
                for row in rows if row.device_id in known]  # fmt: skip
    if only == "known":
        return [_fault(row.number, "device_id", "未登记", "is not registered")
                for row in rows if row.device_id not in known]  # fmt: skip
    return []


def sync_metrics(conn: Connection) -> None:
    """Bring iot.metrics up to date with what the layers measure."""
    metrics.put(conn, [_metric_row(one) for one in layers.metrics().values()])


def _add_metrics(conn: Connection) -> None:
    """Add the metrics that the layers measure and the database does not know yet."""
    known = metrics.all(conn)
    missing = [one for one in layers.metrics().values() if one.name not in known]
    _SQL.run_many(conn, "add_metric", [_metric_row(one) for one in missing])


def _metric_row(one: Metric) -> dict[str, Any]:
    return {
        "name": one.name,
        "unit": one.unit,
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "lowest": one.lowest,
        "highest": one.highest,
    }


def _parse(
    rows: Sequence[Mapping[str, Any]], known_metrics: set[str]
) -> tuple[list[_Row], list[DeviceFault]]:
    parsed: list[_Row] = []
    faults: list[DeviceFault] = []
    seen: dict[str, int] = {}
    known_layers = set(layers.discover())
    for number, row in enumerate(rows):
        found = _faults(number, row, known_metrics, known_layers)
        device_id = str(row.get("device_id", ""))
        if device_id in seen:
            found.append(
                _fault(number, "device_id", f"与第 {seen[device_id]} 行重复", "is given twice")
            )
        seen.setdefault(device_id, number)
        faults.extend(found)
        if not found:
            parsed.append(_row(number, row))
    return parsed, faults


def _row(number: int, row: Mapping[str, Any]) -> _Row:
    code = row.get("component_code")
    return _Row(
        number=number,
        device_id=row["device_id"],
        model=str(row["model"]),
        layer=row["layer"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        metrics=list(row["metrics"]),
        interval_s=float(row["interval_s"]),
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        source_crs=str(row.get("source_crs") or "EPSG:4326"),
        component_code=str(code) if code else None,
        attributes=dict(row.get("attributes") or {}),
    )


def _faults(
    number: int, row: Mapping[str, Any], known_metrics: set[str], known_layers: set[str]
) -> list[DeviceFault]:
    found = [
        _fault(number, name, "缺失", "is missing")
        for name in ("device_id", "model", "layer", "name_zh", "name_en", "metrics")
        if not row.get(name)
    ]
    if found:
        return found
    try:
        parse_device_id(str(row["device_id"]))
    except ValueError:
        found.append(
            _fault(
                number,
                "device_id",
                "只能由 1 到 64 个字母、数字、下划线或连字符组成",
                "may hold 1 to 64 letters, digits, _ and - only",
            )
        )
    if str(row["device_id"]).startswith(RESERVED):
        found.append(
            _fault(
                number,
                "device_id",
                f"不能以 {RESERVED} 开头：这些名称是本系统自己的消息代理账号",
                f"must not begin with {RESERVED}: such names are our own accounts at the broker",
            )
        )
    if row["layer"] not in known_layers:
        found.append(_fault(number, "layer", "没有这个图层", "is no layer"))
    found.extend(
        _fault(number, "metrics", f"没有指标 {name}", f"{name} is no metric")
        for name in row["metrics"]
        if name not in known_metrics
    )
    if not _between(row.get("interval_s"), 0.1, 7 * 86_400):
        found.append(_fault(number, "interval_s", "应为 0.1 秒到 7 天", "must be 0.1 s to 7 days"))
    if not _between(row.get("lon"), -180, 180) or not _between(row.get("lat"), -90, 90):
        found.append(_fault(number, "lon, lat", "经纬度无效", "is not a position"))
    return found


def _between(value: object, lowest: float, highest: float) -> bool:
    try:
        number = float(str(value))
    except ValueError:
        return False
    return math.isfinite(number) and lowest <= number <= highest


def _place(
    conn: Connection, rows: Sequence[_Row], faults: list[DeviceFault]
) -> list[tuple[int | None, int]]:
    if not rows:
        return []
    located = locate_many(conn, [row.lon for row in rows], [row.lat for row in rows])
    faults.extend(
        _fault(row.number, "lon, lat", "位置不在本市范围内", "lies outside the city")
        for row, area_id in zip(rows, located.area_ids, strict=True)
        if not area_id
    )
    return [
        (int(cell_id) or None, int(area_id))
        for cell_id, area_id in zip(located.cell_ids, located.area_ids, strict=True)
    ]


def _components(
    conn: Connection, rows: Sequence[_Row], faults: list[DeviceFault]
) -> dict[str, int]:
    codes = {row.component_code for row in rows if row.component_code is not None}
    found = {
        row.code: row.component_id for row in _SQL.rows(conn, "components", codes=sorted(codes))
    }
    faults.extend(
        _fault(row.number, "component_code", "没有这个部件", "is no component")
        for row in rows
        if row.component_code is not None and row.component_code not in found
    )
    return found


def _check_stations(conn: Connection, rows: Sequence[_Row], faults: list[DeviceFault]) -> None:
    """A station's name (MN, address) belongs to one device."""
    ours = {row.device_id for row in rows}
    for attribute, protocol in stations.PROTOCOLS.items():
        holders: dict[str, str] = {}
        named = [(row, stations.name_of(attribute, row.attributes)) for row in rows]
        told = {name for _, name in named if name is not None}
        for known, station in stations.by_names(conn, protocol, told).items():
            if station.device_id not in ours:
                holders[known] = station.device_id
        for row, name in named:
            if name is None:
                continue
            holder = holders.setdefault(name, row.device_id)
            if holder != row.device_id:
                faults.append(
                    _fault(row.number, attribute, f"已属于设备 {holder}", f"belongs to {holder}")
                )


def _params(
    row: _Row, place: tuple[int | None, int], components: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "device_id": row.device_id,
        "bucket": bucket(row.device_id),
        "model": row.model,
        "layer": row.layer,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "metrics": row.metrics,
        "interval_s": row.interval_s,
        "lon": row.lon,
        "lat": row.lat,
        "source_crs": row.source_crs,
        "cell_id": place[0],
        "area_id": place[1],
        "component_id": None if row.component_code is None else components[row.component_code],
        "attributes": dict(row.attributes),
    }


def _stored(params: Mapping[str, Any], secret: str | None) -> dict[str, Any]:
    """``params`` as the database takes them, with the password entry of a new device."""
    return {
        **params,
        "attributes": json.dumps(params["attributes"]),
        "secret_hash": None if secret is None else password_entry(secret),
    }


def password_entry(secret: str) -> str:
    """What the brokers are given of a secret."""
    return entry_of(secret, salt=secrets.token_bytes(_SALT_BYTES))


def _fault(row: int, field: str, zh: str, en: str) -> DeviceFault:
    return DeviceFault(row=row, field=field, zh=f"{field} {zh}", en=f"{field} {en}")
