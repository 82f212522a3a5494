"""One station's TCP connection: takes frames in, at its own pace, and answers what is stored."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque

from iot_ingest.listeners.hub import Hub
from iot_ingest.listeners.limits import Bucket
from iot_ingest.listeners.watch import Watch
from iot_ingest.listeners.wires import Frame, Wire
from iot_ingest.message import Message

_KILOBYTE = 1_024


class Connection(asyncio.Protocol):
    """Reads only as fast as its frames are stored, and as its rate allows.

    While frames wait, nothing more is read: TCP holds the peer back, memory stays bounded.
    """

    def __init__(self, hub: Hub, protocol: str, wire: Wire) -> None:
        self._hub = hub
        self._protocol = protocol
        self._wire = wire
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Frame] = deque()
        self._under_way = 0
        self._paused = False
        self._dropped = False
        self._timer: asyncio.TimerHandle | None = None
        now = time.monotonic()
        self._bucket = Bucket(hub.limits.rate, hub.limits.burst, now)
        self._watch = Watch(now)
        self._bad_in_a_row = 0
        self._junk_seen = 0
        self.address = ""
        self.proven = False
        self.joined_at = now
        self.heard_at = now
        self.in_line = False

    # --- what asyncio calls ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected: welcome, or one too many."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        self._transport = transport
        # a station that lost its power never says goodbye
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self._hub.joined(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The peer is gone. What it has sent is still stored."""
        self._transport = None
        self._hub.left(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came: cut them into frames and hand over what may be handed over."""
        now = time.monotonic()
        self.heard_at = now
        self._bucket.spend(len(data) / _KILOBYTE, now)
        self._waiting.extend(self._wire.framer.feed(data))
        self._note_junk()
        self.go_on()

    # --- our own --------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether it waits for us, not we for it."""
        return bool(self._waiting or self._under_way)

    def go_on(self) -> None:
        """Hand waiting frames over as far as limits allow, then read on or wait."""
        limits = self._hub.limits
        while self._waiting and not self._hub.stopping:
            wait_s = self._bucket.wait_s(time.monotonic())
            if wait_s:
                self._come_back_in(wait_s)
                break
            if self._under_way >= limits.under_way_each:
                break  # `stored` comes back here
            if not self._hub.has_room():
                self._hub.wait_in_line(self)
                break
            self._hand_over(self._waiting.popleft())
        self._pause_or_resume()

    def stored(self, answer: bytes | None) -> None:
        """One of our frames is committed."""
        self._under_way -= 1
        transport = self._transport
        if answer is not None and transport is not None:
            transport.write(answer)
            if transport.get_write_buffer_size() > self._hub.limits.unread_bytes:
                self.close("unread")
        self.go_on()

    def finish(self) -> None:
        """We are to stop: hand over what is here, as far as it may be under way; read no more."""
        while self._waiting and self._under_way < self._hub.limits.under_way_each:
            self._hand_over(self._waiting.popleft())
        self._pause_or_resume()

    def close(self, why: str) -> None:
        """Drop the connection, counting why."""
        if self._transport is not None and not self._dropped:
            self._dropped = True
            self._hub.count_closed(why)
            self._waiting.clear()
            self._transport.abort()

    def close_gently(self) -> None:
        """Send what is still to be sent, then close."""
        if self._transport is not None:
            self._transport.close()

    def _hand_over(self, frame: Frame) -> None:
        envelope = self._wire.envelope(frame)
        if envelope is None:
            self._bucket.spend(1.0, time.monotonic())
            return
        strange = not frame.ok or not self._hub.knows(envelope.topic)
        limits = self._hub.limits
        self._bucket.spend(limits.strange_cost if strange else 1.0, time.monotonic())
        self._under_way += 1
        answer = envelope.answer
        self._hub.hand_over(
            Message(
                envelope.topic,
                envelope.payload,
                time.time_ns() // 1000,
                0,
                0,
                0,
                self._protocol,
                lambda: self._hub.note_stored(self, answer),
            ),
            ok=frame.ok,
        )
        if self._watch.floods(
            envelope.topic, envelope.payload, time.monotonic(), limits.flood_times
        ):
            self._hub.refuse(self.address)
            self.close("flood")
            return
        if frame.ok:
            self.proven = True
            self._bad_in_a_row = 0
            self._junk_seen = self._wire.framer.junk
            return
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= limits.bad_in_a_row:
            self.close("bad_frames")

    def _note_junk(self) -> None:
        if self._wire.framer.junk - self._junk_seen > self._hub.limits.junk:
            self.close("junk")

    def _come_back_in(self, wait_s: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self.go_on()

    def _pause_or_resume(self) -> None:
        transport = self._transport
        pause = bool(self._waiting) or self._hub.stopping
        if transport is None or transport.is_closing() or pause == self._paused:
            return
        self._paused = pause
        if pause:
            transport.pause_reading()
        else:
            transport.resume_reading()
