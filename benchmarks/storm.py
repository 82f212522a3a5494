"""A storm of events over a city of a million tickets: does any wait for its ticket?

`python -m benchmarks.storm [--tickets 1000000] [--rate 60] [--seconds 600] [--most 2000]`

First events one by one, each filed and dispatched by itself; then so many as fast as one
dispatcher can, with the time of each statement; then `--rate` events a second against a dispatcher
process, and how long the oldest event in the inbox waited, looked at ten times a second. Two thirds
of the events come from forty places, the others from anywhere. Fails when one waits for more than
two seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from benchmarks.million import SIDE, SOUTH, WEST, fill
from events.actions.file_ticket import process_inbox
from events.actions.record import record
from events.model.access import DISPATCH, system
from events.model.event import EventDraft, Source
from events.store.rules import Remembered
from grid.store import heartbeats
from grid.store.postgis import reading, transaction
from tests.events.town import found_town
from tests.support.cluster import TestDatabase, running_cluster

_LONGEST_WAIT_S = 2.0
_ALONE = 400
_CATEGORIES = ("flooding", "flooding", "garbage", "street_lamp")
_SAID = (
    "路面积水很深，车辆无法通行", "下水道冒水，积水漫上人行道", "Water over the kerb",
    "垃圾桶满了没人收", "路灯不亮", "Street light is out, very dark here", "",
)  # fmt: skip
_OLDEST = """SELECT coalesce(max(extract(epoch FROM clock_timestamp() - at)), 0), count(*)
FROM events.inbox"""


def main() -> int:
    """Fill, measure, storm; 1 when an event waited too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=60.0, help="events per second")
    parser.add_argument("--seconds", type=float, default=600.0, help="of the storm")
    parser.add_argument("--most", type=int, default=2_000, help="events at full speed before")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cc-storm-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder), fsync=True) as cluster,
        cluster.database() as database,
    ):
        found_town(database)
        fill(database, asked.tickets)
        crowd = _Crowd(random.Random(7))
        _alone(database, crowd)
        _full_speed(database, crowd, asked.most)
        longest = _storm(database, crowd, asked.rate, asked.seconds)
    return int(longest > _LONGEST_WAIT_S)


