"""Sums of rain and means of wind, against adding up the readings by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from grid.store.postgis import reading, transaction
from iot_ingest.historian import Historian
from iot_ingest.store import rain, readings, trend
from tests.support.cluster import TestDatabase

HOURS = (1, 3, 6, 12, 24)


@pytest.fixture
def engine(database: TestDatabase) -> Engine:
    return database.engine("cc_owner")


def store(engine: Engine, device: int, metric: int, rows: dict[datetime, float], *,
          flag: str = "N") -> None:  # fmt: skip
    with transaction(engine, "system:test") as conn:
        for day in {at.date() for at in rows}:
            readings.ensure_partition(conn, day)
    with engine.begin() as conn:
        raw: Any = conn.connection.driver_connection
        with raw.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO iot.readings (device_no, metric_no, ts, value, flag, received_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [(device, metric, at, value, flag, at) for at, value in rows.items()],
            )


def test_sums_are_those_of_the_readings_whether_rolled_up_or_not(
    engine: Engine, database: TestDatabase
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    random = np.random.default_rng(7)
    times = [now - timedelta(minutes=5 * n) for n in range(300)]
    wet = {at: float(random.integers(0, 9)) for at in times}
    store(engine, 1, 1, wet)
    store(engine, 2, 1, {now - timedelta(minutes=90): 7.5})  # a gauge with one reading
    faulty = {at + timedelta(seconds=30): 99.0 for at in times[::7]}
    store(engine, 1, 1, faulty, flag="D")

    def expected(hours: int) -> float:
        return sum(value for at, value in wet.items() if at > now - timedelta(hours=hours))

    for rolled in (False, True):
        if rolled:
            historian = Historian(database.engine("cc_ingest"))
            while historian.work(now + timedelta(hours=1)):
                pass
            with database.superuser() as looked:
                row = looked.execute("SELECT count(*) FROM iot.hourly").fetchone()
                assert row is not None
                assert row[0] > 20
        with reading(engine) as conn:
            found = rain.sums(conn, [1, 2, 3], 1, HOURS, now)
        assert {h: round(found[1, h].mm, 6) for h in HOURS} == {h: expected(h) for h in HOURS}
        assert found[1, 1].readings == 12
        assert (2, 1) not in found
        assert [(found[2, h].mm, found[2, h].readings) for h in (3, 24)] == [(7.5, 1)] * 2
        assert not [key for key in found if key[0] == 3]


def test_trend_wind_and_days_are_read_in_the_database(engine: Engine) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    store(engine, 1, 1, {now - timedelta(minutes=n): 5 - n / 60 for n in range(90)})
    store(engine, 2, 1, {now: 4.0})
    with engine.begin() as conn:
        readings_at = "SELECT device_no, metric_no, max(ts), 0, 'N', now() FROM iot.readings"
        raw: Any = conn.connection.driver_connection
        raw.execute(
            "INSERT INTO iot.latest (device_no, metric_no, ts, value, flag, received_at)"
            f" {readings_at} GROUP BY 1, 2"
        )
        raw.execute(
            "UPDATE iot.latest AS l SET value = r.value FROM iot.readings AS r"
            " WHERE (r.device_no, r.metric_no, r.ts) = (l.device_no, l.metric_no, l.ts)"
        )
    for at in (now, now - timedelta(minutes=1)):
        store(engine, 3, 2, {at: 2.0})
        store(engine, 3, 3, {at: 350.0 if at == now else 10.0})
    store(engine, 3, 2, {now - timedelta(minutes=2): 80.0})  # a speed without a direction
    since = now - timedelta(hours=1)
    with reading(engine) as conn:
        first, second = trend.moved(conn, [1, 2], [1], timedelta(hours=1))
        assert first.per_hour == pytest.approx(1.0)
        assert (second.value, second.before, second.per_hour) == (4.0, None, None)
        (wind,) = trend.wind(conn, [1, 3], 2, 3, since=since, until=now)
        assert round(wind.east, 9) == 0
        assert wind.north == pytest.approx(-1.97, abs=0.01)
        assert wind.readings == 2
        (mean,) = trend.means(conn, [2, 9], [1], since=since, until=now)
        assert (mean.mean, mean.readings) == (4.0, 1)
