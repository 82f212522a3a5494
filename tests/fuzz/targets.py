"""One function per reader: takes any bytes, raises AssertionError (or worse) when it is at fault.

What all of them promise: nothing is raised whatever comes; a bad frame never swallows the next
good one; what is held back is bounded.
"""

from __future__ import annotations

import math
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from iot_ingest.buffered import BufferedClient, Publish
from iot_ingest.decoders import hj212, hj212_framing, json_reading, sl651, sl651_framing
from iot_ingest.decoders.hj212_packet import frame as hj212_frame
from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.listeners.wires import Hj212Wire, Sl651Wire, Wire
from iot_ingest.message import Message
from iot_ingest.model.reading import FLAGS, can_be_true
from iot_ingest.spool import Spool
from iot_ingest.unit_profiles import UnitProfiles
from tests.iot_ingest import frames

NOW_US = frames.NOW_US
_PROFILES = UnitProfiles().all()
_GOOD_HJ212 = frames.measured("a34002-Rtd=31,a34002-Flag=N")
_GOOD_SL651 = frames.sl651(0x32, frames.observed(frames.NOW) + "3923 00000127")


def _is_sound(decoded: Decoded) -> None:
    for one in decoded.readings:
        assert math.isfinite(one.value), one
        assert one.flag in FLAGS, one
        assert can_be_true(one.ts_us, NOW_US), one
    for trouble in decoded.troubles:
        assert len(trouble.detail) < 1_000, trouble


def json_payload(data: bytes) -> None:
    """A payload of JSON; the plain way and the careful way say the same."""
    decoded = json_reading.decode(data, NOW_US)
    _is_sound(decoded)
    assert decoded.readings or decoded.troubles
    plain = json_reading.decode_plain(data, NOW_US)
    if plain is not None:
        found = {one.metric: one.value for one in decoded.readings}
        finite = {name: one for name, one in plain[1].items() if math.isfinite(one)}
        assert found == finite


def _pieces(data: bytes) -> Iterator[bytes]:
    """The data cut up; its first byte says how."""
    size = (data[0] if data else 0) or len(data) or 1
    for at in range(1, len(data), size):
        yield data[at : at + size]


def _stream(data: bytes, wire: Wire, good: bytes, most: int) -> None:
    """A connection on which anything comes, and good frames after it."""
    framer = wire.framer
    for piece in _pieces(data):
        for frame in framer.feed(piece):
            wire.envelope(frame)
        assert framer.held <= most, framer.held  # type: ignore[attr-defined] # both framers have it
    # whatever was promised before, it ends within one frame's length
    ends = good * (2 + most // len(good))
    assert good.strip() in [frame.raw.strip() for frame in framer.feed(ends) if frame.ok]
    assert [frame.ok for frame in framer.feed(good)][-1:] == [True]


def hj212_stream(data: bytes) -> None:
    """Bytes on an HJ 212 connection. One good line is found at once, whatever was before."""
    _stream(data, Hj212Wire(), _GOOD_HJ212, hj212_framing.MOST_FRAME + 1)
    framer = hj212_framing.Framer()
    framer.feed(data)
    assert any(frame.ok for frame in framer.feed(b"\r\n" + _GOOD_HJ212))


def sl651_stream(data: bytes) -> None:
    """Bytes on an SL 651 connection."""
    _stream(data, Sl651Wire(), _GOOD_SL651, sl651_framing.MOST_FRAME + 1)


def hj212_segment(data: bytes) -> None:
    """Any data segment in a frame whose check sum is right, by every profile."""
    segment = data[: hj212_framing.MOST_SEGMENT]
    _frame(hj212_frame(segment.decode("latin-1")).rstrip(), Hj212Wire(), "hj212")


def sl651_text(data: bytes) -> None:
    """Any function and text in a frame whose check sum is right, by every profile."""
    function, text = (data[0] if data else 0x32), data[1 : 1 + sl651_framing.MOST_TEXT]
    head = bytes.fromhex("7E7E0100123456781234") + bytes((function,))
    whole = head + len(text).to_bytes(2, "big") + b"\x02" + text + b"\x03"
    _frame(whole + frames.modbus_crc(whole), Sl651Wire(), "sl651")


def _frame(raw: bytes, wire: Wire, protocol: str) -> None:
    found = wire.framer.feed(raw)
    for one in found:
        envelope = wire.envelope(one)
        if envelope is not None and envelope.answer is not None:
            assert envelope.answer()
    decoder = hj212 if protocol == "hj212" else sl651
    if decoder.check(raw) is not None:
        return
    decoder.measures(raw)
    for profile in _PROFILES:
        if profile.protocol == protocol:
            _is_sound(decoder.decode(raw, NOW_US, profile))


def mqtt_stream(data: bytes) -> None:
    """What a broker might send; the first byte also chooses the version of the protocol."""
    versions = (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311)
    found: list[Publish] = []
    client = BufferedClient(
        CallbackAPIVersion.VERSION2,
        client_id="fuzz",
        protocol=versions[len(data) & 1],
        manual_ack=True,
        on_publish_packets=found.extend,
    )
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    client._sock = theirs
    try:
        for piece in _pieces(data):
            ours.sendall(piece)
            if client.loop_read() or client._sock is None:
                break
            assert len(client._unread) <= len(data)
    finally:
        ours.close()
        theirs.close()
    assert all(isinstance(topic, str) for topic, *_ in found)


def spool_file(data: bytes) -> None:
    """A segment of the spool in which anything stands, alone and before another one."""
    folder = Path(tempfile.mkdtemp(prefix="cc-fuzz-"))
    try:
        (folder / f"{1:016d}.spool").write_bytes(data)
        after = Message("t", b"after", NOW_US, 1, 1, 0)
        for _ in range(2):
            spool = Spool(folder)
            spool.append([after])
            read: list[Message] = []
            while (taken := spool.read(100)) is not None:
                read += taken.messages
                spool.done(taken)
            assert read[-1].payload == b"after"
            assert spool.messages == 0
            spool.close()
            # damaged, and not the newest: its torn end is not simply cut off
            (folder / f"{3:016d}.spool").write_bytes(data)
            (folder / f"{4:016d}.spool").write_bytes(b"")
    finally:
        shutil.rmtree(folder)


TARGETS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {
        one.__name__: one
        for one in (
            json_payload, hj212_stream, hj212_segment, sl651_stream, sl651_text, mqtt_stream,
            spool_file,
        )
    }
)  # fmt: skip
