"""Replay the tickets of the past under other duties, and keep what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from events.model.backtest import Replayer
from events.model.problems import NotFound, Refused
from events.model.refusal import Reason, Refusal
from events.model.routing import Book
from events.store import duties, duty_past, rules
from grid.store.postgis import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from events.model.actor import Actor
    from events.store.duty_past import KeptBacktest


def backtest(
    engine: Engine, version: int, *, since: datetime, until: datetime, by: Actor, now: datetime,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> KeptBacktest:  # fmt: skip
    """Route the tickets made in a span under a version and under the one in force, and compare.

    ``told`` hears how many of how many are done. Broken rules are passed over as they would be
    now. Raises NotFound, and Refused where nothing is in force to compare with.
    """
    with reading(engine) as conn:
        if duties.version(conn, version, now=now) is None:
            raise NotFound(Refusal(reason=Reason.NO_SUCH_DUTIES))
        against = duties.in_force(conn, now=now)
        if against is None:
            raise Refused(Refusal(reason=Reason.NO_DUTIES))
        city = rules.load(conn)
        replayer = Replayer(
            Book(against, duties.rules(conn, against)),
            Book(version, duties.rules(conn, version)),
            categories=city.categories,
            paths=duty_past.paths(conn),
            calendar=city.calendar,
        )
        of = duty_past.count_routed(conn, since, until)
        for helping in duty_past.routed(conn, since, until):
            replayer.add(helping)
            told(replayer.result.tickets, of)
    result = replayer.result.as_dict()
    with transaction(engine, by.key) as conn:
        duty_past.keep(conn, result, since, until, now=now)
        found = duty_past.last(conn, version)
    if found is None:
        raise LookupError(f"the back-test of version {version} was not kept")
    return found


def months_before(at: datetime, months: int) -> datetime:
    """The same day so many months earlier, or that month's last day (aware UTC)."""
    month = at.year * 12 + at.month - 1 - months
    for day in (at.day, 30, 29, 28):
        try:
            return at.replace(year=month // 12, month=month % 12 + 1, day=day).astimezone(UTC)
        except ValueError:
            continue
    raise ValueError(f"{months} months before {at} is no date")
