"""The MQTT session: takes messages in, acknowledges only what is stored.

Facts it rests on: the broker re-sends what was not acknowledged when the session is resumed;
message ids are reused after a reconnect, so an acknowledgement belongs to one connection (its
generation); with QoS 1 the broker has a bounded number of messages under way, which bounds the
memory here while the database is away: ReceiveMaximum with MQTT 5, the broker's own limit with
3.1.1 (`max_ack_pending` of NATS).

MQTT 5 is tried first; a broker that refuses it is spoken to in 3.1.1. What differs there: NATS
re-sends on a living connection, too (`iot_ingest.again`); lets any user take any client id, so
ours cannot be guessed; and a subscription that is made again brings retained messages again,
which are passed over when the session was there.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from iot_ingest.again import Again
from iot_ingest.buffered import DUP, QOS, RETAIN, BufferedClient, Publish
from iot_ingest.message import Message
from iot_ingest.model import worker

_log = logging.getLogger(__name__)

# Some batches: one being stored, others on their way.
RECEIVE_MAXIMUM = 10_000
_NEVER = 0xFFFF_FFFF
_KEEPALIVE_S = 20
_RETRY_S = (1, 3)

_REFUSED_VERSION = 132
_MARKS = worker.mark_topics()


class Session:
    """A persistent session on the broker at ``mqtt://user:password@host:port`` (or mqtts).

    Messages go into ``messages``; nothing else runs in the network thread. `acknowledge` takes
    them back once they are stored. Reconnects by itself, and subscribes to ``filters`` each time.
    """

    def __init__(
        self, url: str, client_id: str, filters: Sequence[str] = worker.filters(0, 1)
    ) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.connected = False
        self.connected_since: float | None = None
        self.subscribed = False
        self.dropped = 0
        self._filters = filters
        self._asked: int | None = None
        self._released: set[str] = set()
        self._lock = threading.Lock()
        self._generation = 0
        self._again: Again | None = None
        self._resumed = False
        # of this connection: QoS 1 messages taken and acknowledged; marks that are to come back,
        # and how many had been taken when the last of them did
        self._taken = self._acknowledged = 0
        self._marks: dict[str, int] = {}
        self._marks_behind: int | None = None
        self._client = self._make_client(url, client_id)
        parts = urlsplit(url)
        self._secret_id = worker.client_id(client_id, unquote(parts.password or ""))
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

    @property
    def generation(self) -> int:
        """The number of this connection."""
        return self._generation

    @property
    def comes_again_late(self) -> bool:
        """Whether what an earlier connection had comes again only after a while, as with NATS."""
        return not self._client.speaks_5

    def mark(self, topics: Mapping[str, int]) -> None:
        """Publish to ``topics`` and see them come back, as often as said with MQTT 3.1.1."""
        self._marks_behind = None
        self._marks = {
            topic: copies if self.comes_again_late else 1 for topic, copies in topics.items()
        }
        for topic in topics:
            self._client.publish(topic, b"", qos=1)

    def marks_stored(self) -> bool:
        """Whether the marks came back and all that came before them is acknowledged."""
        return self._marks_behind is not None and self._acknowledged >= self._marks_behind

    def release(self, filters: Collection[str]) -> None:
        """Give subscriptions of this session up, now and after each reconnect."""
        self._released.update(filters)
        self._client.unsubscribe(sorted(filters))

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that these are stored. Those of an earlier connection come again."""
        with self._lock:
            # the lock orders this before the generation's change, and what is queued before it
            # is thrown away by the reconnect: no id of an old connection is ever acknowledged
            generation = self._generation
            mids = [one.mid for one in messages if one.qos and one.generation == generation]
            self._acknowledged += len(mids)
            self._client.acknowledge_all(mids if self._again is None else self._again.stored(mids))

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
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(
        self,
        _client: Client,
        _userdata: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        client = self._client
        if reason.value == _REFUSED_VERSION and client.speaks_5:
            _log.info("the broker does not speak MQTT 5: MQTT 3.1.1 from now on")
            client.speak_311(self._secret_id)
            return
        if reason.is_failure:
            _log.error("the broker refuses us: %s", reason)
            return
        self._resumed = flags.session_present
        self._again = None if client.speaks_5 else Again()
        self._subscribe()
        self.connected, self.connected_since = True, time.time()
        _log.info("connected to the broker, session present: %s", flags.session_present)

    def _subscribe(self) -> None:
        # Again each time, even when the session is present: a broker may have lost part of it.
        client, filters = self._client, self._filters
        if self._released:
            client.unsubscribe(sorted(self._released))
        self.subscribed = not filters
        if client.speaks_5:
            only_new = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
            options = SubscribeOptions(qos=1, retainHandling=only_new)
            wanted = [(topic, options) for topic in filters]
            self._asked = client.subscribe(wanted)[1] if wanted else None
        elif filters:
            self._asked = client.subscribe([(topic, 1) for topic in filters])[1]

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: Any,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if mid != self._asked:
            return
        refused = [str(one) for one in reasons if one.is_failure]
        self.subscribed = not refused
        if refused:
            _log.error("the broker refuses %d subscriptions: %s", len(refused), refused[0])

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
            self._taken = self._acknowledged = 0
            self._marks, self._marks_behind = {}, None
        self.connected = self.subscribed = False
        level = logging.WARNING if reason.is_failure else logging.INFO
        _log.log(level, "disconnected from the broker: %s", reason)

    def _on_publish_packets(self, packets: Sequence[Publish]) -> None:
        now_us = time.time_ns() // 1000
        generation = self._generation
        put = self.messages.put
        again = self._again
        if again is not None:
            packets = self._new_ones(packets, again)
        for topic, payload, flags, mid in packets:
            qos = (flags & QOS) >> 1
            if topic in _MARKS:
                self._note_mark(topic, mid, qos)
            elif qos == 0 and self.messages.qsize() > RECEIVE_MAXIMUM:
                # QoS 0 promises nothing and is bounded by nothing
                self.dropped += 1
            else:
                self._taken += qos
                put(Message(topic, payload, now_us, qos, mid, generation))

    def _note_mark(self, topic: str, mid: int, qos: int) -> None:
        self._client.acknowledge_all([mid] if qos else [])
        left = self._marks.get(topic, 0)
        if left > 1:
            self._marks[topic] = left - 1
        elif left:
            del self._marks[topic]
            if not self._marks:
                self._marks_behind = self._taken

    def _new_ones(self, packets: Sequence[Publish], again: Again) -> list[Publish]:
        """Those of MQTT 3.1.1 that are to be stored."""
        found = []
        with self._lock:
            for packet in packets:
                topic, payload, flags, mid = packet
                if topic in _MARKS:
                    found.append(packet)
                elif flags & RETAIN and self._resumed:
                    self._client.acknowledge_all([mid] if flags & QOS else [])
                elif not flags & QOS or again.takes(mid, topic, payload, dup=bool(flags & DUP)):
                    found.append(packet)
        return found
