"""The client's own reader: packets cut anywhere, several at once, and what is no packet."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from iot_ingest.buffered import DUP, RETAIN, BufferedClient, Publish

QOS_1 = 2


class Wire:
    """A client at one end of a connection, the test at the other."""

    def __init__(self, version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5) -> None:
        self.found: list[Publish] = []
        self.ours, theirs = socket.socketpair()
        self.client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id="test",
            protocol=version,
            manual_ack=True,
            on_publish_packets=self.found.extend,
        )
        theirs.setblocking(False)
        self.client._sock = theirs

    def send(self, data: bytes, pieces: int = 10_000) -> MQTTErrorCode:
        """Send in pieces of so many bytes; the client reads after each."""
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        for at in range(0, len(data), pieces):
            self.ours.sendall(data[at : at + pieces])
            rc = self.client.loop_read()
            if rc:
                return rc
        return rc


@pytest.fixture
def wire() -> Iterator[Wire]:
    found = Wire()
    yield found
    found.ours.close()
    if found.client._sock is not None:
        found.client._sock.close()


def length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


def publish(
    topic: bytes, payload: bytes, *, qos: int = 1, mid: int = 7, properties: bytes = b""
) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic
    body += mid.to_bytes(2, "big") if qos else b""
    body += length(len(properties)) + properties + payload
    return bytes([0x30 | qos << 1]) + length(len(body)) + body


MANY = [
    ("cc/v1/0a/WL-1/readings", b"{}", 1, 1),
    ("cc/v1/0a/WL-1/readings", b"", 1, 65_535),
    ("t", b"x" * 127, 0, 0),
    ("t", b"y" * 20_000, 1, 256),
]


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 1_000, 100_000])
def test_messages_are_found_however_the_network_cuts_them(wire: Wire, pieces: int) -> None:
    ping = bytes([0xD0, 0])
    data = b"".join(
        publish(topic.encode(), payload, qos=qos, mid=mid) + ping
        for topic, payload, qos, mid in MANY
    )
    assert wire.send(data, pieces) == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert wire.found == [(topic, payload, qos << 1, mid) for topic, payload, qos, mid in MANY]
    assert not wire.client._unread


def test_version_3_has_no_properties() -> None:
    wire = Wire(MQTTProtocolVersion.MQTTv311)
    whole = b"\x3b\x06\x00\x01t\x00\x09\x02" + b"\x32\x05\x00\x01t\x00\x0a" + b"\x30\x03\x00\x01t"
    for at in range(len(whole)):
        wire.send(whole[at : at + 1])
    assert wire.found == [
        ("t", b"\x02", QOS_1 | DUP | RETAIN, 9),
        ("t", b"", QOS_1, 10),
        ("t", b"", 0, 0),
    ]
    assert wire.send(b"\x32\x04\x00\x01t\x00")
    wire.ours.close()


def test_properties_are_passed_over(wire: Wire) -> None:
    user = b"\x26\x00\x01a" + (200).to_bytes(2, "big") + b"b" * 200
    wire.send(publish(b"t", b"1", properties=b"\x01\x01") + publish(b"t", b"2", properties=user))
    assert [payload for _, payload, _, _ in wire.found] == [b"1", b"2"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x32\xff\xff\xff\xff\x01" + b"x" * 10,  # a length of five bytes
        b"\x32\x03\x00\x09t",  # a topic longer than its packet
        b"\x32\x01\x00",  # no room for a topic
        b"\x32\x03\x00\x01t",  # no message id
        b"\x34\x06\x00\x01t\x00\x01\x00",  # quality of service 2, which nobody asked for
        b"\x32\x07\x00\x01t\x00\x01\x09\x00",  # properties longer than the packet
        b"",
    ],
)
def test_what_is_no_message_ends_the_connection(wire: Wire, data: bytes) -> None:
    if data:
        assert wire.send(data)
    else:
        wire.ours.shutdown(socket.SHUT_WR)
        assert wire.client.loop_read()
    assert wire.client._sock is None
    assert wire.found == []


def test_good_messages_before_a_bad_one_are_kept(wire: Wire) -> None:
    wire.send(publish(b"t", b"1") + b"\x32\x01\x00")
    assert [payload for _, payload, _, _ in wire.found] == [b"1"]


def test_messages_before_a_goodbye_belong_to_the_connection_that_ends(wire: Wire) -> None:
    """A broker that stops says DISCONNECT right behind its last messages."""
    order: list[str] = []
    wire.client._deliver = lambda packets: order.append(f"{len(packets)} messages")
    wire.client.on_disconnect = lambda *_: order.append("disconnected")
    wire.send(publish(b"t", b"1") + publish(b"t", b"2") + b"\xe0\x01\x8b")
    assert order == ["2 messages", "disconnected"]


def test_acknowledgements_leave_in_one_write_in_order(wire: Wire) -> None:
    wire.client.acknowledge_all([])
    wire.client.acknowledge_all([1, 256, 65_535])
    assert len(wire.client._out_packet) <= 1
    wire.client.loop_write()
    assert wire.ours.recv(100) == b"\x40\x02\x00\x01\x40\x02\x01\x00\x40\x02\xff\xff"
