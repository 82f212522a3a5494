"""A year of readings: long series from roll-ups and from readings, and how fast days are archived.

`python -m benchmarks.history [--sensors 200]`: one metric every five minutes, 105,120 readings of
each sensor; 200 sensors take some 3 GB and ten minutes. Prints medians and their ratios.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command_center.archive.keep import Plan, carry_out
from grid.store.postgis import reading
from iot_ingest.historian import Historian
from iot_ingest.model.hour import HOUR, hour_of
from iot_ingest.store import losses, metrics
from iot_ingest.store.series import Calendar, series
from tests.iot_ingest.place import row, settle
from tests.support.cluster import TestDatabase, running_cluster

_YEAR = timedelta(days=365)
_TIMES = 7
_STEPS: dict[str, timedelta | Calendar] = {
    "6 hours (1,460 points)": 6 * HOUR,
    "1 day (365 points)": timedelta(days=1),
    "1 month of Shanghai": Calendar(unit="month", zone="Asia/Shanghai"),
}


def main() -> None:
    """Fill, roll up, ask, archive."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--sensors", type=int, default=200)
    sensors = parser.parse_args().sensors
    now = datetime.now(UTC).replace(microsecond=0)
    with (
        tempfile.TemporaryDirectory(prefix="cc-bench-", ignore_cleanup_errors=True) as cluster_in,
        tempfile.TemporaryDirectory(prefix="cc-bench-") as files_in,
        running_cluster(Path(cluster_in)) as cluster,
        cluster.database() as database,
    ):
        _fill(database, sensors, now)
        _roll_up(database, now)
        _ask(database, now)
        _account(database, now)
        _archive(database, Path(files_in), now)


def _fill(database: TestDatabase, sensors: int, now: datetime) -> None:
    devices = [row(f"S-{n}", metrics=["water_level"], interval_s=300) for n in range(sensors)]
    settle(database.engine("cc_admin"), devices)
    number = _metric_no(database)
    began = time.monotonic()
    with database.superuser() as conn:
        for days in range(366):
            day = (now - days * timedelta(days=1)).date()
            conn.execute("SELECT iot.ensure_partition(%s)", (day,))
            # as they come: all sensors, every five minutes
            conn.execute(
                "INSERT INTO iot.readings SELECT device_no, %s, ts, random(), 'N', ts"
                " FROM generate_series(%s::timestamptz, %s::timestamptz, '5 min') AS ts,"
                " generate_series(1, %s) AS device_no WHERE ts <= %s",
                (number, f"{day}T00:00Z", f"{day}T23:55Z", sensors, now),
            )
        conn.execute("UPDATE iot.history SET rolled_from = %s, rolled_until = %s,"
                     " closed_until = %s", (hour_of(now),) * 3)  # fmt: skip
        conn.execute("UPDATE iot.due SET since = %s", (now - _YEAR,))
        conn.execute("VACUUM ANALYZE iot.readings")
        found = conn.execute("SELECT count(*) FROM iot.readings").fetchone()
    count = 0 if found is None else found[0]
    print(f"{count:,} readings of {sensors} sensors, in {time.monotonic() - began:.0f} s")


def _metric_no(database: TestDatabase) -> int:
    with reading(database.engine("cc_web")) as conn:
        return metrics.all(conn)["water_level"].metric_no


def _roll_up(database: TestDatabase, now: datetime) -> None:
    historian = Historian(database.engine("cc_ingest"))
    began = time.monotonic()
    steps = 0
    while historian.work(now):
        steps += 1
    print(f"rolled up in {steps} steps, {time.monotonic() - began:.1f} s")
    with database.superuser() as conn:
        conn.execute("VACUUM ANALYZE iot.hourly")


def _ask(database: TestDatabase, now: datetime) -> None:
    for name, step in _STEPS.items():
        fast = _median(lambda step=step: _series(database, now, step))  # type: ignore[misc] # of the default
        with database.superuser() as conn:
            saved = conn.execute("SELECT rolled_from FROM iot.history").fetchone()
            conn.execute("UPDATE iot.history SET rolled_from = rolled_until")
        slow = _median(lambda step=step: _series(database, now, step))  # type: ignore[misc] # of the default
        with database.superuser() as conn:
            conn.execute("UPDATE iot.history SET rolled_from = %s", saved)
        print(f"a year by {name}: {fast:6.1f} ms from roll-ups, {slow:6.1f} ms from readings:"
              f" {slow / fast:.1f} times")  # fmt: skip


def _series(database: TestDatabase, now: datetime, step: timedelta | Calendar) -> None:
    with reading(database.engine("cc_web")) as conn:
        found = series(conn, 1, metrics.all(conn)["water_level"].metric_no, now - _YEAR, now, step)
    if sum(one.readings for one in found) < 105_000:
        raise AssertionError("that is no year")


def _account(database: TestDatabase, now: datetime) -> None:
    def a_day() -> None:
        with reading(database.engine("cc_web")) as conn:
            within = losses.span(conn, now - timedelta(days=1), now, now)
            losses.by_device(conn, within)

    print(f"losses of a day, by device: {_median(a_day):.1f} ms")


def _archive(database: TestDatabase, folder: Path, now: datetime) -> None:
    plan = Plan(folder=folder, keep_days=345, drop=True, by="system:benchmark")
    began = time.monotonic()
    done = list(carry_out(database.engine("cc_admin"), plan, now))
    took_s = time.monotonic() - began
    count = sum(one.file.readings for one in done)
    size = sum(one.file.bytes for one in done)
    print(f"archived and dropped {len(done)} days: {count / took_s:,.0f} readings/s,"
          f" {size / count:.1f} bytes each")  # fmt: skip


def _median(act: Callable[[], None]) -> float:
    """Milliseconds, the median of some times after one that does not count."""
    act()
    took = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
