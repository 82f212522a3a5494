"""Devices that are cut off for a while, and the messages of theirs that were not stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A device that was cut off, and until when; ``address``: only for this TCP peer.

    ``readings_s``, ``bytes_s``: what it sent in a second before that.
    """

    block_id: int
    device_no: int
    since: datetime
    ended_at: datetime
    readings_s: float
    bytes_s: float
    address: str | None = None


def add(
    conn: Connection,
    device_no: int,
    *,
    since: datetime,
    until: datetime,
    readings_s: float,
    bytes_s: float,
    address: str | None = None,
) -> Block:
    """Cut a device off."""
    block_id = _SQL.value(
        conn,
        "add",
        device_no=device_no,
        since=since,
        until=until,
        readings_s=readings_s,
        bytes_s=bytes_s,
        address=address,
    )
    return Block(
        block_id=block_id, device_no=device_no, since=since, ended_at=until,
        readings_s=readings_s, bytes_s=bytes_s, address=address,
    )  # fmt: skip


def earlier(conn: Connection, device_no: int, first: datetime) -> int:
    """How often a device was cut off since ``first``; blocks that were lifted do not count."""
    return int(_SQL.value(conn, "earlier", device_no=device_no, first=first))


def active(conn: Connection) -> dict[str, float]:
    """Who is cut off at the broker now: device id -> seconds that are left."""
    return {row.device_id: row.seconds for row in _SQL.rows(conn, "active")}


def some_are_over(conn: Connection) -> bool:
    """Whether `over` would find something."""
    return bool(_SQL.value(conn, "some_are_over"))


def over(conn: Connection) -> list[Block]:
    """Blocks that are over and whose end was not told, for this transaction alone."""
    return [Block(**row._mapping) for row in _SQL.rows(conn, "over")]


def told(conn: Connection, block_id: int, at: datetime) -> None:
    """The end of a block is told."""
    _SQL.run(conn, "told", block_id=block_id, at=at)


def lift(conn: Connection, device_no: int) -> int:
    """Let a device in again before its time; how many blocks ended by that.

    Raises sqlalchemy.exc.ProgrammingError unless the actor is an administrator.
    """
    return int(_SQL.value(conn, "lift", device_no=device_no))


def reject(conn: Connection, messages: Mapping[str, int], at: datetime) -> None:
    """Count messages that were not stored, by device id."""
    if messages:
        _SQL.run(conn, "reject", device_ids=list(messages), messages=list(messages.values()), at=at)
