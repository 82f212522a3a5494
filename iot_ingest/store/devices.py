"""The registry of devices, and who of them is online."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from sys import intern

from sqlalchemy import Connection

from grid.store.named_sql import Statements
from iot_ingest.model.device import Device

_SQL = Statements.beside(__file__)

_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """What the ingester knows of a device when a message comes."""

    device_no: int
    device_id: str
    bucket: str
    disabled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """Whether a device is online, since when, and when its last message was noted."""

    device_no: int
    online: bool
    since: datetime
    last_message_at: datetime | None


def all(conn: Connection) -> list[Device]:  # noqa: A001 - devices.all(conn) reads well
    """Every registered device, disabled ones included."""
    return _devices(conn, None, None)


def by_nos(conn: Connection, device_nos: Iterable[int]) -> list[Device]:
    """The devices with these numbers, read some thousand at a time."""
    nos = list(device_nos)
    return [
        one
        for first in range(0, len(nos), _AT_ONCE)
        for one in _devices(conn, nos[first : first + _AT_ONCE], None)
    ]


def by_id(conn: Connection, device_id: str) -> Device | None:
    """The device with this id, or None."""
    found = _devices(conn, None, [device_id])
    return found[0] if found else None


def by_ids(conn: Connection, device_ids: Iterable[str]) -> list[Device]:
    """The devices with these ids."""
    return _devices(conn, None, list(device_ids))


def doors(
    conn: Connection,
    device_ids: Sequence[str] | None = None,
    device_nos: Sequence[int] | None = None,
) -> dict[str, Door]:
    """By id, what the ingester must know: of all devices, or of the given ones."""
    ids = None if device_ids is None else list(device_ids)
    nos = None if device_nos is None else list(device_nos)
    return {
        row.device_id: Door(**{**row._mapping, "bucket": intern(row.bucket)})
        for row in _SQL.rows(conn, "doors", ids=ids, nos=nos)
    }


def every_door(conn: Connection) -> dict[str, Door]:
    """All of `doors`, some thousand at a time: what is read at once leaves holes in the memory."""
    found: dict[str, Door] = {}
    for first in range(1, highest(conn) + 1, _AT_ONCE):
        found.update(doors(conn, device_nos=range(first, first + _AT_ONCE)))
    return found


def mark(conn: Connection) -> int:
    """Where the next look for changes begins: ask before you read, and give it to `changed`."""
    return int(_SQL.value(conn, "mark"))


def changed(conn: Connection, mark: int) -> dict[int, int]:
    """Devices that were added or changed since a mark, with the transaction that did it.

    By number. Some may be told again, while older transactions go on.
    """
    return {row.device_no: row.changed_in for row in _SQL.rows(conn, "changed", mark=mark)}


def of_layers(conn: Connection, layers: Sequence[str]) -> list[int]:
    """The numbers of all devices of some layers."""
    return [row.device_no for row in _SQL.rows(conn, "of_layers", layers=list(layers))]


def highest(conn: Connection) -> int:
    """The highest number of a device; 0 when there is none."""
    return int(_SQL.value(conn, "highest"))


def statuses(conn: Connection) -> dict[int, Status]:
    """Who is online, by device number; devices that never spoke are missing."""
    return {row.device_no: Status(**row._mapping) for row in _SQL.rows(conn, "statuses")}


def said_status(conn: Connection, said: Iterable[tuple[int, bool, datetime]]) -> None:
    """Note (device_no, online, at) of status messages, in their order."""
    _SQL.run_many(
        conn,
        "said_status",
        [{"device_no": no, "online": online, "at": at} for no, online, at in said],
    )


def heard(conn: Connection, last_us: Mapping[int, int]) -> None:
    """Note when devices were last heard (us since 1970), by device number."""
    if last_us:
        _SQL.run(conn, "heard", device_nos=list(last_us), ats_us=list(last_us.values()))


def fell_silent(conn: Connection, now: datetime, nos: range) -> list[int]:
    """Mark devices of a range offline that sent nothing for long; their numbers."""
    rows = _SQL.rows(conn, "fell_silent", now=now, first_no=nos.start, end_no=nos.stop)
    return [row.device_no for row in rows]


def _devices(
    conn: Connection, nos: Sequence[int] | None, ids: Sequence[str] | None
) -> list[Device]:
    # what many have in common is kept once: there may be 100,000 of them
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for row in _SQL.rows(conn, "devices", nos=nos, ids=ids):
        metrics = tuple(intern(one) for one in row.metrics)
        common = {
            "bucket": intern(row.bucket),
            "model": intern(row.model),
            "layer": intern(row.layer),
            "metrics": shared.setdefault(metrics, metrics),
        }
        found.append(Device(**{**row._mapping, **common}))
    return found
