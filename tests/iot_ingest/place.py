"""A village for the ingester's tests: one area, one cell, categories, some devices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import shapely
from sqlalchemy import Engine, text

from events.actions.configure import put_categories
from events.model.category import Category
from grid.model.area import AreaDraft
from grid.store import areas
from grid.store.postgis import transaction
from iot_ingest.message import Message
from iot_ingest.model.device import readings_topic
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.store.registration import register_devices
from layers.packs import load_categories
from tests.support.cluster import TestDatabase

BY = "account:test"
NOW = datetime.now(UTC).replace(microsecond=0)


def row(device_id: str, layer: str = "flood", **changes: Any) -> dict[str, Any]:
    """A device for `register_devices`."""
    metrics = {
        "flood": ["water_level", "voltage"],
        "construction_dust": ["tsp", "pm10", "noise"],
        "outfall": ["cod", "ph"],
    }[layer]
    found = {
        "device_id": device_id,
        "model": "test",
        "layer": layer,
        "name_zh": f"站{device_id}",
        "name_en": f"Station {device_id}",
        "metrics": metrics,
        "interval_s": 60,
        "lon": 118.09,
        "lat": 24.48,
        "attributes": {"warning_m": 3.0, "guarantee_m": 3.5} if layer == "flood" else {},
    }
    return found | changes


def settle(admin: Engine, devices: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Make the village and register devices; their secrets."""
    with transaction(admin, BY) as conn:
        square = shapely.MultiPolygon([shapely.box(118.0, 24.4, 118.2, 24.6)])
        city = AreaDraft(code="3502", name_zh="村", name_en="Village", geometry=square)
        areas.insert(conn, city, parent=None)
        put_categories(
            conn, [Category.from_row(one.as_row()) for one in load_categories()], now=NOW
        )
    return register_devices(admin, list(devices), by=BY)


def pipeline_of(village: TestDatabase) -> Pipeline:
    """A pipeline that has read the registry."""
    found = Pipeline(village.engine("cc_ingest"), Registry())
    found.prepare(NOW)
    return found


def ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def item(at: datetime, flags: Mapping[str, str] | None = None, **values: float) -> dict[str, Any]:
    """One reading of a payload."""
    found: dict[str, Any] = {"ts": ms(at), "values": values}
    return found | ({"flags": dict(flags)} if flags else {})


def message(device_id: str, payload: object, *, topic: str | None = None, mid: int = 1) -> Message:
    """A message as the session hands it over; a payload that is not bytes becomes JSON."""
    data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    return Message(
        topic=topic or readings_topic(device_id),
        payload=data,
        received_us=time.time_ns() // 1000,
        qos=1,
        mid=mid,
        generation=0,
    )


def rows_of(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    """Look into the database."""
    with engine.connect() as conn:
        return [tuple(one) for one in conn.execute(text(sql)).all()]


def until(condition: Callable[[], bool], within_s: float = 10.0) -> float:
    """Wait until a condition holds; how long it took. Fails the test when it never does."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def minutes(count: float) -> timedelta:
    """A span."""
    return timedelta(minutes=count)
