"""Publish messages of devices with QoS 1, and know what became of each."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from command_center.problem import Problem
from command_center.replay.table import DeviceMessage
from iot_ingest.model.device import readings_topic
from iot_ingest.model.worker import client_id

_CONNECT_S = 10.0
_ANSWER_S = 30.0
_UNDER_WAY = 500
_SESSION_S = 300
_REFUSED_VERSION = 132


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """Messages sent; of those acknowledged by the broker, and refused by it."""

    sent: int
    acknowledged: int
    refused: int
    took_s: float


class Publisher:
    """A connection to the broker that counts its acknowledgements."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 1883)
        self._changed = threading.Condition()
        self._connected: ReasonCode | None = None
        self._acknowledged = 0
        self._refused = 0
        self._client = self._make_client(url, MQTTProtocolVersion.MQTTv5)
        self._older = partial(self._make_client, url, MQTTProtocolVersion.MQTTv311)

    def _make_client(self, url: str, version: MQTTProtocolVersion) -> Client:
        parts = urlsplit(url)
        user, password = unquote(parts.username or "cc_replay"), unquote(parts.password or "")
        speaks_5 = version == MQTTProtocolVersion.MQTTv5
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=user if speaks_5 else client_id(user, password),
            protocol=version,
        )
        if parts.username:
            client.username_pw_set(user, password)
        if parts.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.max_inflight_messages_set(_UNDER_WAY)
        client.reconnect_delay_set(1, 3)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        return client

    def play(
        self,
        messages: Sequence[DeviceMessage],
        speed: float,
        told: Callable[[int], None] = lambda _: None,
    ) -> Published:
        """Publish in the order of time, ``speed`` times as fast as it was (0: at once).

        Returns when the broker has answered all of them. ``told`` hears how many were sent.
        Raises Problem when the broker cannot be reached, or stops answering.
        """
        self._connect()
        began = time.monotonic()
        first_ms = messages[0].ts_ms if messages else 0
        try:
            for n, message in enumerate(messages, 1):
                if speed:
                    due = began + (message.ts_ms - first_ms) / 1000 / speed
                    time.sleep(max(0.0, due - time.monotonic()))
                self._wait(partial(self._few_under_way, n))
                payload = json.dumps(message.payload(), separators=(",", ":"))
                self._client.publish(readings_topic(message.device_id), payload, qos=1)
                told(n)
            self._wait(lambda: self._answered() >= len(messages))
        finally:
            self._client.disconnect()
            self._client.loop_stop()
        return Published(
            sent=len(messages),
            acknowledged=self._acknowledged,
            refused=self._refused,
            took_s=time.monotonic() - began,
        )

    def _connect(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # of paho
        properties.SessionExpiryInterval = _SESSION_S
        self._try(clean_start=False, properties=properties)
        if self._connected is not None and self._connected.value == _REFUSED_VERSION:
            # NATS: MQTT 3.1.1, where a refused message looks like an acknowledged one
            self._client.loop_stop()
            self._client, self._connected = self._older(), None
            self._try()
        if self._connected is None or self._connected.is_failure:
            self._client.loop_stop()
            raise Problem(
                zh=f"消息代理拒绝登录：{self._connected}。请检查 COMMAND_CENTER_BROKER_URL。",
                en=f"the broker refuses the login: {self._connected}. Check"
                " COMMAND_CENTER_BROKER_URL.",
            )

    def _try(self, **options: Any) -> None:
        host, port = self._address
        try:
            self._client.connect(host, port, **options)
        except OSError as error:
            raise Problem(
                zh=f"连接不上消息代理 {host}:{port}（{error}）：请先启动 command-center run。",
                en=f"the broker at {host}:{port} cannot be reached ({error}): start"
                " `command-center run` first.",
            ) from error
        self._client.loop_start()
        with self._changed:
            self._changed.wait_for(lambda: self._connected is not None, _CONNECT_S)

    def _answered(self) -> int:
        return self._acknowledged + self._refused

    def _few_under_way(self, sent: int) -> bool:
        return sent - self._answered() <= _UNDER_WAY

    def _wait(self, condition: Callable[[], bool]) -> None:
        """Wait for answers; a broker that gives none for 30 s is told as a Problem."""
        with self._changed:
            while not condition():
                before = self._answered()
                self._changed.wait(_ANSWER_S)
                if self._answered() == before and not condition():
                    raise Problem(
                        zh=f"消息代理 {_ANSWER_S:g} 秒没有应答，回放中断，已确认 {before} 条。"
                        "再次回放不会产生重复数据。",
                        en=f"the broker has not answered for {_ANSWER_S:g} s; {before} messages"
                        " were acknowledged. Replaying again doubles nothing.",
                    )

    def _on_connect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._changed:
            self._connected = reason
            self._changed.notify_all()

    def _on_publish(
        self,
        _client: Client,
        _userdata: Any,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._changed:
            if reason.is_failure:
                self._refused += 1
            else:
                self._acknowledged += 1
            self._changed.notify_all()
