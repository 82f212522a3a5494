"""Who floods and who only has much to tell: decided by rates and by the times they speak of."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest

from iot_ingest.blocking import Blocking
from iot_ingest.guard import Guard, sender
from iot_ingest.message import Message
from iot_ingest.model.flood import TOLERATED_BYTES, Allowance, allowance, block_for
from tests.iot_ingest.place import NOW, item, message, rows_of
from tests.iot_ingest.stations import away
from tests.support.cluster import TestDatabase


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watch:
    """A guard that is live, over a clock of the test's."""

    def __init__(self, interval_s: float = 60.0, metrics: int = 2) -> None:
        self.clock = Clock()
        self._allowed = allowance(interval_s, metrics)
        self.guard = Guard(self._allowances, self.clock)
        self.stored = 0
        self.take([message("WL-9", b"?")])
        self.take([], seconds=5)
        self.stored = 0

    def _allowances(self, device_ids: Iterable[str]) -> Mapping[str, Allowance]:
        return dict.fromkeys(device_ids, self._allowed)

    def take(self, messages: list[Message], seconds: float = 0.5, waiting: int = 0) -> bool:
        """A batch, and the end of its window; whether somebody was cut off by it."""
        self.clock.now += seconds
        self.stored += len(self.guard.sift(messages, waiting))
        return bool(self.guard.floods)


def spread(number: int, step: timedelta, device: str = "WL-1") -> list[Message]:
    """Messages whose times are so far from each other, the last of them now."""
    return [message(device, item(NOW - n * step, voltage=12)) for n in reversed(range(number))]


def test_a_fast_device_is_known_after_one_look_and_still_cut_off_when_it_floods() -> None:
    watch = Watch(interval_s=0.02)
    # 80 messages a second of one moment each: far more than anybody may send, and its right
    assert not any(watch.take(spread(40, timedelta(0))) for _ in range(200))
    assert watch.stored == 8_000
    # an array is as many readings as it has times, however few messages bring them
    many = message("WL-1", [item(NOW, voltage=12)] * 400)
    assert any(watch.take([many] * 20) for _ in range(10))


def test_a_device_that_keeps_its_interval_is_never_looked_at() -> None:
    watch = Watch()
    assert not any(watch.take(spread(9, timedelta(0))) for _ in range(100))
    assert watch.stored == 900


@pytest.mark.parametrize(
    ("messages", "step"),
    [(2_000, timedelta(minutes=1)), (20_000, timedelta(seconds=30)), (1_000, timedelta(seconds=1))],
)
def test_what_was_kept_during_an_outage_may_come_at_once(messages: int, step: timedelta) -> None:
    watch = Watch()
    assert not watch.take(spread(messages, step))
    assert watch.stored == messages


def test_a_backlog_in_arrays_may_come_at_once() -> None:
    array = [item(NOW - timedelta(minutes=n), voltage=12) for n in range(1000)]
    watch = Watch()
    assert not any(watch.take([message("WL-1", array)] * 2) for _ in range(10))


def test_weeks_that_were_kept_may_come_at_once_however_large() -> None:
    """A week of a reading every ten seconds is 10 MB: no more than its times allow."""
    watch = Watch(interval_s=10)
    values = {f"metric_with_a_long_name_{n}": 1.25 for n in range(4)}
    week = [item(NOW - n * timedelta(seconds=10), None, **values) for n in range(60_000)]
    arrays = [message("WL-1", week[at : at + 1000]) for at in range(0, len(week), 1000)]
    assert sum(len(one.payload) for one in arrays) > TOLERATED_BYTES
    assert not watch.take(arrays)
    assert watch.stored == len(arrays)


@pytest.mark.parametrize(
    "payload",
    [b'{"ts":%d,"values":{"voltage":12}}' % (NOW.timestamp() * 1000), b"nonsense", b"online"],
    ids=["reading", "nonsense", "online"],  # (all workers must call it the same)
)
def test_one_moment_again_and_again_is_a_flood_within_a_second(payload: bytes) -> None:
    watch = Watch()
    assert watch.take([message("WL-1", payload)] * 1_000)
    assert watch.guard.floods[0].device_id == "WL-1"


