"""From messages to committed rows: decode, check, store; the caller acknowledges afterwards."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from grid.store.postgis import pipelined, sending, transaction
from iot_ingest.message import Message
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import from_us
from iot_ingest.news import News, Untold
from iot_ingest.registry import Registry
from iot_ingest.retention import put_by
from iot_ingest.sorting import Sorted, set_aside, sort
from iot_ingest.store import devices, intake, quarantine, readings
from iot_ingest.store.intake import Counts
from iot_ingest.store.readings import Conflict, Kept

_log = logging.getLogger(__name__)

BY = "system:ingest"

# Classes of SQLSTATE that say: a row, and not the database, is at fault. (54: it is too large.)
_POISON = frozenset({"22", "23", "54"})

# After a reading that was stored already came, others are expected for so long.
_CAREFUL_S = 1.0
# A device's last message is noted this often.
_HEARD_EVERY_US = 5_000_000

_DAY_US = 86_400_000_000
_DAYS_AHEAD = 2


class Pipeline:
    """Stores batches. Raises what the database raises when it is away: try the batch again."""

    def __init__(self, engine: Engine, registry: Registry, process: str = "ingest") -> None:
        self._engine = engine
        self._registry = registry
        self._process = process
        self._days: set[date] = set()
        self._news = News()
        self._careful_until = 0.0
        # when each device was last noted as heard (us since 1970)
        self._noted: dict[int, int] = {}

    def prepare(self, now: datetime) -> None:
        """Read what changed in the registry; make the partitions of the coming days."""
        with self._engine.connect() as conn:
            self._registry.refresh(conn)
        today = now.astimezone(UTC).date()
        self._ensure_days({today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD + 1)})

    def flush(self, messages: Sequence[Message]) -> Counts:
        """Store a batch: all of it is committed, or in quarantine, when this returns."""
        try:
            return self._store(messages)
        except (SQLAlchemyError, psycopg.Error) as error:
            if not _refuses_rows(error):
                raise
            _log.warning("a batch of %d messages was refused: %s", len(messages), error)
            # perhaps only a partition was dropped meanwhile
            self._days.clear()
            return self._store_by_halves(messages)

    @property
    def has_news(self) -> bool:
        """Whether listeners were not told yet of what is stored: see `tell_rest`."""
        return bool(self._news)

    def tell_rest(self) -> None:
        """Tell listeners of what is stored, now that nothing comes after it."""
        if self._news:
            with sending(self._engine, BY) as conn:
                left = self._news.tell(conn, (), dirty=False, now=True)
            self._news.keep(left)

    def troubles(self, messages: Sequence[Message]) -> list[set[Reason]]:
        """What would be wrong with each message if it came now; nothing is stored."""
        found: dict[tuple[str, bytes], set[Reason]] = {}
        batch = self._sort(messages)
        put_by(batch, messages, self._registry.kept_from_us)
        for one in batch.aside:
            found.setdefault((one.topic, one.payload), set()).add(one.trouble.reason)
        return [found.get((one.topic, one.payload), set()) for one in messages]

    def _store_by_halves(self, messages: Sequence[Message]) -> Counts:
        try:
            return self._store(messages)
        except (SQLAlchemyError, psycopg.Error) as error:
            if not _refuses_rows(error):
                raise
            if len(messages) > 1:
                middle = len(messages) // 2
                first = self._store_by_halves(messages[:middle])
                return first + self._store_by_halves(messages[middle:])
            return self._store_aside(messages[0], str(error))

    def _store(self, messages: Sequence[Message]) -> Counts:
        batch = self._sort(messages)
        rows = batch.rows()
        if len(rows) and rows["ts"].min() < self._registry.kept_from_us:
            put_by(batch, messages, self._registry.kept_from_us)
            rows = batch.rows()
        rows = readings.in_order(rows)
        self._ensure_days({from_us(day * _DAY_US).date() for day in _days(rows)})
        if time.monotonic() >= self._careful_until and not readings.has_doubles(rows):
            try:
                return self._store_new(messages, batch, rows)
            except (SQLAlchemyError, psycopg.Error) as error:
                if not isinstance(_cause(error), psycopg.errors.UniqueViolation):
                    raise
                # sent again: by a device, or by the broker because we had not acknowledged
                self._careful_until = time.monotonic() + _CAREFUL_S
        return self._store_carefully(messages, batch, rows)

    def _store_new(
        self, messages: Sequence[Message], batch: Sorted, rows: NDArray[np.void]
    ) -> Counts:
        """Store a batch of which nothing is stored yet: one round trip when nothing is put aside.

        Raises a unique violation, and stores nothing, when something of it is there.
        """
        with (transaction if batch.aside else sending)(self._engine, BY) as conn:
            new_aside = quarantine.put_aside(conn, batch.aside)
            kept = readings.send_new(conn, rows, self._registry.judged)
            counts = _count(messages, batch, kept, new_aside)
            left = self._note(conn, messages, batch, kept, counts)
        self._committed(batch, left)
        return counts

    def _store_carefully(
        self, messages: Sequence[Message], batch: Sorted, rows: NDArray[np.void]
    ) -> Counts:
        """Store what is new of a batch; what is stored with another value is put aside."""
        with transaction(self._engine, BY) as conn:
            kept = readings.keep(conn, rows, self._registry.judged)
            aside = batch.aside + _conflicts_aside(messages, kept.conflicts)
            new_aside = quarantine.put_aside(conn, aside)
            counts = _count(messages, batch, kept, new_aside)
            with pipelined(conn):
                left = self._note(conn, messages, batch, kept, counts)
        self._committed(batch, left)
        return counts

    def _note(
        self,
        conn: Connection,
        messages: Sequence[Message],
        batch: Sorted,
        kept: Kept,
        counts: Counts,
    ) -> Untold:
        """Note who spoke and how much came, and tell it; what is left to tell."""
        noted = self._noted
        due = {no: at for no, at in batch.heard.items() if at - noted.get(no, 0) >= _HEARD_EVERY_US}
        devices.heard(conn, due)
        devices.said_status(conn, batch.statuses)
        intake.add(conn, counts, at=from_us(messages[-1].received_us), process=self._process)
        changed = [*kept.device_nos, *(one[0] for one in batch.statuses)]
        return self._news.tell(conn, changed, dirty=kept.dirty)

    def _committed(self, batch: Sorted, left: Untold) -> None:
        self._news.keep(left)
        noted = self._noted
        for device_no, at in batch.heard.items():
            if at - noted.get(device_no, 0) >= _HEARD_EVERY_US:
                noted[device_no] = at
        for device_no, _, _ in batch.statuses:
            # (perhaps offline: the next reading says otherwise, at once)
            noted.pop(device_no, None)

    def _sort(self, messages: Sequence[Message]) -> Sorted:
        registry = self._registry
        strange = registry.stations.unknown(messages)
        if strange:
            with self._engine.connect() as conn:
                registry.stations.learn(conn, strange)
        batch = sort(messages, registry.doors, registry.metrics, registry.stations)
        if not (batch.unknown_devices or batch.unknown_metric):
            return batch
        # what is strange may have been registered a moment ago
        known = registry.metrics
        with self._engine.connect() as conn:
            learned = registry.learn_devices(conn, batch.unknown_devices)
            if batch.unknown_metric:
                registry.learn_metrics(conn)
        if learned or registry.metrics != known:
            return sort(messages, registry.doors, registry.metrics, registry.stations)
        return batch

    def _ensure_days(self, days: set[date]) -> None:
        for day in sorted(days - self._days):
            # a transaction of its own: it locks the table of readings for a moment
            with transaction(self._engine, BY) as conn:
                readings.ensure_partition(conn, day)
            self._days.add(day)

    def _store_aside(self, message: Message, error: str) -> Counts:
        trouble = Trouble(reason=Reason.REFUSED_BY_DATABASE, detail=error[:500])
        with transaction(self._engine, BY) as conn:
            new = quarantine.put_aside(conn, [set_aside(message, trouble)])
            counts = Counts(messages=1, quarantined=new)
            intake.add(conn, counts, at=from_us(message.received_us), process=self._process)
        return counts


def _cause(error: Exception) -> BaseException | None:
    """What the driver raised."""
    return error.orig if isinstance(error, DBAPIError) else error


def _refuses_rows(error: Exception) -> bool:
    """Whether a row, and not the database, is at fault."""
    cause = _cause(error)
    if isinstance(cause, psycopg.DataError | psycopg.IntegrityError):
        return True
    return isinstance(cause, psycopg.Error) and (cause.sqlstate or "")[:2] in _POISON


def _days(rows: NDArray[np.void]) -> set[int]:
    """The days of a batch's readings, since 1970."""
    return set((rows["ts"] // _DAY_US).tolist())


def _conflicts_aside(
    messages: Sequence[Message], conflicts: Sequence[Conflict]
) -> list[quarantine.SetAside]:
    found = []
    for n, group in groupby(conflicts, key=lambda one: one.n):
        details = dict.fromkeys(
            f"{one.ts.isoformat()}: {one.value}, stored {one.kept}" for one in group
        )
        trouble = Trouble(reason=Reason.CONFLICTING_VALUE, detail="; ".join([*details][:5]))
        found.append(set_aside(messages[n], trouble))
    return found


def _count(messages: Sequence[Message], batch: Sorted, kept: Kept, new_aside: int) -> Counts:
    return Counts(
        messages=len(messages),
        readings=batch.readings,
        stored=kept.stored,
        duplicates=kept.duplicates,
        quarantined=new_aside,
        refused=batch.readings - len(batch.found) + len(kept.conflicts),
    )
