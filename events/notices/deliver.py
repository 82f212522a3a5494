"""Deliver what waits in the outbox, each notice exactly once per channel's promise."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from events.notices.channel import Undelivered
from events.store import outbox
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.model.notice import Notice
    from events.notices.channel import Channel

_LOG = logging.getLogger(__name__)
_LONGEST_WAIT_S = 3_600


def deliver(
    engine: Engine,
    channels: Mapping[str, Channel],
    *,
    by: Actor,
    now: datetime,
    limit: int = 200,
) -> int:
    """Deliver up to ``limit`` notices in one transaction; how many were delivered.

    Several processes may do so at once. What a channel cannot deliver waits, longer each time.
    """
    with transaction(engine, by.key) as conn:
        waiting = outbox.claim(conn, now=now, limit=limit)
        done: list[int] = []
        for name in dict.fromkeys(one.channel for one in waiting):
            mine = [one for one in waiting if one.channel == name]
            done += _send(conn, channels.get(name), mine, now=now)
        outbox.delivered(conn, done, now=now)
    return len(done)


def _send(
    conn: Connection, channel: Channel | None, notices: list[Notice], *, now: datetime
) -> list[int]:
    trouble = f"there is no channel {notices[0].channel}"
    if channel is not None:
        try:
            channel.send(conn, notices)
        except Undelivered as error:
            trouble = str(error)
        else:
            return [one.notice_id for one in notices]
    _LOG.warning("%d notices wait: %s", len(notices), trouble)
    for one in notices:
        wait_s = min(2.0 ** min(one.attempts + 1, 12), _LONGEST_WAIT_S)
        later = now + timedelta(seconds=wait_s)
        outbox.failed(conn, one.notice_id, trouble=trouble, not_before=later)
    return []
