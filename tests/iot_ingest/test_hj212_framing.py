"""HJ 212: frames out of any stream, whatever stands between them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_ingest.decoders import hj212
from iot_ingest.decoders.hj212_framing import MOST_FRAME, Framer, crc
from iot_ingest.model.quarantine import Reason
from tests.iot_ingest import frames

# --- check sum -----------------------------------------------------------------------------


def test_the_check_sum_is_that_of_the_standard() -> None:
    segment = (
        b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
        b"CP=&&RtdInterval=30&&"
    )
    assert f"{crc(segment):04X}" == "1C80"


@given(st.binary(max_size=1200))
def test_the_fast_check_sum_equals_the_slow_one(data: bytes) -> None:
    assert f"{crc(data):04X}" == frames.hj212_crc(data)


# --- framing -------------------------------------------------------------------------------

GOOD = frames.measured("a34002-Rtd=31,a34002-Flag=N")
OTHER = frames.measured("a34004-Rtd=14,a34004-Flag=N", qn="20260301120100123")


def taken(*parts: bytes) -> list[tuple[bytes, bool]]:
    framer = Framer()
    return [(one.raw, one.ok) for part in parts for one in framer.feed(part)]


@given(st.data())
def test_frames_are_found_however_they_are_split_and_glued(data: st.DataObject) -> None:
    between = st.sampled_from([b"", b"\r\n", b"\x00", b"hello", b"#", b"DTU-0012\r\n"])
    pieces = data.draw(st.lists(st.tuples(between, st.sampled_from([GOOD, OTHER])), max_size=5))
    stream = b"".join(junk + frame for junk, frame in pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    parts = [
        stream[first:last] for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    assert taken(*parts) == [(frame.rstrip(), True) for _, frame in pieces]


def test_a_frame_without_a_line_end_is_taken_by_its_length() -> None:
    bare = GOOD.rstrip()
    assert taken(bare) == [(bare, True)]
    assert taken(bare + OTHER.rstrip()) == [(bare, True), (OTHER.rstrip(), True)]


def test_a_lower_case_check_sum_is_right() -> None:
    low = GOOD[:-6] + GOOD[-6:].lower()
    assert taken(low) == [(low.rstrip(), True)]


@pytest.mark.parametrize("told", [b"0020", b"0900", b"9999", b"0000"])
def test_a_wrong_length_does_not_hide_the_frames_around_it(told: bytes) -> None:
    wrong = GOOD[:2] + told + GOOD[6:]
    found = taken(OTHER, wrong, OTHER)
    # the check sum vouches for it, whatever its length says
    assert [ok for _, ok in found] == [True, True, True]
    assert found[1][0] == wrong.rstrip()


@pytest.mark.parametrize("told", [b"0020", b"0900", b"9999", b"0000"])
def test_a_wrong_length_and_check_sum_is_refused_alone(told: bytes) -> None:
    wrong = GOOD[:2] + told + GOOD[6:-6] + b"0000\r\n"
    found = taken(OTHER, wrong, OTHER, GOOD)
    assert [ok for _, ok in found] == [True, False, True, True]
    trouble = hj212.check(found[1][0])
    assert trouble is not None
    assert trouble.reason is Reason.WRONG_LENGTH


def test_a_broken_frame_is_refused_with_its_reason() -> None:
    broken = GOOD.replace(b"Rtd=31", b"Rtd=37")
    ((raw, ok),) = taken(broken)
    trouble = hj212.check(raw)
    assert not ok
    assert trouble is not None
    assert trouble.reason is Reason.BAD_CRC


def test_a_frame_that_breaks_off_does_not_hide_the_next() -> None:
    found = taken(GOOD[:60], OTHER)
    assert [ok for _, ok in found] == [False, True]


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.sampled_from([b"##", b"#", b"##9999", b"##0100", b"\r\n", GOOD[:40], GOOD[40:]]),
        ),
        max_size=30,
    )
)
def test_no_stream_breaks_the_framer_or_hides_the_next_frame(parts: list[bytes]) -> None:
    framer = Framer()
    for part in parts:
        framer.feed(part)
        assert framer.held < MOST_FRAME
    found = [one for part in (b"\r\n", GOOD) for one in framer.feed(part)]
    assert found[-1].raw == GOOD.rstrip()
    assert found[-1].ok


def test_memory_is_bounded_when_no_frame_ever_ends() -> None:
    framer = Framer()
    for _ in range(200):
        framer.feed(b"##9999" + b"x" * 4000)
        framer.feed(b"y" * 1000)
        assert framer.held < MOST_FRAME
    assert framer.feed(b"\r\n" + GOOD)[-1].ok
