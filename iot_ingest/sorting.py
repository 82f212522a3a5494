"""A batch of messages, sorted into rows to store and messages to put aside. No database here."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from iot_ingest.decoders import json_reading
from iot_ingest.message import MQTT, Message
from iot_ingest.model.device import Topic, bucket, parse_topic
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import Reading, from_us
from iot_ingest.stations import Stations
from iot_ingest.store.binary import INCOMING
from iot_ingest.store.devices import Door
from iot_ingest.store.metrics import StoredMetric
from iot_ingest.store.quarantine import SetAside

_STATUSES = {b"online": True, b"offline": False}

# The topics of those who send often are parsed once, not once per message.
_parse = lru_cache(maxsize=8_192)(parse_topic)


@dataclass(kw_only=True, slots=True)
class Sorted:
    """What a batch holds. ``n`` of a row is the number of its message in the batch.

    ``heard``: when each device was last heard, in microseconds since 1970.
    """

    found: list[tuple[int, int, int, int, float, bytes, int]] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    statuses: list[tuple[int, bool, datetime]] = field(default_factory=list)
    heard: dict[int, int] = field(default_factory=dict)
    readings: int = 0
    unknown_metric: bool = False
    unknown_devices: set[str] = field(default_factory=set)

    def rows(self) -> NDArray[np.void]:
        """The rows to store (dtype `INCOMING`), in the order they came."""
        rows = np.empty(len(self.found), INCOMING)
        # column by column: three times as fast as from tuples
        for name, column in zip(INCOMING.names or (), zip(*self.found, strict=True), strict=False):
            rows[name] = column
        return rows


def set_aside(message: Message, trouble: Trouble, device_id: str | None = None) -> SetAside:
    """A message for the quarantine."""
    topic = _parse(message.topic)
    return SetAside(
        received_at=from_us(message.received_us),
        protocol=message.protocol,
        topic=message.topic,
        device_id=topic.device_id if topic is not None else device_id,
        payload=message.payload,
        trouble=trouble,
    )


def sort(
    messages: Sequence[Message],
    doors: Mapping[str, Door],
    metrics: Mapping[str, StoredMetric],
    stations: Stations,
) -> Sorted:
    """Decode and check every message of a batch."""
    out = Sorted()
    plain = _Plain(doors, metrics, out)
    for n, message in enumerate(messages):
        if plain.take(n, message):
            continue
        if message.protocol != MQTT:
            _take_frame(n, message, stations, metrics, out)
            continue
        topic = _parse(message.topic)
        door = doors.get(topic.device_id) if topic is not None else None
        if topic is not None and door is None:
            out.unknown_devices.add(topic.device_id)
        trouble = _refusal(topic, door)
        if trouble is not None or topic is None or door is None:
            if trouble is not None:
                out.aside.append(set_aside(message, trouble))
        elif topic.kind == "status":
            _take_status(message, door, out)
        else:
            decoded = json_reading.decode(message.payload, message.received_us)
            out.readings += len(decoded.readings)
            out.heard[door.device_no] = message.received_us
            out.aside.extend(set_aside(message, one) for one in decoded.troubles)
            _take(n, message, door.device_no, decoded.readings, metrics, out)
    return out


class _Plain:
    """The way of nearly every message: one good object of a known device, with plain values.

    It takes a message whole or leaves it, untouched, to the careful way.
    """

    def __init__(
        self, doors: Mapping[str, Door], metrics: Mapping[str, StoredMetric], out: Sorted
    ) -> None:
        self._doors = doors
        self._out = out
        self._metrics = {
            name: (
                one.metric_no,
                -sys.float_info.max if one.lowest is None else one.lowest,
                sys.float_info.max if one.highest is None else one.highest,
            )
            for name, one in metrics.items()
        }

    def take(self, n: int, message: Message) -> bool:
        """Whether the message was one of the plain ones; then its rows are in ``found``."""
        topic, payload, received_us = message[:3]
        parsed = _parse(topic)
        if parsed is None or parsed.kind != "readings":
            return False
        door = self._doors.get(parsed.device_id)
        if door is None or door.disabled or door.bucket != parsed.bucket:
            return False
        item = json_reading.decode_plain(payload, received_us)
        if item is None:
            return False
        ts_us, values = item
        device_no = door.device_no
        rows = []
        for name, value in values.items():
            metric_no, lowest, highest = self._metrics.get(name, _NO_METRIC)
            # (also false for what is not finite)
            if not lowest <= value <= highest:
                return False
            rows.append((n, device_no, metric_no, ts_us, value, b"N", received_us))
        out = self._out
        out.found += rows
        out.readings += len(rows)
        out.heard[device_no] = received_us
        return True


# no value lies between these
_NO_METRIC = (0, 1.0, -1.0)


def _take_frame(
    n: int,
    message: Message,
    stations: Stations,
    metrics: Mapping[str, StoredMetric],
    out: Sorted,
) -> None:
    """A frame that a station sent to a TCP listener."""
    station, decoded = stations.decode(message)
    device_id = None if station is None else station.device_id
    out.readings += len(decoded.readings)
    out.aside.extend(set_aside(message, one, device_id) for one in decoded.troubles)
    if station is not None:
        out.heard[station.device_no] = message.received_us
        _take(n, message, station.device_no, decoded.readings, metrics, out, device_id=device_id)


def _refusal(topic: Topic | None, door: Door | None) -> Trouble | None:
    if topic is None or topic.kind not in ("readings", "status"):
        return Trouble(reason=Reason.WRONG_TOPIC, detail="not a device's topic")
    if door is None:
        return Trouble(reason=Reason.UNKNOWN_DEVICE, detail=topic.device_id)
    if door.disabled:
        return Trouble(reason=Reason.DISABLED_DEVICE, detail=topic.device_id)
    if topic.bucket != door.bucket:
        detail = f"bucket {topic.bucket[:8]}, should be {bucket(topic.device_id)}"
        return Trouble(reason=Reason.WRONG_TOPIC, detail=detail)
    return None


def _take_status(message: Message, door: Door, out: Sorted) -> None:
    if not message.payload:
        return  # an empty retained message clears a topic: it says nothing
    online = _STATUSES.get(message.payload)
    if online is None:
        detail = message.payload[:40].decode("utf-8", "backslashreplace")
        out.aside.append(set_aside(message, Trouble(reason=Reason.BAD_STATUS, detail=detail)))
    else:
        out.statuses.append((door.device_no, online, from_us(message.received_us)))


def _take(
    n: int,
    message: Message,
    device_no: int,
    readings: Sequence[Reading],
    metrics: Mapping[str, StoredMetric],
    out: Sorted,
    *,
    device_id: str | None = None,
) -> None:
    unknown: list[str] = []
    impossible: list[str] = []
    for name, ts_us, value, flag in readings:
        metric = metrics.get(name)
        if metric is None:
            unknown.append(name[:80])
        elif (metric.lowest is not None and value < metric.lowest) or (
            metric.highest is not None and value > metric.highest
        ):
            impossible.append(f"{name}: {value} ({metric.lowest} .. {metric.highest})")
        else:
            out.found.append(
                (n, device_no, metric.metric_no, ts_us, value, flag.encode(),
                 message.received_us)
            )  # fmt: skip
    for reason, details in (
        (Reason.UNKNOWN_METRIC, unknown),
        (Reason.IMPOSSIBLE_VALUE, impossible),
    ):
        if details:
            detail = "; ".join(list(dict.fromkeys(details))[:5])
            trouble = Trouble(reason=reason, detail=detail)
            out.aside.append(set_aside(message, trouble, device_id))
    out.unknown_metric = out.unknown_metric or bool(unknown)
