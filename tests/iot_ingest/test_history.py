"""Roll-ups by hour: the same figures as the readings, whoever comes late or at the same time."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Connection, text

from grid.store.postgis import reading, transaction
from iot_ingest.historian import Historian, HistorianThread
from iot_ingest.model.hour import HOUR, hour_of, next_hour
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import hourly, readings
from iot_ingest.store.binary import INCOMING
from iot_ingest.store.series import Calendar, Point, series
from tests.iot_ingest.place import NOW, item, message, minutes, rows_of, until
from tests.support.cluster import TestDatabase

# Some days ago, in the middle of an hour; history begins with the migration, which was later.
PAST = hour_of(NOW) - timedelta(days=3) + minutes(20)
COMPARED = (
    "SELECT device_no, metric_no, date_trunc('hour', ts), count(*)::int, min(value), sum(value),"
    " max(value), min(ts), max(ts), count(*) FILTER (WHERE flag <> 'N')::int"
    " FROM iot.readings WHERE ts < :until GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


@pytest.fixture
def historian(village: TestDatabase) -> Historian:
    return Historian(village.engine("cc_ingest"))


def finish(historian: Historian, now: datetime = NOW) -> None:
    while historian.work(now):
        pass


def open_again(village: TestDatabase, at: datetime) -> None:
    """As if the migration had been at ``at``."""
    with village.superuser() as conn:
        conn.execute(
            "UPDATE iot.history SET rolled_from = %s, rolled_until = %s, closed_until = %s",
            (at, at, at),
        )


def state(village: TestDatabase) -> hourly.State:
    with village.engine("cc_web").connect() as conn:
        return hourly.state(conn)


def rolled_up(village: TestDatabase) -> list[tuple[object, ...]]:
    return rows_of(
        village.engine("cc_web"),
        "SELECT device_no, metric_no, hour, readings, lowest, total, highest, first_at, last_at,"
        " flagged FROM iot.hourly ORDER BY 1, 2, 3",
    )


def counted(village: TestDatabase) -> list[tuple[object, ...]]:
    """What the roll-ups must be."""
    with village.engine("cc_web").connect() as conn:
        found = conn.execute(text(COMPARED), {"until": state(village).rolled_until}).all()
    return [tuple(one) for one in found]


def put(pipeline: Pipeline, at: datetime, value: float, device: str = "WL-1") -> None:
    pipeline.flush([message(device, item(at, water_level=value))])


def metric_no(village: TestDatabase, name: str = "water_level") -> int:
    query = f"SELECT metric_no FROM iot.metrics WHERE name = '{name}'"
    return int(rows_of(village.engine("cc_web"), query)[0][0])


def test_hours_begin_on_the_hour() -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, 8, UTC)
    assert hour_of(at) == datetime(2026, 3, 4, 5, tzinfo=UTC)
    assert next_hour(at) == datetime(2026, 3, 4, 6, tzinfo=UTC)
    assert hour_of(hour_of(at)) == next_hour(hour_of(at)) == hour_of(at)
    half = at.astimezone(ZoneInfo("Asia/Kolkata"))
    assert hour_of(half) == hour_of(at)


def test_an_hour_is_rolled_up_when_it_is_over(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    first = hour_of(NOW) - 3 * HOUR
    open_again(village, first)
    flags = {"noise": "C"}
    for n in range(150):
        at = first + minutes(n)
        pipeline.flush([message("CD-1", item(at, flags, tsp=n, noise=50 - n / 8))])
    finish(historian, first + HOUR + minutes(1))
    assert rolled_up(village) == []
    finish(historian, first + HOUR + minutes(2))
    assert len(rolled_up(village)) == 2
    finish(historian, first + 3 * HOUR + minutes(3))
    assert len(rolled_up(village)) == 6
    assert rolled_up(village) == counted(village)
    assert state(village).rolled_until == first + 3 * HOUR


def test_what_was_stored_before_is_rolled_up_day_by_day(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    for days in (3, 4, 40):
        pipeline.flush([message("WL-2", [item(PAST - timedelta(days=days, hours=n), voltage=n)
                                         for n in range(30)])])  # fmt: skip
    with village.superuser() as conn:
        conn.execute("DELETE FROM iot.stale")
    began = state(village).rolled_until
    steps = 0
    while historian.work(NOW):
        steps += 1
    # no step for the days between that have no readings
    assert steps < 20
    assert rolled_up(village) == counted(village) != []
    assert state(village).rolled_from <= PAST - timedelta(days=40, hours=29)
    assert state(village).rolled_until >= began


def test_what_comes_late_is_rolled_up_again(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    for n in range(20):
        put(pipeline, PAST + minutes(n), n)
    finish(historian)
    before = rolled_up(village)
    put(pipeline, PAST + minutes(-3), 99.0)
    put(pipeline, PAST + minutes(-3), 99.0)
    put(pipeline, PAST - timedelta(days=30), -9.0, "WL-2")
    with village.engine("cc_web").connect() as conn:
        assert hourly.waiting(conn) == 2
    finish(historian)
    assert rolled_up(village) == counted(village) != before
    ((late,),) = rows_of(
        village.engine("cc_web"), "SELECT late FROM iot.hourly WHERE device_no = 2"
    )
    assert late == 1


def test_live_readings_mark_nothing(village: TestDatabase, pipeline: Pipeline) -> None:
    put(pipeline, state(village).closed_until, 1.0)
    with village.engine("cc_web").connect() as conn:
        assert hourly.waiting(conn) == 0


def insert(conn: Connection, device_no: int, at: datetime) -> None:
    """Store a reading as the pipeline does, in a transaction that stays open."""
    us = round(at.timestamp() * 1e6)
    readings.keep(conn, np.array([(0, device_no, 1, us, 1.0, b"N", us)], INCOMING), judged=())


def test_an_hour_waits_for_transactions_that_saw_it_open(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    """A transaction may begin before an hour is closed and end long after."""
    first = hour_of(NOW) - 2 * HOUR
    open_again(village, first)
    put(pipeline, first + minutes(5), 1.0)
    over = first + HOUR + minutes(2)
    with transaction(village.engine("cc_ingest"), "system:slow") as slow:
        insert(slow, 2, first + minutes(59))
        finish(historian, over)
        assert state(village).closed_until == first + HOUR
        assert state(village).rolled_until == first
        # another one, begun after the closing, marks its hour and is not waited for
        with transaction(village.engine("cc_admin"), "system:other") as other:
            insert(other, 3, first + minutes(58))
    finish(historian, over)
    assert state(village).rolled_until == first + HOUR
    assert rolled_up(village) == counted(village)
    assert [one[0] for one in rolled_up(village)] == [1, 2, 3]


class City:
    """Ingest, two historians and a clock that runs through hours, all at once."""

    def __init__(self, village: TestDatabase, first: datetime) -> None:
        self.engine = village.engine("cc_ingest")
        self.first = first
        self.clock = first + minutes(30)
        self.stop = threading.Event()

    def ingest(self, seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(120):
            with transaction(self.engine, "system:test") as conn:
                moment = self.clock - minutes(dice.choice((0, 0, 0, 1, 3, 70, 200)))
                moment = max(self.first, moment) + timedelta(milliseconds=dice.random() * 1e6)
                insert(conn, seed + 1, moment)
                self.stop.wait(dice.choice((0, 0, 0.01)))

    def write(self) -> None:
        historian = Historian(self.engine)
        while not self.stop.is_set():
            historian.work(self.clock)

    def tick(self) -> None:
        while not self.stop.wait(0.004):
            self.clock = min(self.clock + minutes(2), NOW)


def test_history_is_right_whatever_happens_at_the_same_time(village: TestDatabase) -> None:
    city = City(village, hour_of(NOW) - 6 * HOUR)
    for day in {city.first.date(), NOW.date()}:
        with transaction(city.engine, "system:test") as conn:
            readings.ensure_partition(conn, day)
    open_again(village, city.first)
    with ThreadPoolExecutor(8) as pool:
        others = [pool.submit(one) for one in (city.write, city.write, city.tick)]
        sending = [pool.submit(city.ingest, seed) for seed in range(3)]
        wait(sending)
        city.stop.set()
    for one in [*sending, *others]:
        one.result()
    finish(Historian(city.engine), NOW)
    assert state(village).rolled_until >= city.first + 4 * HOUR
    assert rolled_up(village) == counted(village)
    assert len(rolled_up(village)) >= 4


def both(village: TestDatabase, first: datetime, last: datetime, step: object) -> None:
    """A series from roll-ups is the one from readings."""
    number = metric_no(village)
    with reading(village.engine("cc_web")) as conn:
        found = series(conn, 1, number, first, last, step)  # type: ignore[arg-type] # either
    saved = state(village)
    with village.superuser() as conn2:
        conn2.execute("UPDATE iot.history SET rolled_from = rolled_until")
    with reading(village.engine("cc_web")) as conn:
        raw = series(conn, 1, number, first, last, step)  # type: ignore[arg-type] # either
    with village.superuser() as conn2:
        conn2.execute("UPDATE iot.history SET rolled_from = %s", (saved.rolled_from,))
    assert [_rounded(one) for one in found] == [_rounded(one) for one in raw]
    assert sum(one.readings for one in found) > 0


def _rounded(point: Point) -> tuple[object, ...]:
    mean = float(f"{point.mean:.12g}")
    return point.at, point.lowest, mean, point.highest, point.readings


def test_a_series_is_the_same_from_roll_ups_and_from_readings(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    dice = random.Random(5)
    begin = NOW - timedelta(days=70)
    for chunk in range(7):
        pipeline.flush([
            message("WL-1", [
                item(begin + minutes(73 * (n + 200 * chunk)), water_level=dice.uniform(-3, 9))
                for n in range(200)
            ])
        ])  # fmt: skip
    finish(historian)
    put(pipeline, begin + minutes(4), 8.8)  # stale now
    for hours in range(40):
        put(pipeline, begin + timedelta(days=9, hours=2 * hours, minutes=1), -4.0)
    spans = ((begin, NOW), (begin + minutes(17), NOW - minutes(90)), (begin, begin + HOUR / 2))
    shanghai = "Asia/Shanghai"
    steps = (HOUR, 6 * HOUR, timedelta(days=1), timedelta(days=10), minutes(90),
             Calendar(unit="day", zone=shanghai), Calendar(unit="month", zone=shanghai),
             Calendar(unit="month", zone="Asia/Kolkata"))  # fmt: skip
    for first, last in spans:
        for step in steps:
            both(village, first, last, step)
    both(village, hour_of(NOW) - minutes(200), NOW, HOUR)


def test_days_and_months_are_those_of_the_city(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    today = NOW.astimezone(zone).replace(hour=0, minute=0, second=0)
    for hours in (1, 23, 25, 47):
        put(pipeline, today - timedelta(hours=hours), hours)
    finish(historian)
    with village.engine("cc_web").connect() as conn:
        found = series(conn, 1, metric_no(village), today - timedelta(days=2), today,
                       Calendar(unit="day", zone=zone.key))  # fmt: skip
    assert [(one.at, one.lowest, one.highest) for one in found] == [
        (today - timedelta(days=2), 25, 47),
        (today - timedelta(days=1), 1, 23),
    ]


def test_no_value_whatever_stops_history(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    with village.superuser() as conn:
        conn.execute("UPDATE iot.metrics SET lowest = NULL, highest = NULL WHERE name = 'voltage'")
    fresh = Pipeline(village.engine("cc_ingest"), type(pipeline._registry)())
    fresh.prepare(NOW)
    day = hour_of(NOW) - timedelta(days=2)
    huge = [1.7e308, 1.7e308, 1.7e308]
    for days, values in enumerate((huge, [-one for one in huge], [5e-324, 0.0, 0.0])):
        fresh.flush([message("WL-1", [item(day - days * HOUR * 24 + minutes(n), voltage=value)
                                      for n, value in enumerate(values)])])  # fmt: skip
    finish(historian)
    for now in (NOW, day):
        with village.engine("cc_web").connect() as conn2:
            found = series(conn2, 1, metric_no(village, "voltage"), day - timedelta(days=4), now,
                           HOUR if now is NOW else minutes(7))  # fmt: skip
        assert found[-1].highest == (1.7e308 if now is NOW else -1.7e308)


def test_the_thread_works_through_an_outage(village: TestDatabase, pipeline: Pipeline) -> None:
    put(pipeline, PAST, 1.0)
    with village.cluster.connect("postgres") as conn:
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS false")
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                     (village.name,))  # fmt: skip
        stop = threading.Event()
        thread = HistorianThread(village.engine("cc_ingest"), stop)
        thread.start()
        until(lambda: thread.detail()["trouble"] == "OperationalError")
        conn.execute(f"ALTER DATABASE {village.name} ALLOW_CONNECTIONS true")
    until(lambda: len(rolled_up(village)) == 1)
    until(lambda: thread.detail() == {"hours_behind": 0, "trouble": None})
    stop.set()
    thread.join(10)


def test_a_year_of_days_is_looked_through(village: TestDatabase, historian: Historian) -> None:
    """With many partitions the planner reads the catalogue in another order."""
    with village.superuser() as conn:
        conn.execute("SELECT iot.ensure_partition(current_date - n) FROM generate_series(0, 390) n")
        conn.execute("ANALYZE pg_class, pg_inherits")
        conn.execute("UPDATE iot.history SET rolled_from = rolled_until - interval '388 days'")
    with village.engine("cc_ingest").connect() as conn2:
        assert hourly.day_before(conn2, NOW) == NOW.replace(hour=0, minute=0, second=0)
    finish(historian)
    assert state(village).rolled_from <= NOW - timedelta(days=389)
