"""Works off the dirty spans: readings -> rules -> findings -> events, exactly once.

Any number may run: they take turns. What a transaction deletes from the
dirty spans, changes in the findings and records as events is committed together or not at all.
"""

from __future__ import annotations

import argparse
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

import layers
from events.actions.record import record
from events.model.actor import system
from events.model.problems import Refused
from grid.store import heartbeats
from grid.store.postgis import listen, make_engine, notify, transaction
from grid.store.process import leave, stop_when_told
from iot_ingest.child import stop_at_end_of_stdin
from iot_ingest.comparing import KEPT_FOR, SETTLE, compare_group
from iot_ingest.health import Pulse
from iot_ingest.historian import HistorianThread
from iot_ingest.judging import Judged, Task, judge
from iot_ingest.known import Known
from iot_ingest.model.worker import ingest_beats
from iot_ingest.recent import Recent
from iot_ingest.store import devices, dirty, findings, windows
from iot_ingest.store.dirty import DirtySpan
from iot_ingest.store.findings import Quiet
from iot_ingest.telling import store_and_draft

_log = logging.getLogger(__name__)

JUDGE = system("judge")
_REFUSED = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError, Refused)
_ROLE = "cc_ingest"
# So many spans are judged in one transaction. (Those of one device and metric are judged as one:
# what was left waiting costs the less the more it is.)
MOST_SPANS = 20_000
# So many devices are looked at for silence at once.
_RANGE = 10_000
_MOST_GROUPS = 50
_POLL_S = 0.2
_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.08
_WATCH_EVERY_S = 2.0
_COMPARE_EVERY_S = 1.0
_FORGET_EVERY_S = 3_600.0
_RECONNECT_S = 0.5
# Silence counts only when messages have come as they are sent for so long: after an outage of
# ours everybody seems silent until the broker's queue is worked off.
_LIVE_FOR_S = 15.0
_OFFLINE_EVERY_S = 5.0


