"""Works off the dirty spans: readings -> rules -> findings -> events, exactly once.

Any number may run: a device is judged by one at a time. What a transaction deletes from the
dirty spans, changes in the findings and records as events is committed together or not at all.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

import layers
from events.actions.record import record
from events.model.actor import system
from events.model.problems import Refused
from grid.store import city as cities
from grid.store import heartbeats
from grid.store.postgis import listen, make_engine, notify, transaction
from iot_ingest.child import stop_at_end_of_stdin
from iot_ingest.comparing import KEPT_FOR, SETTLE, Groups, compare_group
from iot_ingest.health import Pulse
from iot_ingest.historian import HistorianThread
from iot_ingest.judging import Judged, judge, limits_of
from iot_ingest.model.device import Device
from iot_ingest.model.worker import ingest_beats
from iot_ingest.store import devices, dirty, findings, metrics, windows
from iot_ingest.store.metrics import StoredMetric
from iot_ingest.telling import store_and_draft
from layers.contract import Rule

_log = logging.getLogger(__name__)

JUDGE = system("judge")
_ROLE = "cc_ingest"
_MOST_DEVICES = 100
_MOST_GROUPS = 50
_POLL_S = 0.2
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
        self._devices: dict[int, Device] = {}
        self._metrics: dict[int, StoredMetric] = {}
        self._groups = Groups({}, {}, {})
        self._fingerprint = ""
        self._heard: dict[tuple[int, int], datetime] = {}
        self._clock_rules = [
            rule
            for layer in layers.discover().values()
            for rule in layer.rules
            if rule.clock_driven
        ]

    def work(self, now: datetime) -> int:
        """Judge up to 100 devices with dirty spans; the number of spans. 0: nothing waits."""
        with transaction(self._engine, JUDGE.key) as conn:
            claimed = dirty.claim(conn, _MOST_DEVICES)
            if not claimed:
                return 0
            spans = dirty.take(conn, claimed)
            self._learn(conn, claimed)
            # first of all: it may wait for a judge of groups, who must not wait for us meanwhile
            windows.mark(conn, self._groups.marks(spans, now))
            for span in spans:
                self._heard[span.device_no, span.metric_no] = now
                for device, metric, rule in self._rules(span.device_no, span.metric_no):
                    if rule.scope is not None:
                        continue
                    self._settle(
                        conn, judge(conn, device, metric, rule, span.first, clock=None), now
                    )
        return len(spans)

    def compare(self, now: datetime) -> int:
        """Judge groups of devices whose windows are over; the number of groups (up to 50)."""
        done = 0
        with transaction(self._engine, JUDGE.key) as conn:
            waiting = windows.due(conn, now - SETTLE, _MOST_GROUPS)
            if waiting:
                self._learn(conn, ())
        for rule, key in waiting:
            with transaction(self._engine, JUDGE.key) as conn:
                if windows.claim(conn, rule, key):
                    for changes in compare_group(conn, self._groups, rule, key, now):
                        self._settle(conn, changes, now)
                    done += 1
        return done

    def forget(self, now: datetime) -> None:
        """Drop windows that are too old to be compared."""
        with transaction(self._engine, JUDGE.key) as conn:
            windows.forget(conn, now - KEPT_FOR)

    def watch(self, now: datetime) -> int:
        """Judge the silence of devices that nothing came of; the number judged."""
        names = {rule.metric for rule in self._clock_rules}
        judged = 0
        with transaction(self._engine, JUDGE.key) as conn:
            self._learn(conn, ())
            metric_nos = [one.metric_no for one in self._metrics.values() if one.name in names]
            rules = [rule.name for rule in self._clock_rules]
            for quiet in findings.quiet(conn, now, metric_nos, rules):
                key = (quiet.device_no, quiet.metric_no)
                heard = max(quiet.ts, quiet.received_at, self._heard.get(key, quiet.ts))
                for device, metric, rule in self._rules(*key):
                    limits = limits_of(rule, device) if rule.clock_driven else None
                    if limits is None or now - heard <= timedelta(
                        milliseconds=limits.silent_after_ms
                    ):
                        continue
                    if not dirty.claim_device(conn, quiet.device_no):
                        continue
                    first = quiet.ts + timedelta(milliseconds=1)
                    self._settle(conn, judge(conn, device, metric, rule, first, clock=now), now)
                    judged += 1
        return judged

    def note_offline(self, now: datetime) -> None:
        """Mark devices offline that sent nothing for long; open walls are told."""
        with transaction(self._engine, JUDGE.key) as conn:
            notify(conn, "cc_live", "reading", devices.fell_silent(conn, now))

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

    def _learn(self, conn: Connection, device_nos: Iterable[int]) -> None:
        fingerprint = devices.fingerprint(conn)
        unknown = any(no not in self._devices for no in device_nos)
        if fingerprint != self._fingerprint or unknown:
            city = cities.get(conn)
            # rules that look at the local day ask for its zone; a device may have one of its own
            known = {} if city is None else {"time_zone": city.time_zone}
            self._devices = {
                one.device_no: replace(one, attributes={**known, **one.attributes})
                for one in devices.all(conn)
            }
            self._metrics = {one.metric_no: one for one in metrics.all(conn).values()}
            self._groups = Groups(self._devices, self._metrics, windows.districts(conn))
            self._fingerprint = fingerprint

    def _rules(self, device_no: int, metric_no: int) -> Iterator[tuple[Device, StoredMetric, Rule]]:
        device, metric = self._devices.get(device_no), self._metrics.get(metric_no)
        if device is not None and metric is not None:
            for rule in layers.rules_of(metric.name, layer=device.layer):
                yield device, metric, rule

    def _settle(self, conn: Connection, changes: Sequence[Judged], now: datetime) -> None:
        if not changes:
            return
        first = changes[0]
        try:
            with conn.begin_nested():
                drafts = store_and_draft(conn, changes, now)
                if drafts:
                    record(conn, drafts, by=JUDGE, now=now)
                notify(conn, "cc_live", "finding", [first.device.device_no])
        except (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError, Refused):
            # e.g. a category that the city has not configured: the other rules go on
            _log.exception(
                "what rule %s found at %s cannot be told", first.rule.name, first.device.device_id
            )


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
                for _ in listen(
                    self._url,
                    ["cc_dirty"],
                    role=_ROLE,
                    wake_every_s=_POLL_S,
                    stopped=self._stop.is_set,
                ):
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
        while not self._stop.is_set():
            spans = self._judge.work(datetime.now(UTC))
            self._judged += spans
            if not spans:
                break
        self._busy_since = None
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
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
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
    sys.exit(main())
