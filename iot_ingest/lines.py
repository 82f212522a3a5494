"""Many MQTT connections in one thread: a selector over the sockets of paho clients."""

from __future__ import annotations

import logging
import selectors
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_log = logging.getLogger(__name__)

_KEEPALIVE_S = 60
_MISC_EVERY_S = 1.0
_RETRY_FIRST_S = 1.0
_RETRY_MOST_S = 8.0
# Kept in memory while the broker is away, per line; the oldest of a day is worth no more.
_MOST_QUEUED = 5_000


class Line:
    """One client's connection. What is published while it is away is sent when it is back."""

    def __init__(self, client: Client, will: str | None) -> None:
        self.client = client
        self.will = will
        self.up = False
        self.retry_at = 0.0
        self.pause_s = _RETRY_FIRST_S
        self._wanted: str | None = None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1."""
        self.client.publish(topic, payload, qos=1, retain=retain)

    def subscribe(self, topic: str, heard: Callable[[str], None]) -> None:
        """Call ``heard`` with the topic of each message; also after a reconnect."""
        self._wanted = topic

        def on_message(_client: Client, _userdata: Any, message: MQTTMessage) -> None:
            heard(message.topic)

        self.client.on_message = on_message
        if self.up:
            self.client.subscribe(topic, qos=1)

    def connected(
        self,
        _client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """Say that we are there; called by paho."""
        if reason.is_failure:
            _log.warning("the broker refuses a connection: %s", reason)
            return
        self.up, self.pause_s = True, _RETRY_FIRST_S
        if self.will is not None:
            self.publish(self.will, b"online", retain=True)
        if self._wanted is not None:
            self.client.subscribe(self._wanted, qos=1)

    def lost(self, *_: Any) -> None:
        """Plan to connect again; called by paho."""
        self.up = False
        self.plan_retry()

    def plan_retry(self) -> None:
        """Try again later, each time a little later."""
        self.retry_at = time.monotonic() + self.pause_s
        self.pause_s = min(self.pause_s * 2, _RETRY_MOST_S)


class Lines:
    """All lines to the broker at ``mqtt://host:port``; call `turn` again and again."""

    def __init__(self, broker: str) -> None:
        parts = urlsplit(broker)
        self._host = parts.hostname or "127.0.0.1"
        self._tls = parts.scheme == "mqtts"
        self._port = parts.port or (8883 if self._tls else 1883)
        self._selector = selectors.DefaultSelector()
        self._lines: list[Line] = []
        self._misc_at = 0.0
        self._closing = False

    def add(self, name: str, secret: str, will: str | None, *, session: str | None = None) -> Line:
        """A line that logs in with its name and secret; ``will``: topic of its online/offline.

        ``session`` is the client id, else it is the name.
        """
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=session or name,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.username_pw_set(name, secret)
        client.max_queued_messages_set(_MOST_QUEUED)
        if self._tls:
            client.tls_set_context(ssl.create_default_context())
        line = Line(client, will)
        if will is not None:
            client.will_set(will, b"offline", qos=1, retain=True)
        client.on_connect = line.connected
        client.on_disconnect = line.lost
        client.on_socket_open = partial(self._opened, line)
        client.on_socket_close = self._closed
        client.on_socket_register_write = partial(self._watch, line, write=True)
        client.on_socket_unregister_write = partial(self._watch, line, write=False)
        self._lines.append(line)
        return line

    def turn(self, wait_s: float) -> None:
        """Read, write, keep alive, connect again; returns after ``wait_s`` at the latest."""
        for key, events in self._selector.select(wait_s):
            client = key.data.client
            if events & selectors.EVENT_READ:
                client.loop_read()
            if events & selectors.EVENT_WRITE:
                client.loop_write()
        now = time.monotonic()
        if now < self._misc_at:
            return
        self._misc_at = now + _MISC_EVERY_S
        for line in self._lines:
            if line.client.socket() is not None:
                line.client.loop_misc()
            elif now >= line.retry_at and not self._closing:
                self._connect(line)

    def close(self) -> None:
        """Say good-bye on every line."""
        self._closing = True
        for line in self._lines:
            if line.up and line.will is not None:
                line.publish(line.will, b"offline", retain=True)
            line.client.disconnect()
        until = time.monotonic() + 2
        while self._selector.get_map() and time.monotonic() < until:
            self.turn(0.05)
        self._selector.close()

    def _connect(self, line: Line) -> None:
        line.plan_retry()
        try:
            line.client.connect(self._host, self._port, keepalive=_KEEPALIVE_S)
        except OSError as error:
            _log.debug("no connection: %s", error)

    def _opened(self, line: Line, _client: Client, _userdata: Any, sock: Any) -> None:
        self._selector.register(sock, selectors.EVENT_READ, line)

    def _closed(self, _client: Client, _userdata: Any, sock: Any) -> None:
        self._selector.unregister(sock)

    def _watch(
        self, line: Line, _client: Client, _userdata: Any, sock: Any, *, write: bool
    ) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        self._selector.modify(sock, events, line)
