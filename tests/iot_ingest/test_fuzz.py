"""Every reader of foreign bytes, fed with seeds that were torn, mixed and made up."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_ingest.decoders import hj212_framing, sl651, sl651_framing
from iot_ingest.message import Message
from iot_ingest.model.quarantine import Reason
from iot_ingest.spool import Spool
from iot_ingest.unit_profiles import UnitProfiles
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import NOW_US, TARGETS, mqtt_stream
from tests.iot_ingest import frames

SL651 = UnitProfiles().of("sl651", "test")
MEGABYTE = 1_000_000
LONG = 160_000


@st.composite
def torn(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """Pieces of seeds, some bytes changed, junk between them."""
    found = b""
    for _ in range(draw(st.integers(1, 4))):
        seed = draw(st.sampled_from(whole))
        first = draw(st.integers(0, len(seed)))
        piece = bytearray(seed[first : draw(st.integers(first, len(seed)))])
        for _ in range(draw(st.integers(0, 3)) if piece else 0):
            piece[draw(st.integers(0, len(piece) - 1))] = draw(st.integers(0, 255))
        found += bytes(piece) + draw(st.binary(max_size=6))
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_escapes_and_the_next_good_frame_is_found(target: str) -> None:
    anything = st.one_of(torn(seeds(target)), st.binary(max_size=200))
    slow = target in ("spool_file", "hj212_stream", "sl651_stream")

    @settings(
        max_examples=25 if slow else 120,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(anything)
    def run(data: bytes) -> None:
        TARGETS[target](data)

    run()
    for seed in seeds(target):
        TARGETS[target](seed)


@pytest.mark.parametrize("make", [hj212_framing.Framer, sl651_framing.Framer])
@pytest.mark.parametrize(
    "block",
    [b"##", b"##9999", b"\x7e", b"\x7e\x7e\x01", b"##0100QN=1;", bytes(64), b"\x7e\x7e" * 3 + b"x"],
)
def test_who_never_ends_a_frame_costs_no_memory_and_only_linear_time(
    make: Callable[[], hj212_framing.Framer | sl651_framing.Framer], block: bytes
) -> None:
    def feed(size: int) -> tuple[float, int]:
        framer, piece = make(), block * (4_096 // len(block))
        began, most = time.process_time(), 0
        for _ in range(size // len(piece)):
            framer.feed(piece)
            most = max(most, framer.held)
        return time.process_time() - began, most

    tracemalloc.start()
    try:
        feed(LONG // 4)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTE
    short, held = feed(LONG // 4)
    long, _ = feed(LONG)
    assert held <= hj212_framing.MOST_FRAME + 1
    # (4 times as long; quadratic would be 16)
    assert long < 8 * short + 0.2


def test_a_time_step_that_the_text_cuts_off_is_told() -> None:
    for cut in ("0418", "0418 00", "0418 0000"):
        at = frames.NOW
        raw = frames.sl651(0x31, frames.observed(at) + cut, at=at)
        assert SL651 is not None
        decoded = sl651.decode(raw, NOW_US, SL651)
        assert [one.reason for one in decoded.troubles] == [Reason.BAD_FRAME]


def test_a_refused_version_does_not_end_the_network_thread() -> None:
    # CONNACK 3.1.1, "unacceptable protocol version": paho connects again on the spot, and fails
    mqtt_stream(b"\x00\x20\x02\x00\x01\x00\x00")
    mqtt_stream(b"\x00\x20\x02\x00\x01\x00")


def test_a_packet_that_is_too_long_is_not_waited_for() -> None:
    # 200 MB are announced: the connection ends instead of filling the memory
    mqtt_stream(b"\x00\x32\x80\x80\xb0\x5f" + bytes(50))


def test_a_record_that_somebody_else_wrote_is_put_aside(tmp_path: Path) -> None:
    content = msgspec.msgpack.encode({"not": "ours"})
    head = len(content).to_bytes(4, "big") + zlib.crc32(content).to_bytes(4, "big")
    (tmp_path / f"{1:016d}.spool").write_bytes(head + content)
    (tmp_path / "notes.spool").write_bytes(b"a person's")
    spool = Spool(tmp_path)
    spool.append([Message("t", b"after", NOW_US, 1, 1, 0)])
    taken = spool.read(10)
    assert taken is not None
    assert [one.payload for one in taken.messages] == [b"after"]
    assert spool.damaged == 1
    assert (tmp_path / f"{1:016d}.damaged").read_bytes() == head + content
    spool.close()
