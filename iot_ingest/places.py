"""Notices devices that are not where they are registered. Their positions come with readings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from events.model.actor import system
from events.model.event import Change
from grid.store.postgis import transaction
from iot_ingest.device_faults import tell
from iot_ingest.guard import sender
from iot_ingest.message import Message
from iot_ingest.model.device import Device
from iot_ingest.model.place import (
    NOTED_M,
    Standing,
    is_position,
    look,
    metres,
    moved_after_m,
    take,
)
from iot_ingest.model.reading import from_us
from iot_ingest.store import devices, positions
from iot_ingest.store.positions import Position
from layers.contract import Words

_log = logging.getLogger(__name__)

PLACES = system("places")
# A device's position is looked at so often, and its registration read again.
_LOOK_EVERY_S = 5.0
_READ_EVERY_S = 60.0
_WRITE_EVERY_S = 1.0


class _Where(msgspec.Struct):
    lon: float
    lat: float


_decode = msgspec.json.Decoder(_Where | list[_Where]).decode


@dataclass(kw_only=True, slots=True)
class _Tracked:
    """A device that tells where it is. ``device`` is None when it is not registered."""

    device: Device | None = None
    held: Position | None = None
    standing: Standing = field(default_factory=Standing)
    read_at: float = float("-inf")


class Places:
    """Looks at batches, and writes down who moved. Used by the ingester's thread alone."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._look_at: dict[str, float] = {}
        self._seen: dict[str, tuple[float, float, int]] = {}
        self._tracked: dict[str, _Tracked] = {}
        self._write_at = 0.0

    def look(self, batch: Sequence[Message]) -> None:
        """Note where devices say they are; cheap for those that do not say it."""
        now = self._clock()
        for message in [one for one in batch if b'"lon"' in one.payload]:
            device_id = sender(message.topic)
            if not device_id or self._look_at.get(device_id, 0.0) > now:
                continue
            self._look_at[device_id] = now + _LOOK_EVERY_S
            where = _where(message.payload)
            if where is not None:
                self._seen[device_id] = (where.lon, where.lat, message.received_us)

    def settle(self) -> None:
        """Once a second: compare with the registry, write what changed, tell who moved."""
        now = self._clock()
        if not self._seen or now < self._write_at:
            return
        self._write_at = now + _WRITE_EVERY_S
        try:
            with transaction(self._engine, PLACES.key) as conn:
                self._read(conn, [*self._seen], now)
                for device_id, seen in self._seen.items():
                    self._take(conn, self._tracked[device_id], seen)
        except SQLAlchemyError as error:
            _log.warning("where devices are cannot be written now: %s", error)
            self._tracked.clear()  # (some of it may not have been committed)
        self._seen.clear()

    def _read(self, conn: Connection, device_ids: Sequence[str], now: float) -> None:
        tracked = {one: self._tracked.setdefault(one, _Tracked()) for one in device_ids}
        old = {one: it for one, it in tracked.items() if now - it.read_at > _READ_EVERY_S}
        found = devices.by_ids(conn, old) if old else []
        known: dict[str, Device] = {one.device_id: one for one in found}
        held = positions.known(conn, [one.device_no for one in known.values()])
        for device_id, it in old.items():
            it.device, it.read_at = known.get(device_id), now
            if it.device is not None and it.held is None:
                it.held = held.get(it.device.device_no)
                it.standing = Standing(trouble=None if it.held is None else it.held.trouble)

    def _take(self, conn: Connection, it: _Tracked, seen: tuple[float, float, int]) -> None:
        device = it.device
        after_m = None if device is None else moved_after_m(device.attributes)
        if device is None or after_m is None:
            return
        lon, lat, received_us = seen
        before = it.standing.trouble
        found = look((device.lon, device.lat), (lon, lat), after_m)
        it.standing = take(it.standing, found)
        trouble, at = it.standing.trouble, from_us(received_us)
        since = at if trouble != before else None if it.held is None else it.held.since
        position = Position(
            device_no=device.device_no, lon=lon, lat=lat, reported_at=at,
            away_m=metres(lon, lat, device.lon, device.lat), trouble=trouble,
            since=since if trouble is not None else None,
        )  # fmt: skip
        if trouble != before and it.held is not None and before is not None:
            _tell(conn, device, it.held, Change.CLEARED)
        if trouble != before and trouble is not None:
            _tell(conn, device, position, Change.RAISED)
        if trouble != before or _is_news(it.held, position):
            positions.put(conn, position)
            it.held = position


def _where(payload: bytes) -> _Where | None:
    try:
        found = _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    where = found if isinstance(found, _Where) else found[-1] if found else None
    return where if where is not None and is_position(where.lon, where.lat) else None


def _is_news(held: Position | None, position: Position) -> bool:
    return held is None or metres(held.lon, held.lat, position.lon, position.lat) > NOTED_M


_TITLES: Mapping[str, Words] = {
    "moved": Words(
        zh="上报位置偏离登记位置 {away} 米，请现场核实",
        en="is {away} m from where it is registered",
    ),
    "gcj02": Words(
        zh="上报坐标疑为未转换的 GCJ-02（偏差 {away} 米），请检查设备设置",
        en="seems to report GCJ-02 coordinates ({away} m off): check its settings",
    ),
}
_OVER = Words(zh="位置恢复正常", en="is where it is registered again")


def _tell(conn: Connection, device: Device, position: Position, change: Change) -> None:
    if position.trouble is None or position.since is None:
        return
    raised = change is Change.RAISED
    words = _TITLES[position.trouble] if raised else _OVER
    away, now = f"{position.away_m:.0f}", datetime.now(UTC)
    tell(
        conn,
        device,
        thread=f"place:{device.device_id}:{position.since:%Y%m%dT%H%M%S}",
        change=change,
        words=replace(
            words, zh=words.zh.replace("{away}", away), en=words.en.replace("{away}", away)
        ),
        attributes={
            "fault": position.trouble,
            "reported_lon": position.lon,
            "reported_lat": position.lat,
            "away_m": round(position.away_m),
        },
        at=position.since if raised else now,
        by=PLACES,
        now=now,
    )
