"""Rules over several devices: the same findings whatever the order of arrival, and bounded work."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid.store.postgis import transaction
from iot_ingest.comparing import COMPARED_FOR, KEPT_FOR
from iot_ingest.judge import Judge
from iot_ingest.judging import ms
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.store import findings, windows
from tests.iot_ingest.place import NOW, item, message, minutes, row, rows_of, settle
from tests.support.cluster import TestDatabase

HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
# two monitors at one site, one at each of three others, one that nobody gave a site
SITES = {"CD-1": "A", "CD-2": "A", "CD-3": "B", "CD-4": "C", "CD-5": "D", "CD-6": None}
RULES = ("pm10_background", "pm10_spread")
# The last full hour that is over for good.
OVER = (NOW - minutes(2)).replace(minute=0, second=0)

Part = tuple[str, dict[str, Any]]


@pytest.fixture
def town(database: TestDatabase) -> TestDatabase:
    """Six dust monitors in one district, a reading every ten minutes."""
    rows = [
        row(
            device_id,
            "construction_dust",
            interval_s=600,
            attributes={} if site is None else {"site": site},
        )
        for device_id, site in SITES.items()
    ]
    settle(database.engine("cc_admin"), rows)
    return database


@pytest.fixture
def judge(town: TestDatabase) -> Judge:
    return Judge(town.engine("cc_ingest"))


@pytest.fixture
def intake(town: TestDatabase) -> Pipeline:
    found = Pipeline(town.engine("cc_ingest"), Registry())
    found.prepare(NOW)
    return found


def hour_of(device_id: str, end: datetime, value: float, flag: str | None = None) -> list[Part]:
    """Six readings of the hour that ends at ``end``."""
    flags = None if flag is None else {"pm10": flag}
    return [(device_id, item(end - minutes(5 + 10 * n), flags, pm10=value)) for n in range(6)]


def work(judge: Judge, now: datetime = NOW) -> None:
    while judge.work(now):
        pass
    while judge.compare(now):
        pass


def arrive(intake: Pipeline, judge: Judge, parts: Sequence[Part], now: datetime = NOW) -> None:
    intake.flush([message(device_id, one) for device_id, one in parts])
    work(judge, now)


def stored(town: TestDatabase, *names: str) -> list[tuple[str, str, int, int | None, int, float]]:
    numbers = dict(rows_of(town.engine("cc_web"), "SELECT device_no, device_id FROM iot.devices"))
    with town.engine("cc_web").connect() as conn:
        return sorted(
            (
                one.rule,
                numbers[one.device_no],
                ms(one.onset),
                None if one.ended_at is None else ms(one.ended_at),
                one.level,
                round(one.peak, 6),
            )
            for one in findings.all_current(conn)
            if one.rule in (names or RULES)
        )


def test_the_site_that_stands_out_of_its_district_is_found(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    for hours, value in ((3, 40.0), (2, 140.0), (1, 60.0)):
        end = OVER - hours * HOUR
        for device_id in SITES:
            high = value if device_id == "CD-3" else 40.0
            arrive(intake, judge, hour_of(device_id, end, high))
    onset, ended = ms(OVER - 2 * HOUR), ms(OVER - HOUR)
    assert stored(town) == [("pm10_background", "CD-3", onset, ended, 2, 100.0)]
    (told,) = rows_of(
        town.engine("cc_web"),
        "SELECT title_zh, title_en, category_code, attributes->>'clause' FROM events.events"
        " WHERE change = 'raised' AND attributes->>'rule' = 'pm10_background'",
    )
    assert told[0].endswith("PM10 1 小时均值比同区其他工地高 100 µg/m³，超过背景差值限值 80 µg/m³")
    assert told[1].endswith(
        "PM10 of 1 h is 100 µg/m³ above other sites, limit above background 80 µg/m³"
    )
    assert told[2] == "construction_dust"


def test_the_highest_monitor_of_an_uneven_site_is_found(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    parts = [
        *hour_of("CD-1", OVER - HOUR, 50.0),
        *hour_of("CD-2", OVER - HOUR, 62.0),
        *hour_of("CD-1", OVER, 75.0),
        *hour_of("CD-2", OVER, 62.0),
        *hour_of("CD-6", OVER, 20.0),
    ]
    arrive(intake, judge, parts)
    assert stored(town) == [
        ("pm10_spread", "CD-1", ms(OVER), None, 1, 13.0),
        ("pm10_spread", "CD-2", ms(OVER - HOUR), ms(OVER), 1, 12.0),
    ]


def test_too_few_members_or_readings_say_nothing(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    # two other sites measured, three are wanted; the third has only half of its readings, or flags
    arrive(intake, judge, hour_of("CD-3", OVER, 300.0))
    for device_id in ("CD-4", "CD-5"):
        arrive(intake, judge, hour_of(device_id, OVER, 30.0))
    arrive(intake, judge, hour_of("CD-6", OVER, 30.0)[:3])
    arrive(intake, judge, hour_of("CD-1", OVER, 30.0, flag="M"))
    assert stored(town) == []
    # one more comes late: now it is known
    arrive(intake, judge, hour_of("CD-2", OVER, 30.0))
    assert [one[:2] for one in stored(town)] == [("pm10_background", "CD-3")]


def test_what_comes_late_withdraws_what_was_never_so(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    end = OVER - 70 * HOUR
    for device_id in ("CD-3", "CD-4", "CD-5", "CD-6"):
        high = 200.0 if device_id == "CD-3" else 100.0
        arrive(intake, judge, hour_of(device_id, end, high))
    assert [one[1] for one in stored(town)] == ["CD-3"]
    for device_id in ("CD-1", "CD-2"):
        arrive(intake, judge, hour_of(device_id, end, 180.0))
    assert stored(town) == []
    changes = rows_of(
        town.engine("cc_web"),
        "SELECT change, late FROM events.events"
        " WHERE attributes->>'rule' = 'pm10_background' ORDER BY event_id",
    )
    assert [one[0] for one in changes] == ["raised", "withdrawn"]
    assert changes[0][1]


def test_only_windows_that_changed_are_looked_at_and_only_when_they_are_over(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    for device_id in SITES:
        arrive(intake, judge, hour_of(device_id, OVER, 40.0))
        arrive(intake, judge, hour_of(device_id, OVER - HOUR, 40.0))
    running = "SELECT count(*) FROM iot.dirty_windows"
    assert rows_of(town.engine("cc_ingest"), running) == [(0,)]
    # an hour that is not over waits, however many readings come
    later = NOW + timedelta(minutes=5)
    end = (later + HOUR).replace(minute=0, second=0)
    for part in hour_of("CD-3", end, 400.0):
        at = datetime.fromtimestamp(part[1]["ts"] / 1000, UTC)
        if at < later:
            arrive(intake, judge, [part])
    marked = "SELECT DISTINCT rule, at FROM iot.dirty_windows"
    assert {one[1] for one in rows_of(town.engine("cc_ingest"), marked)} <= {end}
    # a late reading marks its own window, of its own device, and nothing else
    with town.superuser() as conn:
        conn.execute("DELETE FROM iot.dirty_windows")
    intake.flush([message("CD-3", item(OVER - minutes(7), pm10=41.0))])
    while judge.work(NOW):
        pass
    assert sorted(
        rows_of(town.engine("cc_ingest"), "SELECT rule, device_no, at FROM iot.dirty_windows")
    ) == [(name, 3, OVER) for name in RULES]


def test_what_is_weeks_late_is_stored_and_not_compared(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    old = NOW - COMPARED_FOR - 2 * HOUR
    arrive(intake, judge, [("CD-1", item(old, pm10=500.0))])
    assert rows_of(town.engine("cc_ingest"), "SELECT count(*) FROM iot.compared") == [(0,)]
    arrive(intake, judge, hour_of("CD-1", OVER, 40.0))
    judge.forget(NOW)
    assert rows_of(town.engine("cc_ingest"), "SELECT count(*) FROM iot.compared") == [(2,)]
    judge.forget(OVER + KEPT_FOR + minutes(1))
    assert rows_of(town.engine("cc_ingest"), "SELECT count(*) FROM iot.compared") == [(0,)]


def test_a_group_is_judged_by_one_at_a_time(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    intake.flush([message(*one) for one in hour_of("CD-1", OVER, 40.0)])
    while judge.work(NOW):
        pass
    engine = town.engine("cc_ingest")
    with transaction(engine, "system:judge") as conn:
        ((rule, key), *_) = windows.due(conn, NOW, 10)
        assert windows.claim(conn, rule, key)
        other = Judge(engine)
        before = len(rows_of(engine, "SELECT FROM iot.dirty_windows"))
        other.compare(NOW)
        assert 0 < len(rows_of(engine, "SELECT FROM iot.dirty_windows")) < before


def test_a_mark_waits_for_the_one_who_takes_its_window_and_is_not_lost(
    town: TestDatabase, intake: Pipeline, judge: Judge
) -> None:
    intake.flush([message(*one) for one in hour_of("CD-1", OVER, 40.0)[:5]])
    while judge.work(NOW):
        pass
    engine = town.engine("cc_ingest")
    with ThreadPoolExecutor(1) as other:
        with transaction(engine, "system:judge") as conn:
            ((rule, key), *_) = windows.due(conn, NOW, 10)
            assert windows.take(conn, rule, key, NOW, 10) == [(1, OVER)]
            intake.flush([message(*hour_of("CD-1", OVER, 40.0)[5])])
            marking = other.submit(judge.work, NOW)
            with pytest.raises(TimeoutError):
                marking.result(timeout=0.3)
        assert marking.result(timeout=10) == 1
    waiting = f"SELECT at FROM iot.dirty_windows WHERE rule = '{rule}'"
    assert rows_of(engine, waiting) == [(OVER,)]


def story(seed: int) -> list[Part]:
    """Some hours of six monitors, some louder than others, with gaps and flags."""
    chance = random.Random(seed)
    out: list[Part] = []
    start = OVER - 7 * HOUR
    for device_id in SITES:
        level = 40.0
        for n in range(7 * 6 + 3):
            if n % 6 == 0:
                level = chance.choice((40.0, 45.0, 52.0, 150.0, 260.0))
            if chance.random() < 0.07:
                continue
            flag = {"pm10": "M"} if chance.random() < 0.05 else None
            at = start + minutes(10 * n + chance.randrange(10))
            out.append((device_id, item(at, flag, pm10=level + chance.randrange(5))))
    return out


def by_hand(parts: Sequence[Part]) -> list[tuple[str, str, int, int | None, int, float]]:
    """Every hour once more from the readings alone, then every monitor hour by hour."""
    means: dict[int, dict[str, float]] = {}
    first = ms(OVER) - 7 * HOUR_MS
    for end in range(first + HOUR_MS, ms(OVER) + 1, HOUR_MS):
        for device_id in SITES:
            values = [
                one["values"]["pm10"]
                for name, one in parts
                if name == device_id and "flags" not in one and end - HOUR_MS <= one["ts"] < end
            ]
            if len(values) >= 4.5:
                means.setdefault(end, {})[device_id] = sum(values) / len(values)
    out: list[tuple[str, str, int, int | None, int, float]] = []
    for device_id, site in SITES.items():
        above, uneven = {}, {}
        for end, mean in means.items():
            others = [m for no, m in mean.items()
                      if no != device_id and (site is None or SITES[no] != site)]  # fmt: skip
            if device_id in mean and len(others) >= 3:
                above[end] = mean[device_id] - sum(others) / len(others)
            mates = [(m, -int(no[3:])) for no, m in mean.items() if site and SITES[no] == site]
            if device_id in mean and len(mates) >= 2:
                mine = (mean[device_id], -int(device_id[3:]))
                uneven[end] = mean[device_id] - min(mates)[0] if mine == max(mates) else 0.0
        out += walk("pm10_background", device_id, above, lambda v: v > 80, lambda v: v <= 72, 2)
        out += walk("pm10_spread", device_id, uneven, lambda v: v >= 10, lambda v: v < 8, 1)
    return sorted(out)


def walk(
    rule: str, device_id: str, values: dict[int, float], bad: Any, calm: Any, level: int
) -> list[tuple[str, str, int, int | None, int, float]]:
    found: list[tuple[str, str, int, int | None, int, float]] = []
    since: int | None = None
    worst = 0.0
    for end in sorted(values):
        value = values[end]
        if since is None and bad(value):
            since, worst = end, value
        elif since is not None and calm(value):
            found.append((rule, device_id, since, end, level, round(worst, 6)))
            since = None
        elif since is not None:
            worst = max(worst, value)
    return (
        found if since is None else [*found, (rule, device_id, since, None, level, round(worst, 6))]
    )


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32),
    order=st.sampled_from(["in order", "shuffled", "backwards", "one device late"]),
    cuts=st.lists(st.integers(1, 120), max_size=6),
)
def test_the_findings_of_a_group_do_not_depend_on_the_order_of_arrival(
    town: TestDatabase, seed: int, order: str, cuts: list[int]
) -> None:
    with town.superuser() as conn:
        conn.execute(
            "TRUNCATE iot.readings, iot.latest, iot.dirty, iot.findings, iot.quarantine,"
            " iot.intake, iot.device_status, iot.dirty_windows, iot.compared, events.inbox,"
            " events.event_keys"
        )
        conn.execute("ALTER TABLE events.events DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM events.events")
    intake = Pipeline(town.engine("cc_ingest"), Registry())
    intake.prepare(NOW)
    judge = Judge(town.engine("cc_ingest"))
    chance = random.Random(seed)
    told = sorted(story(seed), key=lambda one: one[1]["ts"])
    parts = list(told)
    if order == "shuffled":
        chance.shuffle(parts)
    elif order == "backwards":
        parts.reverse()
    elif order == "one device late":
        parts.sort(key=lambda one: one[0] == "CD-4")
    parts += chance.sample(parts, 15)
    at = 0
    for size in [*cuts, len(parts)]:
        if parts[at : at + size]:
            arrive(intake, judge, parts[at : at + size])
        at += size
    assert stored(town) == by_hand(told)
