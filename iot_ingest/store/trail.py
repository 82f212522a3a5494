"""What is done to devices and to the quarantine enters the ledger, in the same transaction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from events.store import ledger

# What a registration sets; the place in the grid follows from the position.
_COLUMNS = (
    "model", "layer", "name_zh", "name_en", "metrics", "interval_s", "lon", "lat", "source_crs",
    "cell_id", "area_id", "component_id", "attributes",
)  # fmt: skip
# An attribute that is a secret: the trail says that it is set, not what it is.
_SECRET = "station_password"  # noqa: S105 - its name


def differences(known: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of ``wanted`` that a device does not have yet; all of a new one (None).

    An enabled device that was ``disabled`` has changed in that.
    """
    if known is None:
        return {name: wanted[name] for name in _COLUMNS}
    found = {name: wanted[name] for name in _COLUMNS if not _same(known[name], wanted[name])}
    if known["disabled"] and not wanted["stay_disabled"]:
        found["disabled"] = False
    return found


def put_devices(conn: Connection, changes: Mapping[str, Mapping[str, Any]], new: set[str]) -> None:
    """Note what was set of devices, by id; those in ``new`` were not there before."""
    if not changes:
        return
    ledger.append_many(
        conn,
        at=datetime.now(UTC),
        verb="device.put",
        object_kind="device",
        object_keys=list(changes),
        area_ids=[None] * len(changes),
        payloads=[
            {"new": device_id in new, "set": _told(values)} for device_id, values in changes.items()
        ],
    )


def device(conn: Connection, verb: str, device_id: str) -> None:
    """Note that something was done to a device: ``secret``, ``disable``, ``enable``, ``let_in``."""
    ledger.append(
        conn, at=datetime.now(UTC), verb=f"device.{verb}", object_kind="device",
        object_key=device_id, payload={},
    )  # fmt: skip


def quarantine(conn: Connection, verb: str, key: str, payload: Mapping[str, Any]) -> None:
    """Note what was done to messages that had been put aside: ``replay``, ``set_aside``."""
    ledger.append(
        conn, at=datetime.now(UTC), verb=f"quarantine.{verb}", object_kind="quarantine",
        object_key=key, payload=payload,
    )  # fmt: skip


def _same(known: Any, wanted: Any) -> bool:
    if isinstance(known, float) and isinstance(wanted, float):
        return math.isclose(known, wanted, rel_tol=1e-6)  # an interval is kept as a real
    if isinstance(known, Sequence) and not isinstance(known, str):
        return list(known) == list(wanted)
    return bool(known == wanted)


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(values)
    if "attributes" in told and _SECRET in told["attributes"]:
        told["attributes"] = {**told["attributes"], _SECRET: True}
    return told