class Judge:
    """Judges dirty spans, silence by the clock, and groups of devices when a window is over."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = Known()
        self._name = uuid4().hex
        self._recent = Recent()
        # when a reading was last judged, by device and metric; of metrics whose silence counts
        self._heard: dict[int, datetime] = {}
        self._watched = _Ranges()
        self._listened = _Ranges()
        self._clock_rules = [
            rule
            for layer in layers.discover().values()
            for rule in layer.rules
            if rule.clock_driven
        ]
        self._clock_metrics = {rule.metric for rule in self._clock_rules}

    def work(self, now: datetime) -> int:
        """Judge the spans that wait longest; the number of spans taken. 0: nothing waits."""
        with transaction(self._engine, JUDGE.key) as conn:
            if not dirty.take_turn(conn, self._name):
                self._recent.forget()
            claimed = dirty.claim(conn, MOST_SPANS)
            if not claimed:
                return 0
            spans = dirty.take(conn, claimed)
            self._known.learn(conn, [(one.device_no, one.metric_no) for one in spans])
            # first of all: it may wait for a judge of groups, who must not wait for us meanwhile
            windows.mark(conn, self._known.groups(conn).marks(spans, now))
            tasks = []
            for span in spans:
                self._note_heard(span, now)
                for device, metric, rule, limits in self._known.rules(
                    span.device_no, span.metric_no
                ):
                    if rule.scope is None:
                        tasks.append(
                            Task(device=device, metric=metric, rule=rule, limits=limits,
                                 first=span.first)
                        )  # fmt: skip
            self._settle(conn, judge(conn, tasks, self._recent), now)
        return len(claimed)

    def compare(self, now: datetime) -> int:
        """Judge groups of devices whose windows are over; the number of groups (up to 50)."""
        done = 0
        with transaction(self._engine, JUDGE.key) as conn:
            waiting = windows.due(conn, now - SETTLE, _MOST_GROUPS)
            if waiting:
                self._known.learn(conn)
                groups = self._known.groups(conn)
        for rule, key in waiting:
            with transaction(self._engine, JUDGE.key) as conn:
                if windows.claim(conn, rule, key):
                    self._settle(conn, compare_group(conn, groups, rule, key, now), now)
                    done += 1
        return done

    def forget(self, now: datetime) -> None:
        """Drop windows that are too old to be compared."""
        with transaction(self._engine, JUDGE.key) as conn:
            windows.forget(conn, now - KEPT_FOR)

    def watch(self, now: datetime) -> int:
        """Judge the silence of devices that nothing came of; the number judged.

        Looks at some thousand devices, each time at the next ones.
        """
        with transaction(self._engine, JUDGE.key) as conn:
            self._known.learn(conn)
            metric_nos = [
                one.metric_no
                for one in self._known.metrics.values()
                if one.name in self._clock_metrics
            ]
            rules = [rule.name for rule in self._clock_rules]
            quiet = findings.quiet(conn, now, metric_nos, rules, self._watched.next(conn))
            self._known.learn(conn, [(one.device_no, one.metric_no) for one in quiet])
            tasks = [task for one in quiet for task in self._silences(one, now)]
            ours = {no for no in {one.device.device_no for one in tasks}
                    if dirty.claim_device(conn, no)}  # fmt: skip
            tasks = [one for one in tasks if one.device.device_no in ours]
            self._settle(conn, judge(conn, tasks), now)
        return len(tasks)

    def note_offline(self, now: datetime) -> None:
        """Mark devices offline that sent nothing for long; open walls are told.

        Looks at some thousand devices, each time at the next ones.
        """
        with transaction(self._engine, JUDGE.key) as conn:
            silent = devices.fell_silent(conn, now, self._listened.next(conn))
            if silent:
                notify(conn, "cc_live", "reading", silent)

    def _silences(self, quiet: Quiet, now: datetime) -> Iterator[Task]:
        """The clock-driven rules whose limit has passed for a metric that nothing came of."""
        judged_at = self._heard.get(_key(quiet.device_no, quiet.metric_no), quiet.ts)
        heard = max(quiet.ts, quiet.received_at, judged_at)
        for device, metric, rule, limits in self._known.rules(quiet.device_no, quiet.metric_no):
            if rule.clock_driven and now - heard > timedelta(milliseconds=limits.silent_after_ms):
                first = quiet.ts + timedelta(milliseconds=1)
                yield Task(device=device, metric=metric, rule=rule, limits=limits, first=first,
                           clock=now)  # fmt: skip

    def _note_heard(self, span: DirtySpan, now: datetime) -> None:
        metric = self._known.metrics.get(span.metric_no)
        if metric is not None and metric.name in self._clock_metrics:
            self._heard[_key(span.device_no, span.metric_no)] = now

    def ingest_is_live(self) -> bool:
        """Whether readings come as they are sent: only then does silence mean anything."""
        with self._engine.connect() as conn:
            beats = ingest_beats(heartbeats.all(conn))
        return all(
            one is not None
            and one.age_s <= 5
            and float(one.detail.get("live_for_s") or 0) >= _LIVE_FOR_S
            for one in beats
        )

    def _settle(self, conn: Connection, found: Sequence[Sequence[Judged]], now: datetime) -> None:
        """Store and tell everything at once; when something is refused, each by itself."""
        if not found:
            return
        try:
            self._tell(conn, [one for changes in found for one in changes], now)
        except _REFUSED as error:
            _log.warning("%d changes are told one by one: %s", len(found), error)
            for changes in found:
                self._tell_alone(conn, changes, now)

    def _tell_alone(self, conn: Connection, changes: Sequence[Judged], now: datetime) -> None:
        first = changes[0]
        try:
            self._tell(conn, changes, now)
        except _REFUSED:
            # e.g. a category that the city has not configured: the other rules go on
            _log.exception(
                "what rule %s found at %s cannot be told", first.rule.name, first.device.device_id
            )

    def _tell(self, conn: Connection, changes: Sequence[Judged], now: datetime) -> None:
        with conn.begin_nested():
            drafts = store_and_draft(conn, changes, now)
            if drafts:
                record(conn, drafts, by=JUDGE, now=now)
            notify(conn, "cc_live", "finding", [one.device.device_no for one in changes])


class _Ranges:
    """The device numbers, some thousand at a time, over and over."""

    def __init__(self) -> None:
        self._next = 0

    def next(self, conn: Connection) -> range:
        """The next of them; all of them when they are few."""
        first = self._next if self._next <= devices.highest(conn) else 0
        self._next = first + _RANGE
        return range(first, self._next)


def _key(device_no: int, metric_no: int) -> int:
    return device_no << 16 | metric_no


class Loop:
    """Runs a judge until ``stop`` is set, through outages of the database."""

    def __init__(self, judge_: Judge, url: str, stop: threading.Event) -> None:
        self._judge = judge_
        self._url = url
        self._stop = stop
        self._watch_at = 0.0
        self._offline_at = 0.0
        self._compare_at = 0.0
        self._forget_at = 0.0
        self._busy_since: float | None = None
        self._judged = 0

    def run(self) -> None:
        """Wake on notices, look every 200 ms anyway, connect again when the database returns."""
        away = False
        while not self._stop.is_set():
            try:
                with listen(
                    self._url,
                    ["cc_dirty"],
                    role=_ROLE,
                    wake_every_s=_POLL_S,
                    stopped=self._stop.is_set,
                ) as notices:
                    for _ in notices:
                        self._turn()
                        away = False
            except (SQLAlchemyError, psycopg.Error) as error:
                if not away:
                    _log.warning("the database is away; trying until it is back: %s", error)
                away = True
                self._stop.wait(_RECONNECT_S)

    def detail(self) -> dict[str, Any]:
        """For the heartbeat: ``lag_s``, for how long spans have been waiting; spans judged."""
        since = self._busy_since
        lag_s = 0.0 if since is None else time.monotonic() - since
        return {"lag_s": round(lag_s, 3), "judged": self._judged}

    def _turn(self) -> None:
        if self._busy_since is None:
            self._busy_since = time.monotonic()
        began = time.monotonic()
        spans = MOST_SPANS
        while spans >= MOST_SPANS and not self._stop.is_set():
            spans = self._judge.work(datetime.now(UTC))
            self._judged += spans
        self._busy_since = None
        # what comes meanwhile is judged together: half of the time is for others
        self._stop.wait(min(max(_PAUSE_S, time.monotonic() - began), _LONGEST_PAUSE_S))
        now = time.monotonic()
        if now >= self._compare_at:
            # more groups wait: on with them, after a look at the devices
            more = self._judge.compare(datetime.now(UTC)) == _MOST_GROUPS
            self._compare_at = now if more else now + _COMPARE_EVERY_S
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY_S
            self._judge.forget(datetime.now(UTC))
        if now >= self._watch_at:
            self._watch_at = now + _WATCH_EVERY_S
            if self._judge.ingest_is_live():
                self._judge.watch(datetime.now(UTC))
        if now >= self._offline_at:
            self._offline_at = now + _OFFLINE_EVERY_S
            if self._judge.ingest_is_live():
                self._judge.note_offline(datetime.now(UTC))


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT or, when asked, the end of standard input."""
    parser = argparse.ArgumentParser(prog="python -m iot_ingest.judge", description=__doc__)
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when the parent process is gone"
    )
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s judge: %(message)s")
    url = os.environ.get("COMMAND_CENTER_DATABASE_URL", "")
    if not url:
        parser.error("set COMMAND_CENTER_DATABASE_URL")
    stop = stop_when_told()
    if options.until_stdin_closes:
        threading.Thread(target=stop_at_end_of_stdin, args=(stop,), daemon=True).start()
    engine = make_engine(url, role=_ROLE, pool_size=3, application_name="cc judge")
    loop = Loop(Judge(engine), url, stop)
    # its work is done by the database: it needs no process of its own
    historian = HistorianThread(engine, stop)
    historian.start()
    Pulse(engine, "judge", lambda: {**loop.detail(), "history": historian.detail()}, stop).start()
    loop.run()
    engine.dispose()
    return 0


if __name__ == "__main__":
    leave(main())
