"""SL 651-2014: frames out of any stream, readings by unit profiles, the confirmation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_ingest.decoders import sl651
from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.decoders.sl651_framing import MOST_FRAME, Frame, Framer, crc
from iot_ingest.decoders.sl651_packet import confirmation, parse
from iot_ingest.listeners.wires import Sl651Wire
from iot_ingest.model.quarantine import SENTENCES, Reason
from iot_ingest.model.unit_profile import UnitProfile, parse_profile
from iot_ingest.unit_profiles import UnitProfiles
from tests.iot_ingest import frames
from tests.iot_ingest.frames import NOW, NOW_US, level_array, observed, rain_array

PROFILES = UnitProfiles()
MINUTE_US = 60_000_000


def profile(name: str = "sl651") -> UnitProfile:
    found = PROFILES.of("sl651", "any", name)
    assert found is not None
    return found


def decode(frame: bytes, name: str = "sl651", received_us: int = NOW_US) -> Decoded:
    (found,) = Framer().feed(frame)
    assert found.ok
    assert sl651.check(found.raw) is None
    return sl651.decode(found.raw, received_us, profile(name))


def rows(decoded: Decoded) -> list[tuple[str, int, float]]:
    """Metric, minutes from NOW, value."""
    return [(one.metric, (one.ts_us - NOW_US) // MINUTE_US, one.value) for one in decoded.readings]


def reasons(decoded: Decoded) -> dict[Reason, str]:
    return {one.reason: one.detail for one in decoded.troubles}


# --- published frames: nothing of ours made them ----------------------------------------------

LINK = "7E7E01001234567812342F0008020003591011155111036BCA"
TEST = (
    "7E7E010012345678123430002B020003591011154947F1F1001234567848F0F05910111549"
    "20190000052619000005392300000127381211150320FA"
)
TEST_CONFIRMED = "7E7E00123456780112343080080200035910111549471B75D4"
TIMED = (
    "7E7E05001122334403E832002B020034170718110016F1F1001122334448F0F01707181100"
    "201900004026190000403923000104903812109903A421"
)


def test_published_frames_are_read() -> None:
    then = datetime(2017, 7, 18, 11, 0, tzinfo=frames.BEIJING)
    decoded = decode(bytes.fromhex(TIMED), received_us=frames.us(then))
    assert [(one.metric, one.ts_us, one.value, one.flag) for one in decoded.readings] == [
        ("water_level", frames.us(then), 10.49, "N"),
        ("voltage", frames.us(then), 10.99, "N"),
    ]
    assert decoded.troubles == ()


def test_a_test_report_is_flagged_so_that_it_raises_no_alarm() -> None:
    then = datetime(2059, 10, 11, 15, 49, tzinfo=frames.BEIJING)
    decoded = decode(bytes.fromhex(TEST), received_us=frames.us(then))
    assert [(one.metric, one.value, one.flag) for one in decoded.readings] == [
        ("water_level", 0.127, "M"),
        ("voltage", 11.15, "M"),
    ]


def test_a_link_report_holds_nothing_and_wants_no_answer() -> None:
    raw = bytes.fromhex(LINK)
    assert decode(raw) == Decoded(readings=[])
    assert not parse(raw).wants_answer


def test_the_confirmation_is_the_published_one() -> None:
    packet = parse(bytes.fromhex(TEST))
    now = datetime(2059, 10, 11, 7, 49, 47, tzinfo=UTC)
    assert packet.wants_answer
    made = confirmation(packet, now, timedelta(hours=8))
    assert made.hex().upper() == TEST_CONFIRMED


def test_packets_of_a_long_report_are_answered_with_go_on() -> None:
    packet = parse(frames.sl651(0x32, observed(NOW), end="17"))
    assert confirmation(packet, NOW, timedelta(hours=8))[-3] == 0x06


@given(st.binary(max_size=400))
def test_the_check_sum_equals_the_slow_one(data: bytes) -> None:
    assert crc(data).to_bytes(2, "big") == frames.modbus_crc(data)


# --- functions and elements -----------------------------------------------------------------


def test_an_hourly_report_gives_rain_and_levels_of_every_five_minutes() -> None:
    rain = [0, 0, 5, 10, 255, 0, 0, 0, 0, 0, 0, 254]
    levels = [100, 101, 102, 0xFFFF, 104, 105, 106, 107, 108, 109, 110, 111]
    frame = frames.sl651(0x34, observed(NOW) + rain_array(rain) + level_array(levels) + "38121115")
    decoded = decode(frame)
    wanted = [("voltage", 0, 11.15)]
    wanted += [("rain", 5 * n - 55, one / 10) for n, one in enumerate(rain) if one != 255]
    wanted += [
        ("water_level", 5 * n - 55, one / 100) for n, one in enumerate(levels) if one != 0xFFFF
    ]
    assert rows(decoded) == wanted
    assert decoded.troubles == ()


def test_arrays_have_their_length_whatever_the_definition_byte_says() -> None:
    levels = list(range(200, 212))
    frame = frames.sl651(0x34, observed(NOW) + level_array(levels, "5C") + "38121115")
    assert [one for one in rows(decode(frame)) if one[0] == "water_level"] == [
        ("water_level", 5 * n - 55, one / 100) for n, one in enumerate(levels)
    ]


def test_a_single_level_is_finer_than_that_of_the_array() -> None:
    frame = frames.sl651(0x34, observed(NOW) + level_array([127] * 12) + "3923 00001273")
    found = [one for one in rows(decode(frame)) if one[1] == 0]
    assert found == [("water_level", 0, 1.273)]


def test_the_hour_may_begin_at_the_observation_time() -> None:
    own = parse_profile({**_document(), "hour_series": "begins"})
    frame = frames.sl651(0x34, observed(NOW) + rain_array([1] * 12))
    decoded = sl651.decode(frame, NOW_US + 3600_000_000, own)
    assert [minutes for _, minutes, _ in rows(decoded)] == [5 * n for n in range(12)]


def _document() -> dict[str, object]:
    return {
        "name": "own",
        "protocol": "sl651",
        "title_zh": "自定",
        "title_en": "own",
        "factors": {"F4": "rain", "39": {"metric": "water_level", "plus": 10, "times": 2}},
    }


def test_a_uniform_report_is_a_series_from_the_observation_time_on() -> None:
    begun = NOW - timedelta(minutes=55)
    values = "".join(f"{28960 + n:08d}" for n in range(12))
    frame = frames.sl651(0x31, observed(begun) + "0418 000005 3923" + values)
    assert rows(decode(frame)) == [
        ("water_level", 5 * n - 55, (28960 + n) / 1000) for n in range(12)
    ]


def test_a_uniform_report_steps_by_days_hours_and_minutes() -> None:
    begun = NOW - timedelta(days=3)
    frame = frames.sl651(0x31, observed(begun) + "0418 010000 3923 00000001 00000002")
    assert [minutes for _, minutes, _ in rows(decode(frame))] == [-4320, -2880]


def test_rain_of_five_minutes_is_taken_when_the_profile_says_so() -> None:
    frame = frames.sl651(0x33, observed(NOW) + "2019 000105 2219 000015 2619 012345")
    assert decode(frame) == Decoded(readings=[])
    assert rows(decode(frame, "sl651-5min-rain")) == [("rain", 0, 1.5)]


@pytest.mark.parametrize(
    ("data", "value"),
    [("3923 00001270", 1.27), ("3923 FF001270", -1.27), ("3920 00001270", 1270.0),
     ("391B 001270", 1.27), ("3923 FFFFFFFF", None), ("3923 AAAAAAAA", None)],
)  # fmt: skip
def test_numbers_are_bcd_with_decimals_and_sign(data: str, value: float | None) -> None:
    wanted = [] if value is None else [("water_level", 0, value)]
    assert rows(decode(frames.sl651(0x32, observed(NOW) + data))) == wanted


def test_units_are_those_of_the_profile() -> None:
    frame = frames.sl651(0x32, observed(NOW) + "272B 0000012345 3923 00001000")
    assert rows(decode(frame)) == [("flow", 0, 12345.0), ("water_level", 0, 1.0)]
    own = sl651.decode(frame, NOW_US, parse_profile(_document()))
    assert rows(own) == [("water_level", 0, 12.0)]
    assert reasons(own) == {Reason.UNKNOWN_FACTOR: "27"}


@pytest.mark.parametrize(
    ("function", "elements", "reason"),
    [
        (0x32, observed(NOW) + "3923 0000A270", Reason.NOT_A_NUMBER),
        (0x32, observed(NOW) + "3923 0000", Reason.BAD_FRAME),
        (0x32, observed(NOW) + "39", Reason.BAD_FRAME),
        (0x32, observed(NOW) + "7712 1234", Reason.UNKNOWN_FACTOR),
        (0x32, observed(NOW) + "FF0512 1234", Reason.UNKNOWN_FACTOR),
        (0x32, "F1F1 0012345678 48 F0F0 2699010000 3923 00001270", Reason.NO_DATA_TIME),
        (0x32, "F1F1 0012345678 48 3923 00001270", Reason.NO_DATA_TIME),
        (0x32, observed(NOW - timedelta(days=500)) + "3923 00001270", Reason.TIME_OUT_OF_RANGE),
        (0x34, observed(NOW) + "F460 0000", Reason.BAD_FRAME),
        (0x31, observed(NOW) + "3923 00000001 00000002", Reason.BAD_FRAME),
        (0x31, observed(NOW) + "0418 0000F5 3923 00000001", Reason.BAD_FRAME),
        (0x31, observed(NOW) + "0418 000005 3923 00000001 0000", Reason.BAD_FRAME),
        (0x36, observed(NOW) + "F3F3 FFD8", Reason.UNKNOWN_COMMAND),
        (0x32, observed(NOW) + "F2F2 4142", Reason.UNKNOWN_COMMAND),
    ],
)
def test_what_cannot_be_used_has_its_reason(function: int, elements: str, reason: Reason) -> None:
    assert set(reasons(decode(frames.sl651(function, elements)))) == {reason}


# --- framing -------------------------------------------------------------------------------

GOOD = frames.sl651(0x32, observed(NOW) + "3923 00001270")
OTHER = frames.sl651(0x34, observed(NOW) + level_array([0x7E7E] * 12))


def taken(*parts: bytes) -> list[tuple[bytes, bool]]:
    framer = Framer()
    return [(one.raw, one.ok) for part in parts for one in framer.feed(part)]


@given(st.data())
def test_frames_are_found_however_they_are_split_and_glued(data: st.DataObject) -> None:
    between = st.sampled_from([b"", b"\r\n", b"\x00\x01", b"imei", b"~", b"abc~x"])
    pieces = data.draw(st.lists(st.tuples(between, st.sampled_from([GOOD, OTHER])), max_size=5))
    stream = b"".join(junk + frame for junk, frame in pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    parts = [
        stream[first:last] for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    assert [one for one in taken(*parts) if one[1]] == [(frame, True) for _, frame in pieces]


@pytest.mark.parametrize("told", [0x000, 0x00A, 0x01E, 0x400, 0xFFF])
def test_a_wrong_length_does_not_hide_the_next_frame(told: int) -> None:
    wrong = GOOD[:11] + told.to_bytes(2, "big") + GOOD[13:]
    found = taken(OTHER, wrong, OTHER, GOOD)
    assert [raw for raw, ok in found if ok] == [OTHER, OTHER, GOOD]
    refused = [sl651.check(raw) for raw, ok in found if not ok]
    assert refused
    assert {one.reason for one in refused if one} <= {Reason.WRONG_LENGTH, Reason.BAD_CRC}


def test_a_broken_frame_is_refused_with_its_reason() -> None:
    broken = GOOD[:-1] + bytes((GOOD[-1] ^ 1,))
    ((raw, ok), (_, next_ok)) = taken(broken + GOOD)
    trouble = sl651.check(raw)
    assert not ok
    assert next_ok
    assert trouble is not None
    assert trouble.reason is Reason.BAD_CRC


def test_frames_of_the_centre_are_not_taken_for_a_station_s() -> None:
    assert taken(bytes.fromhex(TEST_CONFIRMED) + GOOD) == [(GOOD, True)]


def test_a_frame_of_several_packets_is_taken_with_and_without_its_numbers_counted() -> None:
    text = bytes.fromhex("002002") + GOOD[14:-3]
    for length in (len(text), len(text) - 3):
        head = GOOD[:11] + length.to_bytes(2, "big") + b"\x16"
        whole = head + text + b"\x17"
        frame = whole + frames.modbus_crc(whole)
        assert taken(frame + GOOD) == [(frame, True), (GOOD, True)]
        # the second of two, alone: there is nothing to read it by
        assert set(reasons(decode(frame))) == {Reason.BAD_FRAME}


def packets_of(text: bytes, function: int, cuts: list[int]) -> list[bytes]:
    """A long report in packets, as a station sends it."""
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    made = []
    for n, part in enumerate(parts, 1):
        numbered = ((len(parts) << 12) | n).to_bytes(3, "big") + part
        head = bytes.fromhex(f"7E7E0100123456781234{function:02X}{len(numbered):04X}16")
        whole = head + numbered + (b"\x03" if n == len(parts) else b"\x17")
        made.append(whole + frames.modbus_crc(whole))
    return made


def test_packets_of_a_long_report_are_read_together() -> None:
    begun = NOW - timedelta(minutes=55)
    values = "".join(f"{28960 + n:08d}" for n in range(12))
    text = frames.sl651(0x31, observed(begun) + "0418 000005 3923" + values)[14:-3]
    packets = packets_of(text, 0x31, [30, 47])
    assert taken(*packets) == [(one, True) for one in packets]
    payload = b"".join(packets)
    assert sl651.check(payload) is None
    assert rows(sl651.decode(payload, NOW_US, profile())) == [
        ("water_level", 5 * n - 55, (28960 + n) / 1000) for n in range(12)
    ]
    assert sl651.check(payload[:-1]) is not None


def test_the_wire_puts_packets_together_and_asks_again_for_none() -> None:
    text = frames.sl651(0x32, observed(NOW) + "3923 00001270")[14:-3]
    packets = [Frame(raw, True) for raw in packets_of(text, 0x32, [20, 25])]
    whole = b"".join(one.raw for one in packets)
    wire = Sl651Wire()
    # a first packet that comes twice, a second one that comes twice
    order = [packets[0], packets[0], packets[1], packets[1], packets[2]]
    found = [wire.envelope(one) for one in order]
    assert [one is None for one in found] == [True, True, True, True, False]
    assert found[-1] is not None
    assert found[-1].payload == whole
    assert found[-1].answer is not None
    told = found[-1].answer()
    assert told[14:16] == b"\x00\x03"
    # one that is missing is never answered for the others
    wire.envelope(packets[0])
    lost = wire.envelope(packets[2])
    assert lost is not None
    assert (lost.payload, lost.answer) == (packets[2].raw, None)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from([b"\x7e\x7e", b"\x7e", GOOD[:14], GOOD[:30], GOOD[14:], OTHER[:20]]),
            st.integers(0, 0xFFF).map(lambda n: GOOD[:11] + n.to_bytes(2, "big") + b"\x02"),
        ),
        max_size=25,
    )
)
def test_no_stream_breaks_the_framer_or_hides_later_frames(parts: list[bytes]) -> None:
    framer = Framer()
    for part in parts:
        framer.feed(part)
        assert framer.held <= MOST_FRAME
    found = framer.feed(GOOD) + framer.feed(OTHER)
    # a beginning without an end may hold frames back until they prove themselves, no longer
    assert [one.raw for one in found if one.ok][-2:] == [GOOD, OTHER]


def test_memory_and_work_are_bounded_by_hostile_beginnings() -> None:
    framer = Framer()
    begin = GOOD[:11] + b"\x0f\xff\x02"
    for _ in range(300):
        framer.feed(begin * 3)
        assert framer.held <= MOST_FRAME
    assert any(one.raw == GOOD for one in framer.feed(GOOD + GOOD))


# --- nonsense ------------------------------------------------------------------------------


@settings(max_examples=300)
@given(
    st.sampled_from([0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x36, 0xFF]),
    st.one_of(
        st.binary(max_size=120),
        st.lists(
            st.sampled_from(
                [bytes.fromhex(observed(NOW).replace(" ", "")), b"\xf0\xf0", b"\xf4\x60",
                 b"\xf5\xc0", bytes(12), b"\x04\x18\x00\x00\x05", b"\x39\x23", b"\x00\x01\x02\x70",
                 b"\xff", b"\xff\x01", b"\x38\x12\x11\x15", b"\x77\x07"]
            ),
            max_size=12,
        ).map(b"".join),
    ),
)  # fmt: skip
def test_no_text_whatever_makes_the_decoder_raise(function: int, elements: bytes) -> None:
    frame = frames.sl651(function, elements.hex())
    assert sl651.check(frame) is None
    for one in PROFILES.all():
        if one.protocol == "sl651":
            decoded = sl651.decode(frame, NOW_US, one)
            assert all(SENTENCES[trouble.reason]["zh"] for trouble in decoded.troubles)
    confirmation(parse(frame), NOW, timedelta(hours=8))


def test_a_frame_without_any_text_is_told() -> None:
    head = bytes.fromhex("7E7E0100123456781234320000 02 03".replace(" ", ""))
    frame = head + frames.modbus_crc(head)
    assert set(reasons(decode(frame))) == {Reason.BAD_FRAME}
    assert len(confirmation(parse(frame), NOW, timedelta(hours=8))) == 25


@given(st.binary(max_size=300))
def test_no_payload_whatever_makes_the_check_raise(payload: bytes) -> None:
    assert sl651.check(payload) is not None
