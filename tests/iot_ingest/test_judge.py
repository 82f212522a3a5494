"""Findings from committed readings: exactly once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

import layers
from grid.store.postgis import transaction
from iot_ingest.judge import Judge
from iot_ingest.message import Message
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import dirty, findings
from iot_ingest.store.registration import register_devices
from tests.iot_ingest.place import BY, NOW, item, message, minutes, row, rows_of
from tests.support.cluster import TestDatabase


@pytest.fixture
def judge(village: TestDatabase) -> Judge:
    return Judge(village.engine("cc_ingest"))


def told(village: TestDatabase) -> list[tuple[Any, ...]]:
    return rows_of(
        village.engine("cc_web"),
        "SELECT category_code, change, severity, occurred_at, late FROM events.events"
        " ORDER BY event_id",
    )


def judge_all(judge: Judge, now: datetime = NOW) -> None:
    while judge.work(now):
        pass


def levels(*pairs: tuple[float, float]) -> Message:
    return message("WL-1", [item(NOW - minutes(at), water_level=value) for at, value in pairs])


def test_a_rise_is_raised_changed_and_cleared_once_each(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    for at, value in ((9, 2.0), (8, 3.1), (7, 3.2), (6, 3.6), (5, 3.1), (4, 2.0), (3, 2.0)):
        pipeline.flush([levels((at, value))])
        judge_all(judge)
    river = [one for one in told(village) if one[0] == "river_level"]
    ours = rows_of(
        village.engine("cc_web"),
        "SELECT change, severity, occurred_at FROM events.events"
        " WHERE attributes->>'rule' = 'river_level' ORDER BY event_id",
    )
    assert river
    assert ours == [
        ("raised", 2, NOW - minutes(8)),
        ("changed", 3, NOW - minutes(6)),
        ("cleared", 3, NOW - minutes(4)),
    ]
    with village.engine("cc_web").connect() as conn:
        assert dirty.waiting(conn) == 0
        assert findings.open(conn) == []
        (one,) = [one for one in findings.all_current(conn) if one.rule == "river_level"]
    assert (one.onset, one.ended_at, one.peak, one.revision) == (
        NOW - minutes(8),
        NOW - minutes(4),
        3.6,
        3,
    )


def test_an_event_carries_place_device_thread_and_words(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    pipeline.flush([levels((2, 2.0), (1, 3.3))])
    judge_all(judge)
    (one,) = rows_of(
        village.engine("cc_web"),
        "SELECT source, device_no, area_id, thread, revision, title_zh, title_en,"
        " attributes->>'clause', actor FROM events.events"
        " WHERE attributes->>'rule' = 'river_level'",
    )
    assert one[:3] == ("sensor", 1, 1)
    assert one[3].startswith("WL-1:river_level:")
    assert one[4] == 1
    assert one[5].startswith("站WL-1：")
    assert one[6].startswith("Station WL-1: ")
    assert one[7]
    assert one[8] == "system:judge"
    assert rows_of(village.engine("cc_dispatch"), "SELECT count(*) FROM events.inbox") == [
        (len(told(village)),)
    ]


def test_what_turns_out_never_to_have_been_is_withdrawn_and_may_come_back(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    # a gap: silent from the last reading + 10 intervals on, until the next one
    pipeline.flush([levels((40, 2.0), (2, 2.0))])
    judge_all(judge)
    pipeline.flush([levels(*((at, 2.0) for at in range(3, 40)))])
    judge_all(judge)
    changes = [one[1] for one in told(village) if one[0] == "flood_station_fault"]
    assert changes == ["raised", "cleared", "withdrawn"]
    with village.engine("cc_web").connect() as conn:
        assert findings.all_current(conn) == []


def test_silence_is_found_by_the_clock_and_cleared_by_a_reading(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    pipeline.flush([levels((1, 2.0))])
    judge_all(judge)
    # silence also counts from the moment of receipt, and that is the clock's
    received = datetime.now(tz=UTC)
    assert judge.watch(received + minutes(5)) == 0
    later = received + minutes(12)
    assert judge.watch(later) == 1
    assert judge.watch(later + minutes(1)) == 0
    (silent,) = told(village)
    assert silent[:2] == ("flood_station_fault", "raised")
    pipeline.flush([message("WL-1", item(NOW + minutes(8.5), water_level=2.0))])
    judge_all(judge, later + minutes(2))
    # it had spoken before the limit was over: nothing was ever wrong
    assert [one[1] for one in told(village)] == ["raised", "withdrawn"]


def test_flagged_readings_raise_no_flood(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    flagged = item(NOW, water_level=9.0, flags={"water_level": "M"})
    pipeline.flush([message("WL-1", flagged)])
    judge_all(judge)
    assert told(village) == []


def test_what_is_old_when_it_is_judged_is_marked_late(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    pipeline.flush([levels((90, 2.0), (89, 3.2), (88, 2.0))])
    judge_all(judge)
    river = [one for one in told(village) if one[0] == "river_level"]
    assert river
    assert all(one[4] for one in river)


def test_what_is_later_than_three_days_is_stored_judged_and_marked_late(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    day = 24 * 60
    pipeline.flush([levels((1, 2.0))])
    judge_all(judge)
    pipeline.flush([levels((20 * day + 2, 2.0), (20 * day + 1, 3.3), (20 * day, 2.0))])
    judge_all(judge)
    river = [one for one in told(village) if one[0] == "river_level" and one[1] == "raised"]
    assert [(one[3], one[4]) for one in river] == [(NOW - minutes(20 * day + 1), True)] * 2
    with village.engine("cc_web").connect() as conn:
        (level,) = [one for one in findings.all_current(conn) if one.rule == "river_level"]
    assert level.ended_at == NOW - minutes(20 * day)


def test_a_local_day_is_that_of_the_city(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    with village.superuser() as conn:
        conn.execute(
            "INSERT INTO grid.city (name_zh, name_en, time_zone, center, bbox, changed_by)"
            " VALUES ('村', 'Village', 'UTC', ST_Point(0, 50, 4326),"
            " ST_MakeEnvelope(0, 50, 1, 51, 4326), 'system:test')"
        )
    # too loud for a night; where the pack's own zone is, it is morning
    night = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=1)
    pipeline.flush(
        [message("CD-1", [item(night + minutes(n), noise=60.0 + n % 2) for n in range(30)])]
    )
    judge_all(judge)
    (raised,) = [one for one in told(village) if one[0] == "construction_noise"]
    assert raised[3] == night + minutes(14)


def test_a_faulty_rule_stops_neither_the_others_nor_the_work(
    village: TestDatabase,
    pipeline: Pipeline,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (river,) = [
        one for one in layers.rules_of("water_level", layer="flood") if one.name == "river_level"
    ]

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a rule with a mistake")

    monkeypatch.setattr(type(river), "judge", broken)
    pipeline.flush([levels((3, 3.2)), message("OF-1", item(NOW, ph=7.0, cod=3.0))])
    judge_all(judge)
    assert "river_level failed and is skipped" in caplog.text
    with village.engine("cc_web").connect() as conn:
        assert dirty.waiting(conn) == 0


def test_an_event_that_cannot_be_recorded_does_not_hold_back_the_rest(
    village: TestDatabase, pipeline: Pipeline, judge: Judge, caplog: pytest.LogCaptureFixture
) -> None:
    with village.superuser() as conn:
        conn.execute("UPDATE events.categories SET code = 'x' WHERE code = 'river_level'")
    pipeline.flush([levels((2, 2.0), (1, 3.3))])
    pipeline.flush([message("OF-1", [item(NOW - minutes(n), ph=3.0) for n in range(5)])])
    judge_all(judge)
    assert "cannot be told" in caplog.text
    assert {one[0] for one in told(village)} == {"outfall_discharge"}


def test_a_judge_that_dies_before_the_commit_leaves_everything_for_the_next(
    village: TestDatabase, pipeline: Pipeline, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.flush([levels((2, 2.0), (1, 3.3))])

    class KilledError(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("iot_ingest.judge.record", killed)
        with pytest.raises(KilledError):
            judge.work(NOW)
    assert told(village) == []
    judge_all(Judge(village.engine("cc_ingest")))
    assert [one[1] for one in told(village) if one[0] == "river_level"]


def test_two_judges_never_work_on_one_device(village: TestDatabase, pipeline: Pipeline) -> None:
    pipeline.flush([levels((1, 3.3))])
    one, other = Judge(village.engine("cc_ingest")), Judge(village.engine("cc_ingest"))
    with transaction(village.engine("cc_ingest"), "system:judge") as conn:
        assert len(dirty.claim(conn, 10)) == 1
        assert one.work(NOW) == 0
    assert one.work(NOW) == 1
    assert other.work(NOW) == 0


def test_many_devices_cost_no_more_questions_than_one(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    """However many spans there are, a round asks the database the same few times."""
    engine = village.engine("cc_ingest")
    names = [f"MANY-{n}" for n in range(30)]
    register_devices(village.engine("cc_admin"), [row(one) for one in names], by=BY)
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    counts = []
    event.listen(engine, "before_cursor_execute", note)
    try:
        for wet in (["WL-1"], names):
            pipeline.flush(
                [
                    message(one, [item(NOW - minutes(2), water_level=2.0),
                                  item(NOW - minutes(1), water_level=4.0)])
                    for one in wet
                ]
            )  # fmt: skip
            judge = Judge(engine)
            asked.clear()
            assert judge.work(NOW) > 0
            counts.append(len(asked))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] < 30
    raised = rows_of(
        village.engine("cc_web"),
        "SELECT count(DISTINCT device_no) FROM iot.findings WHERE rule = 'river_level'",
    )
    assert raised == [(31,)]


def test_what_changed_is_learned_and_nothing_is_missed_by_the_order_of_commits(
    village: TestDatabase, pipeline: Pipeline, judge: Judge
) -> None:
    for name, at in (("WL-1", 9), ("WL-2", 9)):
        pipeline.flush([message(name, item(NOW - minutes(at), water_level=2.0))])
    judge_all(judge)
    with village.superuser() as slow, village.superuser() as quick:
        slow.autocommit = False
        lower = "UPDATE iot.devices SET attributes = attributes || %s WHERE device_id = %s"
        slow.execute(lower, ('{"warning_m": 1.0}', "WL-1"))
        quick.execute(lower, ('{"warning_m": 1.0}', "WL-2"))
        pipeline.flush([message("WL-2", item(NOW - minutes(8), water_level=2.0))])
        judge_all(judge)
        slow.commit()
    pipeline.flush([message("WL-1", item(NOW - minutes(7), water_level=2.0))])
    judge_all(judge)
    assert rows_of(
        village.engine("cc_web"),
        "SELECT device_no FROM iot.findings WHERE rule = 'river_level' ORDER BY 1",
    ) == [(1,), (2,)]


def test_ids_that_are_in_use_get_a_number(village: TestDatabase, pipeline: Pipeline) -> None:
    pipeline.flush([levels((2, 2.0), (1, 3.3))])
    judge_all(Judge(village.engine("cc_ingest")))
    with village.engine("cc_web").connect() as conn:
        (used,) = [one.finding_id for one in findings.all_current(conn) if "river_l" in one.rule]
        assert findings.free_ids(conn, [used, "new", used, "new"]) == [
            f"{used}~2",
            "new",
            f"{used}~3",
            "new~2",
        ]
        assert findings.free_ids(conn, []) == []


def test_devices_are_watched_for_silence_range_by_range(
    village: TestDatabase, pipeline: Pipeline, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iot_ingest.judge._RANGE", 1)
    for name in ("WL-1", "WL-2"):
        pipeline.flush([message(name, item(NOW - minutes(1), water_level=2.0))])
    judge_all(judge)
    later = datetime.now(tz=UTC) + minutes(12)
    assert sum(judge.watch(later) for _ in range(5)) == 2
    for _ in range(5):
        judge.note_offline(later)
    assert rows_of(village.engine("cc_web"), "SELECT DISTINCT online FROM iot.device_status") == [
        (False,)
    ]
