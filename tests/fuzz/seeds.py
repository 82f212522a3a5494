"""Where fuzzing begins: real packets where they are at hand, and the tests' own frames."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from iot_ingest.message import Message
from iot_ingest.spool import Spool
from tests.iot_ingest import frames
from tests.iot_ingest.frames import NOW, NOW_US, level_array, observed, rain_array

_HJ212 = [
    frames.measured("a34002-Rtd=31,a34002-Flag=N;a01001-Rtd=20.1,a01001-Flag=D"),
    frames.measured("w01018-Avg=12.5,w01018-Min=10,w01018-Max=15", cn="2061"),
    frames.hj212("QN=1;ST=91;CN=9015;PW=1;MN=M;Flag=9;CP=&&&&"),
    frames.hj212("QN=1;ST=39;CN=2011;PW=1;MN=M;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20260301&&"),
]
_SL651 = [
    frames.sl651(0x32, observed(NOW) + "2019 000005 2619 000012 3923 00000127 3812 1115"),
    frames.sl651(0x34, observed(NOW) + rain_array(range(12)) + level_array(range(100, 112))),
    frames.sl651(0x31, observed(NOW) + "0418 000005 3923 00000127 00000128"),
    frames.sl651(0x2F, ""),
]
_JSON = [
    b'{"ts":1772337600000,"values":{"water_level":1.27},"flags":{"water_level":"N"},"seq":17}',
    b'[{"ts":"2026-03-01T12:00:00+08:00","values":{"ph":7}},{"ts":1,"values":{"x":NaN}}]',
    b'{"ts":1772337600000,"values":{"ph":7.1},"lon":118.1,"lat":24.5}',
]
# CONNACK, SUBACK, PINGRESP, DISCONNECT, PUBLISH of both versions.
_MQTT = [
    b"\x00\x20\x03\x00\x00\x00\x90\x04\x00\x01\x00\x01\xd0\x00\x32\x09\x00\x01t\x00\x07\x00ab",
    b"\x03\x20\x02\x00\x00\x90\x03\x00\x01\x01\x32\x07\x00\x01t\x00\x07ab\x30\x04\x00\x01tb\xe0\x00",
]


def seeds(target: str) -> list[bytes]:
    """The seeds of a target of `targets.TARGETS`."""
    if target == "json_payload":
        return _JSON
    if target == "mqtt_stream":
        return _MQTT
    if target == "spool_file":
        return [_spooled()]
    hj212 = [*_HJ212, *_real_packets()]
    return {
        "hj212_stream": [b"\x00" + one for one in [*hj212, b"".join(hj212[:4])]],
        "hj212_segment": [one[6:-6] for one in hj212],
        "sl651_stream": [b"\x07" + one for one in [*_SL651, b"".join(_SL651)]],
        "sl651_text": [one[10:11] + one[14:-3] for one in _SL651],
    }[target]


def _real_packets() -> list[bytes]:
    folder = os.environ.get("COMMAND_CENTER_SAMPLES")
    path = Path(folder or "") / "open/protocol/hj212_packets_licensed.jsonl"
    if not folder or not path.exists():
        return []
    packets = [json.loads(line)["raw"] for line in path.read_text().splitlines()]
    return [f"{one.strip()}\r\n".encode("utf-8", "replace") for one in packets]


def _spooled() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        spool = Spool(Path(name))
        spool.append([Message("cc/v1/00/A/readings", one, NOW_US, 1, 1, 0) for one in _JSON])
        spool.close()
        return next(Path(name).glob("*.spool")).read_bytes()
