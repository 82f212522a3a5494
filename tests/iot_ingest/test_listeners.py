"""Stations on real sockets, the real database behind them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from iot_ingest.listeners import Address, CannotListen, Limits, Listeners
from iot_ingest.listeners.watch import Watch
from iot_ingest.store.registration import register_devices
from tests.iot_ingest import frames
from tests.iot_ingest.place import BY, row, rows_of, until
from tests.iot_ingest.stations import (
    MN,
    Hall,
    answer_to,
    away,
    dust,
    now,
    open_hall,
    register_stations,
)
from tests.support.cluster import TestDatabase


@pytest.fixture
def hall(village: TestDatabase) -> Iterator[Hall]:
    register_stations(village)
    with open_hall(village) as found:
        yield found


def stored(village: TestDatabase) -> list[tuple[str, str, float, str]]:
    return rows_of(
        village.engine("cc_web"),
        "SELECT d.device_id, m.name, r.value, CAST(r.flag AS text) FROM iot.readings r"
        " JOIN iot.devices d USING (device_no) JOIN iot.metrics m USING (metric_no)"
        " ORDER BY r.ts, m.name",
    )


def aside(village: TestDatabase) -> list[tuple[str, str, bytes, str | None]]:
    return rows_of(
        village.engine("cc_web"),
        "SELECT reason, topic, payload, device_id FROM iot.quarantine ORDER BY quarantine_id",
    )


def number_of(village: TestDatabase) -> int:
    return len(stored(village))


# --- answers -------------------------------------------------------------------------------


def test_a_station_gets_its_answer_when_its_reading_is_committed(
    village: TestDatabase, hall: Hall
) -> None:
    station = hall.station()
    frame = dust(1)
    station.send(b"AT+OK\r\n" + frame[:40])
    station.send(frame[40:])
    wanted = answer_to(frame)
    assert station.read(len(wanted)) == wanted
    assert stored(village) == [("DUST-1", "pm10", 31.0, "N")]
    assert rows_of(village.engine("cc_web"), "SELECT online FROM iot.device_status") == [(True,)]


def test_sent_again_it_is_answered_again_and_stored_once(village: TestDatabase, hall: Hall) -> None:
    frame = dust(1)
    for _ in range(2):
        station = hall.station()
        station.send(frame + frame)
        wanted = answer_to(frame) * 2
        assert station.read(len(wanted)) == wanted
        station.close()
    assert number_of(village) == 1


def test_quarantined_frames_are_answered_and_kept_whole(village: TestDatabase, hall: Hall) -> None:
    station = hall.station()
    sent = [
        dust(1, mn="NOBODY"),
        frames.measured("x1-Rtd=1;a34004-Rtd=2", at=now(), qn="20261", mn=MN),
        frames.measured("a34002-Rtd=-5", at=now(), qn="20262", mn=MN),
    ]
    for frame in sent:
        station.send(frame)
        wanted = answer_to(frame)
        assert station.read(len(wanted)) == wanted
    assert aside(village) == [
        ("unknown_device", "hj212/NOBODY", sent[0].rstrip(), None),
        ("unknown_factor", f"hj212/{MN}", sent[1].rstrip(), "DUST-1"),
        ("impossible_value", f"hj212/{MN}", sent[2].rstrip(), "DUST-1"),
    ]
    assert stored(village) == [("DUST-1", "pm25", 2.0, "N")]


def test_a_broken_frame_is_kept_but_not_answered(village: TestDatabase, hall: Hall) -> None:
    station = hall.station()
    broken = dust(1).replace(b"Rtd=31", b"Rtd=37")
    station.send(broken + dust(2))
    wanted = answer_to(dust(2))
    assert station.read(len(wanted)) == wanted
    assert aside(village) == [("bad_crc", f"hj212/{MN}", broken.rstrip(), None)]


def test_who_does_not_ask_is_stored_and_not_answered(village: TestDatabase, hall: Hall) -> None:
    station = hall.station()
    station.send(dust(1, flag=4))
    station.close()
    until(lambda: number_of(village) == 1)
    heartbeat = frames.hj212(f"QN=20263;ST=91;CN=9015;PW=123456;MN={MN};Flag=9;CP=&&&&")
    other = hall.station()
    other.send(heartbeat)
    wanted = answer_to(heartbeat)
    assert other.read(len(wanted)) == wanted
    assert aside(village) == []


def test_later_packets_take_the_time_of_the_first(village: TestDatabase, hall: Hall) -> None:
    station = hall.station()
    head = f"QN=20264;ST=39;CN=2011;PW=123456;MN={MN};Flag=7;PNUM=2;PNO="
    time_told = now().astimezone(frames.BEIJING).strftime("%Y%m%d%H%M%S")
    for packet in (
        frames.hj212(f"{head}1;CP=&&DataTime={time_told};a34002-Rtd=1&&"),
        frames.hj212(f"{head}2;CP=&&a34004-Rtd=2&&"),
    ):
        station.send(packet)
        wanted = answer_to(packet)
        assert station.read(len(wanted)) == wanted
    assert [(metric, value) for _, metric, value, _ in stored(village)] == [
        ("pm10", 1.0),
        ("pm25", 2.0),
    ]
    assert aside(village) == []


def test_a_gauge_is_confirmed_when_its_report_is_committed(
    village: TestDatabase, hall: Hall
) -> None:
    gauge = hall.gauge()
    at = now().replace(second=0)
    link = frames.sl651(0x2F, "")
    report = frames.sl651(0x34, frames.observed(at) + frames.level_array(range(100, 112)), at=at)
    gauge.send(link + report[:30])
    gauge.send(report[30:] + b"\x7e")
    told = gauge.read(25)
    assert told[:14].hex().upper() == "7E7E00123456780112343480080" + "2"
    assert told[14:16] == b"\x00\x03"
    assert told[22:23] == b"\x1b"
    assert told[-2:] == frames.modbus_crc(told[:-2])
    assert [value for _, _, value, _ in stored(village)] == [n / 100 for n in range(100, 112)]


def test_a_password_that_is_registered_must_be_sent(village: TestDatabase, hall: Hall) -> None:
    register_devices(
        village.engine("cc_admin"),
        [row("DUST-2", "construction_dust", attributes={
            "mn": "M2", "profile": "hj212-dust-ug", "station_password": "secret"})],
        by=BY,
    )  # fmt: skip
    station = hall.station()
    for n, password in enumerate(("123456", "secret")):
        frame = dust(n, mn="M2", pw=password)
        station.send(frame)
        station.read(len(answer_to(frame)))
    assert [reason for reason, *_ in aside(village)] == ["wrong_password"]
    assert number_of(village) == 1


def test_a_station_none_of_whose_values_are_used_is_noticed(
    village: TestDatabase, hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    station = hall.station()
    for n in range(6):
        frame = dust(n, cn="2051")
        station.send(frame)
        station.read(len(answer_to(frame)))
    assert hall.stations.unused == 1
    told = [one.message for one in caplog.records if "uses none" in one.message]
    assert len(told) == 1
    assert told[0].startswith(f"hj212/{MN} sends values, but unit profile hj212-dust-ug uses none")
    station.send(dust(7))
    until(lambda: number_of(village) == 1)
    assert hall.stations.unused == 0


# --- the database is away ------------------------------------------------------------------


def test_nothing_is_answered_before_the_commit(village: TestDatabase, hall: Hall) -> None:
    station, gauge = hall.station(), hall.gauge()
    first = dust(1)
    station.send(first)
    assert station.read(len(answer_to(first))) == answer_to(first)
    sent = [dust(n) for n in range(2, 40)]
    at = now().replace(second=0)
    with away(village):
        station.send(b"".join(sent) + sent[0])
        gauge.send(frames.sl651(0x32, frames.observed(at) + "3923 00001270", at=at))
        assert station.read(1, within_s=1.5) == b""
        assert gauge.read(1, within_s=0.2) == b""
    wanted = b"".join(answer_to(frame) for frame in [*sent, sent[0]])
    assert station.read(len(wanted), within_s=20) == wanted
    assert len(gauge.read(25)) == 25
    assert number_of(village) == 40
    assert aside(village) == []


def test_while_the_database_is_away_peers_are_held_back(village: TestDatabase) -> None:
    register_stations(village)
    limits = Limits(under_way=50, under_way_each=20, rate=1e6, burst=1e6)
    with open_hall(village, limits) as hall:
        stations = [hall.station() for _ in range(4)]
        with away(village):
            for n, station in enumerate(stations):
                station.send(b"".join(dust(100 * n + k, flag=4) for k in range(100)))
            until(lambda: hall.listeners.detail()["under_way"] == 50)
            time.sleep(0.3)
            assert hall.listeners.detail()["under_way"] == 50
            assert hall.session.messages.qsize() <= 50
        until(lambda: number_of(village) == 400, 20)


# --- hostile and broken peers ----------------------------------------------------------------


def test_junk_hurts_nobody_but_its_sender(village: TestDatabase, hall: Hall) -> None:
    silent, junk, liar, good = (hall.station() for _ in range(4))
    silent.send(b"##")
    liar.send(b"##9999" + b"x" * 3000)
    junk.send(b"\x00" * 70_000)
    frame = dust(1)
    good.send(frame)
    wanted = answer_to(frame)
    assert good.read(len(wanted), within_s=5) == wanted
    assert junk.is_closed()
    liar.send(b"\r\n" + dust(2))
    assert liar.read(len(wanted), within_s=10) == answer_to(dust(2))
    assert hall.listeners.detail()["closed"] == {"junk": 1}


def test_bad_frames_in_a_row_end_the_connection(village: TestDatabase) -> None:
    register_stations(village)
    with open_hall(village, Limits(bad_in_a_row=10, rate=1e6, burst=1e6)) as hall:
        station = hall.station()
        broken = dust(1).replace(b"Rtd=31", b"Rtd=37")
        station.send(broken * 9 + dust(2) + broken * 9)
        assert station.read(len(answer_to(dust(2)))) == answer_to(dust(2))
        station.send(broken)
        assert station.is_closed()
        assert hall.listeners.detail()["closed"] == {"bad_frames": 1}


def test_who_floods_is_slowed_down_and_loses_nothing(village: TestDatabase) -> None:
    register_stations(village)
    with open_hall(village, Limits(rate=100.0, burst=50.0)) as hall:
        flood, calm = hall.station(), hall.station()
        began = time.monotonic()
        flood.send(b"".join(dust(n, flag=4) for n in range(150)))
        frame = dust(500)
        calm.send(frame)
        assert calm.read(len(answer_to(frame)), within_s=5) == answer_to(frame)
        assert number_of(village) < 150
        flood.close()
        until(lambda: number_of(village) == 151, 20)
        assert time.monotonic() - began > 0.8


def test_who_says_one_moment_again_and_again_is_cut_off(village: TestDatabase) -> None:
    register_stations(village)
    with open_hall(village, Limits(refused_s=3.0)) as hall:
        flood, calm = hall.station(), hall.station()
        began = time.monotonic()

        def cut_off() -> bool:
            try:
                flood.send(dust(1, flag=4) * 20)
            except OSError:
                return True
            return bool(hall.listeners.detail()["closed"])

        until(cut_off, 30)
        assert time.monotonic() - began < 10
        assert hall.listeners.detail()["closed"] == {"flood": 1}
        # it may not come back at once; whoever else is there behind its address stays
        hall.station()
        until(lambda: hall.listeners.detail()["closed"] == {"flood": 1, "refused": 1}, 2)
        frame = dust(500)
        calm.send(frame)
        assert calm.read(len(answer_to(frame)), within_s=10) == answer_to(frame)
        time.sleep(3)
        again, frame = hall.station(), dust(501)
        again.send(frame)
        assert again.read(len(answer_to(frame)), within_s=10) == answer_to(frame)


def test_a_gateway_of_many_stations_is_no_flood() -> None:
    watch, at = Watch(0.0), now()
    for second in range(1, 60):
        for n in range(50):
            frame = dust(1, mn=f"M{n}", at=at)
            assert not watch.floods(f"hj212/M{n}", frame, float(second), 1.0)


def test_strangers_are_slowed_down_most(village: TestDatabase) -> None:
    register_stations(village)
    with open_hall(village, Limits(rate=100.0, burst=100.0, strange_cost=50.0)) as hall:
        stranger = hall.station()
        stranger.send(b"".join(dust(n, mn=f"X{n}", flag=4) for n in range(40)))
        time.sleep(1.0)
        assert len(aside(village)) < 20


def test_who_never_reads_its_answers_is_dropped(village: TestDatabase) -> None:
    register_stations(village)
    limits = Limits(unread_bytes=1_000, rate=1e6, burst=1e6, flood_times=1e6)
    with open_hall(village, limits) as hall:
        station = hall.station()
        frame = dust(1)
        station.socket.settimeout(10)

        def dropped() -> bool:
            try:
                station.send(frame * 200)
            except OSError:
                return True
            return bool(hall.listeners.detail()["closed"])

        until(dropped, 60)
        assert hall.listeners.detail()["closed"] == {"unread": 1}


def test_silent_and_surplus_connections_end(village: TestDatabase) -> None:
    register_stations(village)
    limits = Limits(connections=3, per_address=4, idle_s=1.5, unproven_s=0.5)
    with open_hall(village, limits) as hall:
        proven = hall.station()
        frame = dust(1)
        proven.send(frame)
        proven.read(len(answer_to(frame)))
        oldest, middle = hall.station(), hall.station()
        until(lambda: hall.listeners.detail()["connections"] == 3)
        newest = hall.station()
        assert oldest.is_closed(5)
        assert middle.is_closed(5)
        assert newest.is_closed(5)
        assert hall.listeners.detail()["closed"]["full"] == 1
        assert proven.is_closed(5)
        assert hall.listeners.detail()["closed"] == {"full": 1, "unproven": 2, "idle": 1}


def test_one_address_gets_so_many_connections(village: TestDatabase) -> None:
    with open_hall(village, Limits(per_address=2)) as hall:
        kept = [hall.station(), hall.station()]
        until(lambda: hall.listeners.detail()["connections"] == 2)
        assert hall.station().is_closed(5)
        assert not kept[0].is_closed(0.2)


# --- start, stop ---------------------------------------------------------------------------


def test_a_port_in_use_is_told(village: TestDatabase, hall: Hall) -> None:
    second = Listeners(
        [Address("hj212", "127.0.0.1", hall.hj212_port)],
        hall.session.messages.put,
        lambda _: True,
        hall.stop,
    )
    with pytest.raises(CannotListen):
        second.start()


def test_a_stop_stores_and_answers_what_was_taken(village: TestDatabase) -> None:
    register_stations(village)
    sent = [dust(n) for n in range(60)]
    with open_hall(village) as hall:
        station = hall.station()
        station.send(b"".join(sent))
        until(lambda: hall.listeners.detail().get("frames", 0) > 0)
        hall.stop.set()
        got = station.read(len(answer_to(sent[0])) * len(sent), within_s=5)
    answers = [answer_to(frame) for frame in sent]
    taken = number_of(village)
    assert taken > 0
    assert got == b"".join(answers[:taken])
