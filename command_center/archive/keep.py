"""Which days leave the database, and in which order: close, write, count, drop."""

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from command_center.archive.day_file import Names, is_there, write_day
from grid.store.postgis import reading, transaction
from iot_ingest.store import archive, metrics
from iot_ingest.store.archive import Day, File


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Days older than ``keep_days`` go to ``folder``; with ``drop`` they leave the database."""

    folder: Path
    keep_days: int
    drop: bool
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What became of a day. ``waits``: it is in its file, and is dropped when it is rolled up."""

    day: date
    file: File
    written: bool
    dropped: bool
    waits: bool


class Busy(Exception):
    """Another one archives into the same folder."""


def due(engine: Engine, plan: Plan, now: datetime) -> list[Day]:
    """The days that are old enough."""
    with reading(engine) as conn:
        found = archive.days(conn, now.date() - timedelta(days=plan.keep_days))
    return [one for one in found if plan.drop or one.file is None]


def carry_out(engine: Engine, plan: Plan, now: datetime) -> Iterator[Done]:
    """Do it day by day, the oldest first; each may be interrupted anywhere and begun again.

    Raises Busy when another one is at work in the folder; else as `write_day`.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    with (plan.folder / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(str(plan.folder)) from error
        yield from _days(engine, plan, now)


def _days(engine: Engine, plan: Plan, now: datetime) -> Iterator[Done]:
    for one in due(engine, plan, now):
        if plan.drop:
            # from here on the day takes no readings: its file is whole
            with transaction(engine, plan.by) as conn:
                archive.close(conn, one.day)
        file, written = _in_file(engine, plan, one)
        dropped = False
        if plan.drop:
            with transaction(engine, plan.by) as conn:
                if archive.is_rolled_up(conn, one.day):
                    archive.drop(conn, one.day)
                    dropped = True
        yield Done(
            day=one.day, file=file, written=written, dropped=dropped,
            waits=plan.drop and not dropped,
        )  # fmt: skip


def _in_file(engine: Engine, plan: Plan, one: Day) -> tuple[File, bool]:
    """The day's file: the one that is there if it holds as many readings, else a new one."""
    known = one.file
    with reading(engine) as conn:
        whole = known is not None and archive.count(conn, one.day) == known.readings
        if known is not None and whole and is_there(plan.folder, known):
            return known, False
        names = Names(
            devices=archive.senders(conn),
            metrics={metric.metric_no: metric.name for metric in metrics.all(conn).values()},
        )
        file = write_day(plan.folder, one.day, archive.copy_day(conn, one.day), names)
    with transaction(engine, plan.by) as conn:
        archive.record(conn, one.day, file)
    return file, True
