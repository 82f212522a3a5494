"""A device: who it is, where it publishes, what it measures."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType

DeviceId = NewType("DeviceId", str)

_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
BUCKETS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """One registered device. ``interval_s`` is the time between two readings, in seconds.

    ``attributes`` carry the limits of this very station (warning level, water class, ...).
    """

    device_no: int
    device_id: DeviceId
    bucket: str
    model: str
    layer: str
    name_zh: str
    name_en: str
    metrics: tuple[str, ...]
    interval_s: float
    lon: float
    lat: float
    cell_id: int | None
    area_id: int
    component_id: int | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    disabled_at: datetime | None = None


def parse_device_id(text: str) -> DeviceId:
    """Return ``text`` as a device id. Raises ValueError unless it is ``[A-Za-z0-9_-]{1,64}``."""
    if not _DEVICE_ID.fullmatch(text):
        raise ValueError(f"{text!r} is not a device id: 1 to 64 letters, digits, _ and - make one")
    return DeviceId(text)


def bucket(device_id: str) -> str:
    """Two hexadecimal digits of crc32(device_id) mod 64: its share of the city's traffic."""
    return f"{zlib.crc32(device_id.encode()) % BUCKETS:02x}"


def readings_topic(device_id: str) -> str:
    """Where a device publishes what it measured."""
    return f"cc/v1/{bucket(device_id)}/{device_id}/readings"


def status_topic(device_id: str) -> str:
    """Where a device, or its last will, says ``online`` or ``offline`` (retained)."""
    return f"cc/v1/{bucket(device_id)}/{device_id}/status"


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """The parts of a device's topic; ``kind`` is ``readings`` or ``status``."""

    bucket: str
    device_id: str
    kind: str


def parse_topic(topic: str) -> Topic | None:
    """The parts of ``cc/v1/{bucket}/{device_id}/{kind}``, or None when it has another form.

    Whether the bucket is the device's own is not checked here: see `bucket`.
    """
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "cc" or parts[1] != "v1":
        return None
    if not _DEVICE_ID.fullmatch(parts[3]):
        return None
    return Topic(bucket=parts[2], device_id=parts[3], kind=parts[4])