def test_a_slow_flood_is_found_too() -> None:
    watch = Watch()
    windows = next(n for n in range(20) if watch.take(spread(50, timedelta(milliseconds=1))))
    assert windows < 9


def test_invented_pasts_come_to_an_end() -> None:
    watch = Watch()
    past = spread(10_000, timedelta(minutes=1))
    windows = next(n for n in range(40) if watch.take(past))
    assert windows < 18


def test_few_large_messages_are_a_flood_too() -> None:
    watch = Watch()
    large = [message("WL-1", b"x" * 900_000)] * 8
    assert watch.take(large) or watch.take(large)


def test_other_topics_of_a_device_are_its_own() -> None:
    watch = Watch()
    many = [
        message("WL-1", b"x", topic=f"cc/v1/{n:02x}/WL-1/readings") for n in range(1000)
    ]  # fmt: skip
    assert watch.take(many)
    assert sender("hj212/WL-1") == sender("cc/v1/00/WL-1") == ""


def test_who_is_cut_off_is_counted_and_the_others_are_stored() -> None:
    watch = Watch()
    watch.take(spread(1_000, timedelta(0)))
    watch.stored = 0
    watch.take(spread(1_000, timedelta(0)) + spread(5, timedelta(0), "WL-2"), 0.1)
    assert watch.stored == 5
    # (the window in which it was found included: it is cut off from the next message on)
    assert watch.guard.rejected == {"WL-1": 2_000}
    assert len(watch.guard.kept) == 20


def test_what_waited_in_the_broker_says_nothing_of_its_sender() -> None:
    bad = [message("WL-1", b"?")] * 2_000
    again = [one._replace(generation=7) for one in bad]
    watch = Watch()
    assert not watch.take(again, waiting=5_000)
    assert not watch.take(again, waiting=10)
    watch.take([], seconds=5)
    assert watch.take(again)


def test_blocks_grow_up_to_a_day() -> None:
    assert [block_for(n) for n in (0, 1, 2, 99)] == [
        timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=16), timedelta(days=1),
    ]  # fmt: skip


def test_a_second_flood_is_cut_off_for_longer_and_other_processes_know(
    village: TestDatabase,
) -> None:
    for minutes in (1, 4):
        blocking = Blocking(village.engine("cc_ingest"))
        for _ in range(2):
            blocking.guard.sift([message("WL-1", b"?")] * 20_000, 0)
        assert [one.device_id for one in blocking.guard.floods] == ["WL-1"]
        blocking.settle()
        other = Blocking(village.engine("cc_ingest"))
        other.settle()
        assert list(other.guard.blocked) == ["WL-1"]
        lasts = "SELECT round(extract(epoch FROM until - since)) FROM iot.blocks"
        engine = village.engine("cc_web")
        assert rows_of(engine, f"{lasts} ORDER BY block_id DESC")[0] == (60 * minutes,)
        with village.superuser() as conn:
            conn.execute("UPDATE iot.blocks SET until = since + interval '1 ms'")
        time.sleep(0.01)
        blocking = Blocking(village.engine("cc_ingest"))
        blocking.settle()
        assert list(blocking.guard.blocked) == []
    told = rows_of(village.engine("cc_web"), "SELECT change, title_en FROM events.events")
    assert [change for change, _ in told] == ["raised", "cleared"] * 2
    assert told[2][1].endswith("a second and is cut off for 4 min: check its program")
    assert rows_of(village.engine("cc_web"), "SELECT messages FROM iot.rejected") == [(40_000,)]


def test_nobody_is_cut_off_while_the_database_cannot_say_what_he_may_send(
    village: TestDatabase,
) -> None:
    blocking = Blocking(village.engine("cc_ingest"))
    loud = [message("WL-1", b"?")] * 20_000
    with away(village):
        for known in (False, True):
            blocking.away = known
            assert [len(blocking.guard.sift(loud, 0)) for _ in range(2)] == [20_000] * 2
            assert not blocking.guard.floods
    blocking.away = False
    for _ in range(2):
        blocking.guard.sift(loud, 0)
    assert [one.device_id for one in blocking.guard.floods] == ["WL-1"]
