"""The ledger of losses: what was due and did not come, and what became of what came."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from command_center.cli import main
from iot_ingest.historian import Historian
from iot_ingest.model.device import status_topic
from iot_ingest.model.hour import HOUR, hour_of
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import intake, losses
from iot_ingest.store.losses import Line
from tests.iot_ingest.place import NOW, item, message, minutes, rows_of
from tests.iot_ingest.test_history import finish
from tests.support.cluster import TestDatabase

# Four hours that are over, and were rolled up.
FIRST = hour_of(NOW) - 6 * HOUR
LAST = FIRST + 4 * HOUR


@pytest.fixture
def historian(village: TestDatabase) -> Historian:
    return Historian(village.engine("cc_ingest"))


def since(village: TestDatabase, at: datetime, device_no: int | None = None) -> None:
    """As if devices had been registered at ``at``."""
    with village.superuser() as conn:
        conn.execute("UPDATE iot.due SET since = %s WHERE device_no = coalesce(%s, device_no)",
                     (at, device_no))  # fmt: skip


def send(pipeline: Pipeline, device: str, times: list[datetime], *metrics: str) -> None:
    values = dict.fromkeys(metrics or ("water_level", "voltage"), 1.0)
    for n in range(0, len(times), 500):
        pipeline.flush([message(device, [item(at, None, **values) for at in times[n : n + 500]])])


def every(period_s: float, first: datetime, last: datetime) -> list[datetime]:
    count = int((last - first) / timedelta(seconds=period_s)) + 1
    times = [first + n * timedelta(seconds=period_s) for n in range(count)]
    return [at for at in times if at < last]


def lines(
    village: TestDatabase,
    device_no: int,
    first: datetime = FIRST,
    last: datetime = LAST,
    now: datetime = NOW,
) -> dict[int, Line]:
    """A device's lines by hour after ``first``."""
    with village.engine("cc_web").connect() as conn:
        within = losses.span(conn, first, last, now)
        page = losses.by_device_and_hour(conn, within, device_nos=[device_no], only_troubled=False)
    assert len(page.lines) == page.of
    return {(one.hour - first) // HOUR: one for one in page.lines if one.hour}


def missing(village: TestDatabase, device_no: int, **which: Any) -> dict[int, int]:
    found = lines(village, device_no, **which)
    return {hour: one.missing for hour, one in found.items() if one.missing}


@pytest.mark.parametrize("rolled", [True, False])
def test_what_was_not_sent_is_missing_in_its_hour(
    village: TestDatabase, pipeline: Pipeline, historian: Historian, rolled: bool
) -> None:
    since(village, FIRST - minutes(30))
    times = every(60, FIRST - minutes(29.5), LAST + HOUR)
    lost = {FIRST + minutes(n + 0.5) for n in (0, 7, 8, 59, 60, 61, *range(130, 200))}
    send(pipeline, "WL-1", [at for at in times if at not in lost])
    if rolled:
        finish(historian)
    else:
        with village.superuser() as conn:
            conn.execute(
                "UPDATE iot.history SET rolled_from = %s, rolled_until = %s, closed_until = %s",
                (FIRST - HOUR,) * 3,
            )
    # two metrics
    assert missing(village, 1) == {0: 8, 1: 4, 2: 100, 3: 40}
    found = lines(village, 1)
    assert [found[n].received for n in range(4)] == [112, 116, 20, 80]
    assert {one.expected for one in found.values()} == {120}
    assert {one.device_id for one in found.values()} == {"WL-1"}


def test_who_never_speaks_misses_everything_from_the_first_day_on(
    village: TestDatabase, historian: Historian
) -> None:
    since(village, FIRST + minutes(90))
    finish(historian)
    with village.superuser() as conn:
        conn.execute("UPDATE iot.history SET rolled_from = %s", (FIRST,))
    assert missing(village, 2) == {1: 2 * 29, 2: 120, 3: 120}
    # what is not due yet, or may be on its way, is not missing
    now = FIRST + minutes(150.2)
    assert missing(village, 2, now=now) == {1: 2 * 29, 2: 2 * 29}


@pytest.mark.parametrize("period_s", [59.9, 60.02, 60.3])
def test_a_clock_that_drifts_loses_nothing(
    village: TestDatabase, pipeline: Pipeline, historian: Historian, period_s: float
) -> None:
    since(village, FIRST - minutes(1))
    send(pipeline, "WL-1", every(period_s, FIRST, LAST + HOUR))
    finish(historian)
    assert missing(village, 1) == {}
    assert missing(village, 1, first=FIRST + HOUR, last=FIRST + 2 * HOUR) == {}


def test_slow_devices_miss_nothing_between_and_what_they_miss_is_seen(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    with village.superuser() as conn:
        conn.execute("UPDATE iot.due SET interval_s = 7200 WHERE device_no = 1")
    since(village, FIRST - timedelta(days=3))
    begin = FIRST - timedelta(days=2)
    times = every(7200, begin + minutes(10), NOW)
    send(pipeline, "WL-1", [at for at in times if at != FIRST + minutes(130)])
    finish(historian)
    assert missing(village, 1) == {2: 2}
    assert missing(village, 1, first=FIRST, last=FIRST + 2 * HOUR) == {}


def test_out_of_service_and_other_intervals_count_from_when_they_are(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    send(pipeline, "WL-1", every(60, FIRST, FIRST + HOUR))
    send(pipeline, "WL-1", every(600, FIRST + HOUR, FIRST + 2 * HOUR))
    finish(historian)
    with village.superuser() as conn:
        # whatever the hour of the day: history goes back to before the first one
        conn.execute("UPDATE iot.history SET rolled_from = %s", (FIRST - HOUR,))
        conn.execute("DELETE FROM iot.due WHERE device_no = 1")
        for begin, end, interval_s in ((-1, 1, 60), (1, 2, 600), (3, None, 1200)):
            conn.execute(
                "INSERT INTO iot.due VALUES (1, %s, %s, %s, '{water_level,voltage}')",
                (FIRST + begin * HOUR, None if end is None else FIRST + end * HOUR, interval_s),
            )
    # an hour before the first one, nothing while it was out of service, two of each at the end
    assert missing(village, 1, first=FIRST - HOUR) == {0: 118, 4: 4}


def test_changes_of_a_device_are_kept_with_their_time(village: TestDatabase) -> None:
    with village.superuser() as conn:
        conn.execute("UPDATE iot.due SET since = since - interval '1 hour'")
        for change in (
            "name_en = 'x', interval_s = interval_s",
            "interval_s = 30",
            "disabled_at = now()",
            "disabled_at = now()",
            "disabled_at = NULL, metrics = '{voltage}'",
        ):
            conn.execute(f"UPDATE iot.devices SET {change} WHERE device_no = 1")
    found = rows_of(
        village.engine("cc_web"),
        "SELECT interval_s, metrics, until IS NULL, until > since FROM iot.due"
        " WHERE device_no = 1 ORDER BY since",
    )
    assert found == [
        (60, ["water_level", "voltage"], False, True),
        (30, ["water_level", "voltage"], False, True),
        (30, ["voltage"], True, None),
    ]


def test_random_losses_are_counted_exactly(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    dice = random.Random(11)
    since(village, FIRST - minutes(1))
    wanted: dict[int, Counter[int]] = {}
    for device_no, device in ((1, "WL-1"), (2, "WL-2")):
        times = every(60, FIRST, LAST + minutes(1))
        times = [at + timedelta(seconds=dice.uniform(5, 20)) for at in times]
        # the first and the last come, so that every time that was due is known
        lost = {at for at in times[1:-1] if dice.random() < 0.3}
        send(pipeline, device, [at for at in times if at not in lost])
        wanted[device_no] = Counter(2 * [(at - FIRST) // HOUR for at in lost])
    finish(historian)
    for device_no, lost_by_hour in wanted.items():
        found = missing(village, device_no)
        assert sum(found.values()) == sum(lost_by_hour.values())
        # jitter may carry one over the full hour
        assert all(abs(found[n] - lost_by_hour[n]) <= 2 for n in range(4))


def test_what_came_twice_late_or_could_not_be_used(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    at = hour_of(NOW) + minutes(-70)
    good = message("WL-1", item(at, {"voltage": "M"}, water_level=1.0, voltage=5.0))
    pipeline.flush([good, good, message("WL-1", item(NOW, water_level=1.0))])
    pipeline.flush([good])
    wrong = message("WL-1", item(NOW, voltage=1.0), topic="cc/v1/zz/WL-1/readings")
    pipeline.flush([message("WL-1", b"?"), message("nobody", item(NOW, voltage=1.0)), wrong])
    finish(historian)
    with village.engine("cc_web").connect() as conn:
        # (the clock may have gone on into the next hour)
        within = losses.span(conn, at, NOW + HOUR, NOW + HOUR)
        (old, *new) = losses.by_hour(conn, within)
        page = losses.by_device(conn, within, only_troubled=True)
        wl = losses.total(conn, within, device_nos=[1])
    assert (old.received, old.late, old.flagged, old.duplicates) == (2, 2, 1, 4)
    assert sum(one.received for one in new) == 1
    assert sum(one.quarantined for one in new) == 1
    assert sum(one.rejected for one in new) == 2
    named = {one.device_id: one for one in page.lines}
    assert named["nobody"] == Line(device_id="nobody", hour=None, rejected=1)
    assert (wl.duplicates, wl.quarantined, wl.rejected) == (4, 1, 1)
    assert wl.device_id is None


def test_devices_come_page_by_page_the_worst_first(
    village: TestDatabase, pipeline: Pipeline, historian: Historian
) -> None:
    since(village, FIRST)
    since(village, FIRST + 2 * HOUR, 3)
    send(pipeline, "WL-2", every(60, FIRST, LAST + HOUR))
    finish(historian)
    with village.engine("cc_web").connect() as conn:
        within = losses.span(conn, FIRST, LAST, NOW)
        pages = [losses.by_device(conn, within, only_troubled=True, most=2, skip=n) for n in (0, 2)]
        every_one = losses.by_device(conn, within)
    assert [[one.device_id for one in page.lines] for page in pages] == [
        ["OF-1", "WL-1"], ["CD-1", "WL-2"],
    ]  # fmt: skip
    assert {page.of for page in pages} == {4}
    assert every_one.of == 4


def test_every_acknowledged_reading_is_accounted_for(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    """Whatever a batch holds: readings = stored + sent again + put aside, hour by hour."""
    at = NOW - minutes(3)
    batch = [
        message("WL-1", item(at, water_level=1.0, voltage=12.0)),
        message("WL-1", [item(at, water_level=1.0), item(at, water_level=2.0)]),
        message("WL-1", [item(at, water_level=2.0), item(at, water_level=2.0)]),
        message("WL-2", item(at, water_level=1e9, sea_serpents=1.0, voltage=1.0)),
        message("WL-2", item(at, {"voltage": "C"}, voltage=1.0)),
        message("nobody", item(at, water_level=1.0)),
        message("CD-1", b"\xff"),
        message("CD-1", b"online", topic=status_topic("CD-1")),
    ]
    for one in (batch, batch[::-1], batch[:2], [*batch, *batch]):
        counts = pipeline.flush(one)
        assert counts.unaccounted == 0
    with village.engine("cc_web").connect() as conn:
        hours = intake.by_hour(conn, hour_of(at), NOW + HOUR)
        assert sum(one.messages for one in hours.values()) == 3 * len(batch) + 2 + len(batch)
        assert {one.unaccounted for one in hours.values()} == {0}
        stored = rows_of(village.engine("cc_web"), "SELECT count(*) FROM iot.readings")
        assert sum(one.stored for one in hours.values()) == stored[0][0] == 3
        again = rows_of(village.engine("cc_web"), "SELECT sum(readings)::int FROM iot.sent_again")
        assert sum(one.duplicates for one in hours.values()) == again[0][0]


def ask(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = main(["losses", *options])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_the_command_says_what_was_lost_or_that_nothing_was(
    village: TestDatabase,
    pipeline: Pipeline,
    historian: Historian,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", village.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")
    with village.superuser() as conn:
        conn.execute("UPDATE iot.due SET since = %s, until = CASE WHEN device_no = 1 THEN %s"
                     " ELSE %s END", (FIRST, LAST, FIRST + minutes(0.5)))  # fmt: skip
    times = every(60, FIRST, LAST)
    send(pipeline, "WL-1", times[:100] + times[101:])
    finish(historian)
    with village.superuser() as conn:
        conn.execute("UPDATE iot.history SET rolled_from = %s", (FIRST - HOUR,))
    span = ("--from", FIRST.isoformat(), "--to", LAST.isoformat())
    code, told = ask(capsys, *span)
    assert code == 1
    assert "data were lost" in told
    assert "due: 480, received 478, missing 2" in told
    assert f"{FIRST + HOUR:%m-%d %H}h WL-1" in told
    send(pipeline, "WL-1", [times[100]])
    code, told = ask(capsys, *span, "--device", "WL-1", "--json")
    assert json.loads(told)["total"]["received"] == 478  # until the hour is rolled up again
    finish(historian)
    code, told = ask(capsys, *span)
    assert (code, "nothing was lost" in told) == (0, True)
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "zh")
    assert "没有丢失任何数据" in ask(capsys, *span)[1]
    assert "个读数，收到" in ask(capsys)[1]
    for wrong in (("--device", "nobody"), ("--day", "yesterday"), ("--day", "2126-01-01")):
        code, told = ask(capsys, *wrong)
        assert code == 1
        assert told.startswith("command-center: ")