class _Crowd:
    """Who reports: drafts from forty places and from anywhere, the same for every run."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._made = 0
        self._places = [(self._anywhere(WEST), self._anywhere(SOUTH)) for _ in range(40)]

    def next(self) -> EventDraft:
        """One more event, now."""
        self._made += 1
        lon, lat = self._anywhere(WEST), self._anywhere(SOUTH)
        if self._chance.random() < 2 / 3:
            near = self._chance.choice(self._places)
            lon, lat = (one + self._chance.gauss(0.0, 0.0004) for one in near)
        return EventDraft(
            key=f"storm:{self._made}",
            source=self._chance.choice((Source.HOTLINE, Source.PATROL)),
            category_code=self._chance.choice(_CATEGORIES),
            severity=self._chance.randint(1, 4),
            occurred_at=datetime.now(UTC),
            lon=lon,
            lat=lat,
            description=self._chance.choice(_SAID),
        )

    def _anywhere(self, from_here: float) -> float:
        return from_here + 0.01 + self._chance.random() * (SIDE - 0.02)


def _alone(database: TestDatabase, crowd: _Crowd) -> None:
    """One event at a time: from its being taken out of the inbox to the commit."""
    engine = database.engine("cc_dispatch")
    known = Remembered()
    took = []
    for _ in range(_ALONE):
        _send(database, [crowd.next()])
        began = time.perf_counter()
        if process_inbox(engine, by=DISPATCH, now=datetime.now(UTC), limit=1, known=known) != 1:
            raise AssertionError("an event is in trouble")
        took.append(1000 * (time.perf_counter() - began))
    shares = statistics.quantiles(took[_ALONE // 10 :], n=20)
    print(f"one at a time: {shares[9]:.1f} ms, p95 {shares[-1]:.1f} ms", flush=True)


def _full_speed(database: TestDatabase, crowd: _Crowd, most: int) -> None:
    _send(database, [crowd.next() for _ in range(most)])
    engine = database.engine("cc_dispatch")
    spent = _watch(engine)
    known = Remembered()
    began = time.monotonic()
    before = _cpu_s(engine)
    left = most
    while left > 0:
        done = process_inbox(engine, by=DISPATCH, now=datetime.now(UTC), limit=25, known=known)
        if done == 0:
            raise AssertionError("events are in trouble")
        left -= done
    took = time.monotonic() - began
    ours, database_s = (after - then for after, then in zip(_cpu_s(engine), before, strict=True))
    print(f"full speed: {most / took:.0f} events/s, {1000 * took / most:.1f} ms each; of a core"
          f" {1000 * ours / most:.1f} ms in the dispatcher, {1000 * database_s / most:.1f} ms in"
          " its database session", flush=True)  # fmt: skip
    total = sum(spent_s for spent_s, _ in spent.values())
    print(f"of it in statements {1000 * total / most:.1f} ms; the dearest:")
    for name, (spent_s, times) in sorted(spent.items(), key=lambda one: -one[1][0])[:12]:
        print(f"  {1000 * spent_s / most:6.2f} ms/event {1000 * spent_s / times:7.2f} ms"
              f" x {times / most:5.2f}  {name}")  # fmt: skip


def _cpu_s(engine: Engine) -> tuple[float, float]:
    """Seconds of a core that this process and its database session have used: what they need,
    whatever else the machine does."""
    with engine.connect() as conn:
        pid = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        conn.commit()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time(), ticks / os.sysconf("SC_CLK_TCK")


def _watch(engine: Engine) -> dict[str, tuple[float, int]]:
    """Seconds and calls of each statement from now on, by its beginning."""
    spent: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    began = [0.0]

    @event.listens_for(engine, "before_cursor_execute")
    def before(*_: Any) -> None:
        began[0] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def after(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        name = " ".join(statement.split())[:80]
        spent_s, times = spent[name]
        spent[name] = (spent_s + time.perf_counter() - began[0], times + 1)

    return spent


def _storm(database: TestDatabase, crowd: _Crowd, rate: float, seconds: float) -> float:
    environment = {**os.environ, "COMMAND_CENTER_DATABASE_URL": database.url("cc_dispatch")}
    command = [sys.executable, "-m", "command_center", "dispatch"]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        _wait_for_dispatcher(database)
        waits: list[tuple[float, int]] = []
        over = threading.Event()
        look = threading.Thread(target=_look, args=(database, over, waits))
        look.start()
        sent = _rain(database, crowd, rate, seconds)
        over.set()
        look.join()
    finally:
        process.terminate()
        process.wait()
    longest = max(wait for wait, _ in waits)
    ordered = sorted(wait for wait, _ in waits)
    print(f"storm: {sent:,} events in {seconds:.0f} s ({sent / seconds:.0f}/s); the oldest waited"
          f" {longest:.2f} s at most, {ordered[len(ordered) // 2]:.2f} s as a rule,"
          f" {ordered[int(len(ordered) * 0.99)]:.2f} s at 99 % of the looks;"
          f" at most {max(n for _, n in waits)} waited at once", flush=True)  # fmt: skip
    with database.superuser() as conn:
        for sql, name in (
            ("SELECT count(*) FROM events.tickets WHERE number NOT LIKE 'B%'", "tickets filed"),
            ("SELECT count(*) FROM events.suggestions", "suggestions"),
            ("SELECT count(*) FROM events.to_compare", "tickets still to be compared"),
        ):
            row = conn.execute(sql.encode()).fetchone()
            print(f"  {row[0] if row else 0:,} {name}")
    return longest


def _wait_for_dispatcher(database: TestDatabase) -> None:
    """Until it works: starting it is not what is measured."""
    began = time.monotonic()
    while True:
        with reading(database.engine("cc_web")) as conn:
            if any(one.process == "dispatch" for one in heartbeats.all(conn)):
                return
        if time.monotonic() - began > 60:
            raise RuntimeError("the dispatcher does not start")
        time.sleep(0.1)


def _rain(database: TestDatabase, crowd: _Crowd, rate: float, seconds: float) -> int:
    """Send events at an even pace; how many."""
    began = time.monotonic()
    sent = 0
    while (now := time.monotonic() - began) < seconds:
        due = int(now * rate)
        if due > sent:
            _send(database, [crowd.next() for _ in range(due - sent)])
            sent = due
        time.sleep(0.02)
    return sent


def _send(database: TestDatabase, drafts: list[EventDraft]) -> None:
    by = system("judge")
    with transaction(database.engine("cc_ingest"), by.key) as conn:
        record(conn, drafts, by=by, now=datetime.now(UTC))


def _look(database: TestDatabase, over: threading.Event, waits: list[tuple[float, int]]) -> None:
    with database.superuser() as conn:
        while not over.wait(0.1):
            row = conn.execute(_OLDEST.encode()).fetchone()
            if row is not None:
                waits.append((float(row[0]), int(row[1])))


if __name__ == "__main__":
    raise SystemExit(main())
