"""paho's client, reading the socket in large pieces and writing acknowledgements in one.

paho reads a message in five small pieces and builds an object for each with properties, locks and
callbacks around it: half of the machine's time at full load. Here one read brings hundreds of
messages, a PUBLISH is taken apart on the spot, and everything else (CONNACK, SUBACK, PINGRESP,
DISCONNECT, ...) still goes to paho, which keeps the connection, the time-outs and the reconnects.

It stands on names that paho calls private (``_sock_recv``, ``_in_packet``, ``_packet_handle``,
``_packet_queue``, ``_loop_rc_handle``, ``_protocol``, ``_client_id``, ``_clean_session``): the
version is pinned, and tests speak to real brokers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

_log = logging.getLogger(__name__)

_READ_BYTES = 262_144
_PUBLISH = 0x30
_PUBACK = 0x40
# A remaining length of more than four bytes is not MQTT.
_MOST_LENGTH_BYTES = 4
# The broker takes a megabyte: what says to be much longer is no packet, and is not waited for.
_MOST_PACKET = 16_777_216

_ACKNOWLEDGEMENT = np.dtype([("command", "u1"), ("length", "u1"), ("mid", ">u2")])

# topic, payload, flags (below), message id
Publish = tuple[str, bytes, int, int]
RETAIN, QOS, DUP = 1, 6, 8


class BufferedClient(Client):
    """A client for one subscriber: MQTT 5 or 3.1.1, no topic aliases, quality of service 0 and 1.

    ``on_publish_packets`` gets the messages of one read; `acknowledge_all` answers many at once.
    """

    def __init__(
        self, *args: Any, on_publish_packets: Callable[[list[Publish]], None], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._deliver = on_publish_packets
        self._unread = bytearray()
        self._topics: dict[bytes, str] = {}
        self._has_properties = self._protocol == MQTTProtocolVersion.MQTTv5

    @property
    def speaks_5(self) -> bool:
        """Whether MQTT 5 is spoken, and not 3.1.1."""
        return self._has_properties

    def speak_311(self, client_id: str) -> None:
        """Speak MQTT 3.1.1 from the next connection on, with a session under this client id."""
        self._protocol = MQTTProtocolVersion.MQTTv311
        self._client_id = client_id.encode()
        self._clean_session = False
        self._has_properties = False

    def acknowledge_all(self, mids: Sequence[int]) -> None:
        """Send one PUBACK for each message id, in this order, in one write."""
        if not len(mids):
            return
        out = np.empty(len(mids), _ACKNOWLEDGEMENT)
        out["command"], out["length"], out["mid"] = _PUBACK, 2, mids
        self._packet_queue(_PUBACK, out.tobytes(), 0, 1)

    def _create_socket(self) -> Any:
        # what an earlier connection left half said is not the beginning of this one
        self._unread = bytearray()
        return super()._create_socket()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002 - as paho has it
        """Take what the socket has: paho's loop calls this when there is something."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            data = self._sock_recv(_READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            # (paho's clock)
            self._last_bytes_received = time.monotonic()
        self._unread += data
        rc = self._take_packets()
        return self._loop_rc_handle(rc) if rc > 0 else MQTTErrorCode.MQTT_ERR_SUCCESS

    def _take_packets(self) -> MQTTErrorCode:
        """Take every whole packet of the buffer."""
        data = bytes(self._unread)
        begin, end = 0, len(data)
        publishes: list[Publish] = []
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        while begin + 1 < end:
            # the length: seven bits a byte, the least first
            length = data[begin + 1]
            body = begin + 2
            if length > 127:
                found = _length(data, begin + 1)
                if found is None:
                    if end - begin > _MOST_LENGTH_BYTES:
                        rc = MQTTErrorCode.MQTT_ERR_PROTOCOL
                    break
                length, body = found
            following = body + length
            if length > _MOST_PACKET:
                rc = MQTTErrorCode.MQTT_ERR_PROTOCOL
                break
            if following > end:
                break
            command = data[begin]
            if command & 0xF0 == _PUBLISH:
                publish = self._publish(command, data, body, following)
                if publish is None:
                    rc = MQTTErrorCode.MQTT_ERR_PROTOCOL
                    break
                publishes.append(publish)
            else:
                # a DISCONNECT ends their connection, and message ids belong to a connection
                self._hand_over(publishes)
                publishes = []
                rc = self._give_to_paho(command, data[body:following])
                if rc > 0 or self._sock is None:
                    break
            begin = following
        self._hand_over(publishes)
        del self._unread[:begin]
        return rc

    def _hand_over(self, publishes: list[Publish]) -> None:
        if publishes:
            self._deliver(publishes)

    def _publish(self, command: int, data: bytes, at: int, end: int) -> Publish | None:
        """The parts of a PUBLISH; None when it is none. Its properties are not looked at."""
        named = at + 2 + (data[at] << 8 | data[at + 1]) if at + 2 <= end else end + 1
        flags = command & 0x0F
        qos = flags & QOS
        rest = named + (2 if qos else 0)
        if rest > end or qos > 2:
            return None
        topic = data[at + 2 : named]
        name = self._topics.get(topic) or self._name(topic)
        mid = data[named] << 8 | data[named + 1] if qos else 0
        if not self._has_properties:
            return name, data[rest:end], flags, mid
        if rest == end:
            return None
        properties = data[rest]
        rest += 1
        if properties > 127:
            found = _length(data[:end], rest - 1)
            if found is None:
                return None
            properties, rest = found
        rest += properties
        if rest > end:
            return None
        return name, data[rest:end], flags, mid

    def _name(self, topic: bytes) -> str:
        if len(self._topics) > 200_000:
            self._topics.clear()
        found = self._topics[topic] = topic.decode("utf-8", "backslashreplace")
        return found

    def _give_to_paho(self, command: int, body: bytes) -> MQTTErrorCode:
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except Exception:  # noqa: BLE001 - whatever it is, see below
            # paho raises what it stumbles over (struct.error, ValueError, OSError, ...), and its
            # thread would end by it: then nothing is heard any more, and nobody connects again
            _log.exception("the broker sent what cannot be read: %02x", command)
            return MQTTErrorCode.MQTT_ERR_PROTOCOL


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """A length of variable size and where it ends; None when its end is not here."""
    if at + 1 < len(data) and data[at] > 127 and data[at + 1] < 128:
        # (nearly every message is so long)
        return data[at] + ((data[at + 1] - 1) << 7), at + 2
    value = 0
    for count, byte in enumerate(data[at : at + _MOST_LENGTH_BYTES]):
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, at + count + 1
    return None
