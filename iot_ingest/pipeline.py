"""From messages to committed rows: decode, check, store; the caller acknowledges afterwards."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError

from grid.store.postgis import notify, transaction
from iot_ingest.message import Message
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import from_us
from iot_ingest.registry import Registry
from iot_ingest.sorting import Sorted, device_ids, set_aside, sort
from iot_ingest.store import devices, intake, quarantine, readings
from iot_ingest.store.intake import Counts
from iot_ingest.store.pipelining import pipelined
from iot_ingest.store.readings import Conflict, Kept

_log = logging.getLogger(__name__)

BY = "system:ingest"

# What the database says when a row, and not the database, is at fault.
_POISON = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)

_DAY_US = 86_400_000_000
_DAYS_AHEAD = 2


class Pipeline:
    """Stores batches. Raises what the database raises when it is away: try the batch again."""

    def __init__(self, engine: Engine, registry: Registry, process: str = "ingest") -> None:
        self._engine = engine
        self._registry = registry
        self._process = process
        self._days: set[date] = set()

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
        except _POISON as error:
            _log.warning("a batch of %d messages was refused: %s", len(messages), error)
            # perhaps only a partition was dropped meanwhile
            self._days.clear()
            return self._store_by_halves(messages)

    def troubles(self, messages: Sequence[Message]) -> list[set[Reason]]:
        """What would be wrong with each message if it came now; nothing is stored."""
        found: dict[tuple[str, bytes], set[Reason]] = {}
        for one in self._sort(messages).aside:
            found.setdefault((one.topic, one.payload), set()).add(one.trouble.reason)
        return [found.get((one.topic, one.payload), set()) for one in messages]

    def _store_by_halves(self, messages: Sequence[Message]) -> Counts:
        try:
            return self._store(messages)
        except _POISON as error:
            if len(messages) > 1:
                middle = len(messages) // 2
                first = self._store_by_halves(messages[:middle])
                return first + self._store_by_halves(messages[middle:])
            return self._store_aside(messages[0], str(error))

    def _store(self, messages: Sequence[Message]) -> Counts:
        batch = self._sort(messages)
        rows = batch.rows()
        if len(rows):
            wanted = {from_us(int(day) * _DAY_US).date() for day in set(rows["ts"] // _DAY_US)}
            self._ensure_days(wanted)
        with transaction(self._engine, BY) as conn:
            kept = readings.keep(conn, rows, self._registry.judged)
            aside = batch.aside + _conflicts_aside(messages, kept.conflicts)
            new_aside = quarantine.put_aside(conn, aside)
            counts = _count(messages, batch, kept, new_aside)
            at = from_us(messages[-1].received_us)
            with pipelined(conn):
                devices.heard(conn, batch.heard)
                devices.said_status(conn, batch.statuses)
                intake.add(conn, counts, at=at, process=self._process)
                self._tell(conn, batch, kept)
        return counts

    def _sort(self, messages: Sequence[Message]) -> Sorted:
        registry = self._registry
        unknown = registry.unknown_devices(device_ids(messages))
        if unknown:
            with self._engine.connect() as conn:
                registry.learn_devices(conn, unknown)
        strange = registry.stations.unknown(messages)
        if strange:
            with self._engine.connect() as conn:
                registry.stations.learn(conn, strange)
        batch = sort(messages, registry.doors, registry.metrics, registry.stations)
        if batch.unknown_metric:
            known = registry.metrics
            with self._engine.connect() as conn:
                registry.learn_metrics(conn)
            if registry.metrics != known:
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

    def _tell(self, conn: Connection, batch: Sorted, kept: Kept) -> None:
        changed = dict.fromkeys([*kept.device_nos, *(one[0] for one in batch.statuses)])
        notify(conn, "cc_live", "reading", changed)
        notify(conn, "cc_dirty", "dirty", kept.device_nos)


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
