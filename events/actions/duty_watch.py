"""Rules in force that broke since: found while nothing is routed by them, and told at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.duty_check import names_gone
from events.store import duties, duty_alerts
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.model.actor import Actor
    from events.model.duty import DutyRule

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Read:
    """The rules that were read last: those of a version never change."""

    version: int = 0
    rules: tuple[DutyRule, ...] = ()


def watch_duties(engine: Engine, *, by: Actor, now: datetime, read: Read) -> int:
    """Raise what is broken in the version in force, end what is mended; how many alerts stand."""
    with transaction(engine, by.key) as conn:
        version = duties.in_force(conn, now=now) or 0
        if version != read.version:
            read.version = version
            read.rules = tuple(one.rule for one in duties.rules(conn, version))
        broken = tuple(names_gone(read.rules, duties.universe(conn, read.rules)))
        duty_alerts.renew(conn, version, broken, now=now)
        standing = duty_alerts.count(conn)
    if standing:
        _LOG.warning("duties: %d things are wrong, see `command-center duties list`", standing)
    return standing
