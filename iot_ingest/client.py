"""The MQTT session: takes messages in, acknowledges only what is stored.

Facts it rests on: the broker re-sends what was not acknowledged when the session is resumed, and
only then; message ids are reused after a reconnect, so an acknowledgement belongs to one
connection (its generation); with QoS 1 the broker has at most ReceiveMaximum messages under way,
which bounds the memory here while the database is away.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot_ingest.buffered import BufferedClient, Publish
from iot_ingest.message import Message

_log = logging.getLogger(__name__)

# Some batches: one being stored, others on their way.
RECEIVE_MAXIMUM = 10_000
_NEVER = 0xFFFF_FFFF
_KEEPALIVE_S = 20
_RETRY_S = (1, 3)

SUBSCRIPTIONS = ("cc/v1/+/+/readings", "cc/v1/+/+/status")


class Session:
    """A persistent session on the broker at ``mqtt://user:password@host:port`` (or mqtts).

    Messages go into ``messages``; nothing else runs in the network thread. `acknowledge` takes
    them back once they are stored. Reconnects by itself.
    """

    def __init__(self, url: str, client_id: str) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.connected = False
        self.connected_since: float | None = None
        self.dropped = 0
        self._lock = threading.Lock()
        self._generation = 0
        self._client = self._make_client(url, client_id)
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection breaks."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # of paho
        properties.SessionExpiryInterval = _NEVER
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_async(
            self._host,
            self._port,
            keepalive=_KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Send the acknowledgements that are waiting, then disconnect; the session stays."""
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that these are stored. Those of an earlier connection come again."""
        with self._lock:
            # the lock orders this before the generation's change, and what is queued before it
            # is thrown away by the reconnect: no id of an old connection is ever acknowledged
            generation = self._generation
            self._client.acknowledge_all(
                [one.mid for one in messages if one.qos and one.generation == generation]
            )

    def _make_client(self, url: str, client_id: str) -> BufferedClient:
        parts = urlsplit(url)
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
            on_publish_packets=self._on_publish_packets,
        )
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.reconnect_delay_set(*_RETRY_S)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(
        self,
        client: Client,
        _userdata: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.error("the broker refuses us: %s", reason)
            return
        # Again each time, even when the session is present: a broker may have lost part of it.
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        client.subscribe([(topic, options) for topic in SUBSCRIPTIONS])
        self.connected, self.connected_since = True, time.time()
        _log.info("connected to the broker, session present: %s", flags.session_present)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._lock:
            self._generation += 1
        self.connected = False
        level = logging.WARNING if reason.is_failure else logging.INFO
        _log.log(level, "disconnected from the broker: %s", reason)

    def _on_publish_packets(self, packets: Sequence[Publish]) -> None:
        now_us = time.time_ns() // 1000
        generation = self._generation
        put = self.messages.put
        for topic, payload, qos, mid in packets:
            if qos == 0 and self.messages.qsize() > RECEIVE_MAXIMUM:
                # QoS 0 promises nothing and is bounded by nothing
                self.dropped += 1
            else:
                put(Message(topic, payload, now_us, qos, mid, generation))
