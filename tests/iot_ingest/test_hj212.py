"""HJ 212: readings by unit profiles, the answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_ingest.decoders import hj212
from iot_ingest.decoders.hj212_framing import Framer, segment_of
from iot_ingest.decoders.hj212_packet import answer, parse
from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.model.quarantine import SENTENCES, Reason
from iot_ingest.model.unit_profile import UnitProfile, parse_profile
from iot_ingest.unit_profiles import UnitProfiles
from tests.iot_ingest import frames
from tests.iot_ingest.frames import NOW, NOW_US

PROFILES = UnitProfiles()


def profile(name: str = "hj212-dust-ug") -> UnitProfile:
    found = PROFILES.of("hj212", "any", name)
    assert found is not None
    return found


def decode(frame: bytes, name: str = "hj212-dust-ug", received_us: int = NOW_US) -> Decoded:
    (found,) = Framer().feed(frame)
    assert found.ok
    assert hj212.check(found.raw) is None
    return hj212.decode(found.raw, received_us, profile(name))


def values(decoded: Decoded) -> dict[str, float]:
    return {one.metric: one.value for one in decoded.readings}


def reasons(decoded: Decoded) -> dict[Reason, str]:
    return {one.reason: one.detail for one in decoded.troubles}


# --- readings ------------------------------------------------------------------------------


def test_values_become_readings_in_our_units_at_their_data_time() -> None:
    decoded = decode(
        frames.measured("a34002-Rtd=31,a34002-Flag=N;a01001-Rtd=17.5;a01008-Rtd=11,a01008-Flag=M")
    )
    assert [(one.metric, one.value, one.flag) for one in decoded.readings] == [
        ("pm10", 31.0, "N"),
        ("temperature", 17.5, "N"),
        ("wind_direction", 11.0, "M"),
    ]
    assert {one.ts_us for one in decoded.readings} == {NOW_US}
    assert decoded.troubles == ()


@pytest.mark.parametrize(
    ("name", "pm10", "tsp"),
    [
        ("hj212-dust-ug", 0.5, 0.7),
        ("hj212-dust-mg", 500.0, 700.0),
        ("hj212-dust-ng", 0.0005, 0.0007),
        ("hj212-dust-tsp-mg", 0.5, 700.0),
    ],
)
def test_units_are_those_of_the_profile(name: str, pm10: float, tsp: float) -> None:
    decoded = decode(frames.measured("a34002-Rtd=0.5;a34001-Rtd=0.7"), name)
    assert values(decoded) == {"pm10": pm10, "tsp": tsp}


def test_a_unit_that_nobody_told_is_never_guessed() -> None:
    decoded = decode(frames.measured("a34002-Rtd=0.5;a01002-Rtd=60"), "hj212")
    assert values(decoded) == {"humidity": 60.0}
    assert reasons(decoded) == {Reason.UNKNOWN_UNIT: "a34002"}


@pytest.mark.parametrize(
    "frame",
    [
        frames.measured("a34002-Rtd=31;a34002-Flag=N"),
        frames.measured("a34002-Flag=N,a34002-Rtd=31"),
        frames.measured("a34002-Rtd=31,a34002-Flag=N;"),
        frames.measured("A34002-rtd=31,A34002-FLAG=n"),
        frames.measured("a34002-Rtd=31,a34002-Flag=N;Flag=5").replace(b"ST=39", b"ST=22"),
        frames.hj212("ST=31;CN=2011;MN=x;CP=&&DataTime=20260301120000000;a34002-Rtd=31&&"),
        frames.hj212("ST=31;CN=2011;MN=x;CP=&&a34002-Rtd=31;DataTime=20260301120000"),
    ],
    ids=["semicolon", "flag first", "trailing", "case", "system", "milliseconds", "no end"],
)
def test_dialects_give_the_same_reading(frame: bytes) -> None:
    raw = frame
    if b"ST=22" in frame:  # the check sum is that of another system code
        raw = frames.hj212(segment_of(frame.rstrip()).decode())
    if b"a34002-Rtd=31;DataTime" in frame:
        assert reasons(decode(raw)) == {Reason.NO_DATA_TIME: "DataTime="}
        return
    decoded = decode(raw)
    assert [(one.metric, one.ts_us, one.value, one.flag) for one in decoded.readings] == [
        ("pm10", NOW_US, 31.0, "N")
    ]
    assert decoded.troubles == ()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("N", "N"), ("D", "D"), ("F", "F"), ("T", "T"), ("B", "B"), ("P", "D"), ("0", "C"),
     ("3", "N"), ("", "N"), ("m", "M")],
)  # fmt: skip
def test_flags_of_all_editions_are_mapped(sent: str, kept: str) -> None:
    decoded = decode(frames.measured(f"a34002-Rtd=31,a34002-Flag={sent}"))
    assert [one.flag for one in decoded.readings] == [kept]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("a34002-Rtd=abc", Reason.NOT_A_NUMBER),
        ("a34002-Rtd=", Reason.NOT_A_NUMBER),
        ("a34002-Rtd=1_0", Reason.NOT_A_NUMBER),
        ("a34002-Rtd=nan", Reason.NOT_FINITE),
        ("a34002-Rtd=1e999", Reason.NOT_FINITE),
        ("a34002-Rtd=3,a34002-Flag=Z", Reason.BAD_FLAG),
        ("x99999-Rtd=3", Reason.UNKNOWN_FACTOR),
        ("PM10=3", Reason.UNKNOWN_FACTOR),
        ("0123456789abcdef0123456789abcdef", Reason.ENCRYPTED),
        ("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MA==", Reason.ENCRYPTED),
        ("rubbish", Reason.BAD_FRAME),
    ],
)
def test_what_cannot_be_used_is_told_and_the_rest_is_used(sent: str, reason: Reason) -> None:
    decoded = decode(frames.measured(f"{sent};a34004-Rtd=14"))
    assert values(decoded) == {"pm25": 14.0}
    assert set(reasons(decoded)) == {reason}


def test_no_value_beside_a_fault_is_no_mistake() -> None:
    decoded = decode(frames.measured("a34002-Rtd=,a34002-Flag=D"))
    assert decoded == Decoded(readings=[])


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ("ST=39;CN=2011;MN=x;CP=&&a34002-Rtd=3&&", Reason.NO_DATA_TIME),
        ("ST=39;CN=2011;MN=x;CP=&&DataTime=20261332000000;a34002-Rtd=3&&", Reason.NO_DATA_TIME),
        ("ST=39;CN=2011;MN=x;CP=&&DataTime=20160101000000;a34002-Rtd=3&&",
         Reason.TIME_OUT_OF_RANGE),
        ("ST=39;CN=2011;MN=x", Reason.BAD_FRAME),
        ("ST=39;MN=x;CP=&&&&", Reason.BAD_FRAME),
        ("QN=1;ST=39;CN=7777;MN=x;CP=&&&&", Reason.UNKNOWN_COMMAND),
    ],
)  # fmt: skip
def test_frames_that_say_nothing_usable_have_their_reason(segment: str, reason: Reason) -> None:
    decoded = decode(frames.hj212(segment))
    assert decoded.readings == []
    assert set(reasons(decoded)) == {reason}


@pytest.mark.parametrize("cn", ["9015", "2081", "9011", "3020"])
def test_a_heartbeat_holds_no_readings_and_is_no_trouble(cn: str) -> None:
    assert decode(frames.hj212(f"QN=1;ST=91;CN={cn};MN=x;Flag=9;CP=&&&&")) == Decoded(readings=[])


def test_minute_hour_and_day_values_are_taken_when_a_profile_says_so() -> None:
    own = parse_profile(
        {
            "name": "all",
            "protocol": "hj212",
            "title_zh": "全部",
            "title_en": "all",
            "values": {"2011": "Rtd", "2051": "Avg", "2061": "Max", "2031": "Cou"},
            "factors": {"a34002": "pm10", "rain": {"metric": "rain", "suffix": "Cou"}},
        }
    )
    for cn, wanted in (("2011", 1.0), ("2051", 2.0), ("2061", 4.0), ("2031", 5.0)):
        frame = frames.measured(
            "a34002-Rtd=1,a34002-Avg=2,a34002-Min=3,a34002-Max=4,a34002-Cou=5;rain-Cou=6", cn=cn
        )
        found = values(hj212.decode(frame.rstrip(), NOW_US, own))
        assert found == {"pm10": wanted, "rain": 6.0}


def test_a_station_s_own_means_are_left_out_by_default() -> None:
    frame = frames.measured("a34002-Avg=2,a34002-Flag=N", cn="2061")
    assert decode(frame) == Decoded(readings=[])
    by_minute = frames.measured("a01001-Avg=2", cn="2051")
    assert values(decode(by_minute, "hj212-minute")) == {"temperature": 2.0}


def test_a_frame_may_hold_several_times() -> None:
    decoded = decode(
        frames.measured("a34002-Rtd=1,a34002-Flag=D;DataTime=20260301115500;a34002-Rtd=2")
    )
    assert [(one.ts_us, one.value, one.flag) for one in decoded.readings] == [
        (NOW_US, 1.0, "D"),
        (NOW_US - 300_000_000, 2.0, "N"),
    ]


def test_a_later_packet_takes_the_time_of_the_first() -> None:
    head = "QN=20260301120000123;ST=39;CN=2011;PW=1;MN=x;Flag=7;PNUM=2;PNO="
    first = frames.hj212(head + "1;CP=&&DataTime=20260301120000;a34002-Rtd=1&&")
    later = frames.hj212(head + "2;CP=&&a34004-Rtd=2&&")
    decoded = hj212.decode(first + later, NOW_US, profile())
    assert values(decoded) == {"pm10": 1.0, "pm25": 2.0}
    alone = hj212.decode(later, NOW_US, profile())
    assert set(reasons(alone)) == {Reason.NO_DATA_TIME}


# --- the answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "told"), [(1, 0), (5, 4), (9, 8), (7, 4), (11, 8)])
def test_the_answer_has_the_same_qn_and_edition(asked: int, told: int) -> None:
    packet = parse(segment_of(frames.measured("a34002-Rtd=1", flag=asked).rstrip()))
    assert packet.wants_answer
    assert answer(packet) == frames.hj212(
        "QN=20260301120000123;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;"
        f"Flag={told};CP=&&&&"
    )


@pytest.mark.parametrize(
    "segment",
    [
        "QN=1;CN=2011;MN=x;Flag=4;CP=&&&&",
        "CN=2011;MN=x;Flag=5;CP=&&&&",
        "QN=1;CN=2011;MN=x;CP=&&&&",
        "QN=1;CN=9014;MN=x;Flag=5;CP=&&&&",
        "QN=1;CN=2011;MN=x;Flag=;CP=&&a34002-Flag=5&&",
    ],
)
def test_who_does_not_ask_gets_no_answer(segment: str) -> None:
    assert not parse(segment.encode()).wants_answer


def test_a_flag_inside_cp_counts() -> None:
    assert parse(b"QN=1;CN=2011;MN=x;CP=&&DataTime=1;Flag=5;a34002-Rtd=1&&").flag == 5


# --- real packets, and nonsense ------------------------------------------------------------

REFUSED = {"1100": "2D00", "4980": "3C00", "f9c1": "7340", "2800": "D801", "4981": "4980"}


@pytest.mark.samples
def test_every_real_packet_is_decoded_or_refused_for_its_reason(samples: Path) -> None:
    lines = (samples / "open/protocol/hj212_packets_licensed.jsonl").read_text().splitlines()
    real = [json.loads(line) for line in lines]
    assert len(real) == 18
    everything = parse_profile(
        {
            "name": "real",
            "protocol": "hj212",
            "title_zh": "实测",
            "title_en": "real",
            "values": {"2011": "Rtd", "2051": "Avg", "2061": "Avg"},
            "factors": dict.fromkeys(
                ["a34002", "a34004", "a34006", "a01006", "a21005", "a2106", "a214", "w01008",
                 "b01"], "pm10",
            ),
        }
    )  # fmt: skip
    seen = []
    for one in real:
        raw = one["raw"].encode()
        (found,) = Framer().feed(raw + b"\r\n")
        assert found.raw == raw
        assert found.ok is one["crc_ok"]
        trouble = hj212.check(raw)
        if not one["crc_ok"]:
            assert trouble is not None
            assert (trouble.reason, trouble.detail) == (Reason.BAD_CRC, f"told {raw[-4:].decode()}")
            assert REFUSED[raw[-4:].decode()] == one["crc_calc"]
            continue
        assert trouble is None
        packet = parse(segment_of(raw))
        assert (packet.cn, packet.st) == (one["CN"], one["ST"])
        received = NOW_US
        if packet.data is not None and "DataTime=" in packet.data:
            time = packet.data.split("DataTime=")[1][:14]
            local = datetime.strptime(time, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            received = frames.us(local - timedelta(hours=8)) + 1_000_000
        decoded = hj212.decode(raw, received, everything)
        seen.append((packet.cn, len(decoded.readings), set(reasons(decoded))))
        late = hj212.decode(raw, NOW_US, everything)
        assert late.readings == []
        assert Reason.TIME_OUT_OF_RANGE in reasons(late) or not decoded.readings
    assert len(seen) == 13
    unknown = {Reason.UNKNOWN_FACTOR}
    assert [count for _, count, _ in seen] == [1, 1, 1, 1, 4, 1, 3, 1, 0, 0, 1, 1, 1]
    assert {why.value for _, _, found in seen for why in found} <= {one.value for one in unknown}


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.text(alphabet=st.characters(codec="latin-1"), max_size=200),
        st.lists(
            st.sampled_from(
                ["QN=1;", "CN=2011;", "MN=x;", "Flag=5;", "PNO=²;", "CP=&&", "DataTime=", "&&",
                 "20260301120000;", "a34002-Rtd=", "a34002-Flag=", "1", ",", ";", "=", "N", "-",
                 "##", "٣", "\x00", "1e400"]
            ),
            max_size=25,
        ).map("".join),
    )
)  # fmt: skip
def test_no_segment_whatever_makes_the_decoder_raise(text: str) -> None:
    segment = text.encode("latin-1", "replace")
    packet = parse(segment)
    if packet.wants_answer:
        assert answer(packet).startswith(b"##")
    payload = b"##" + f"{len(segment):04d}".encode() + segment + b"0000"
    hj212.check(payload)
    for one in PROFILES.all():
        if one.protocol == "hj212":
            decoded = hj212.decode(payload, NOW_US, one)
            assert all(SENTENCES[trouble.reason]["zh"] for trouble in decoded.troubles)


@given(st.binary(max_size=300))
def test_no_payload_whatever_makes_the_check_raise(payload: bytes) -> None:
    hj212.check(payload)
    hj212.decode(payload, NOW_US, profile())


def test_the_beginning_of_the_day_is_that_of_beijing() -> None:
    midnight = NOW.replace(hour=0)
    (one,) = decode(frames.measured("a34002-Rtd=1", at=midnight)).readings
    assert one.ts_us == frames.us(midnight)
