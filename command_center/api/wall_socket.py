"""`/live/wall`: the picture of the city, pushed."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic

import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from command_center.access.context import logged_in
from command_center.access.sessions import Sessions
from command_center.live.hub import Hub
from command_center.live.messages import moment
from command_center.live.subscriber import Subscriber
from events.model.access import Permission, allowed, scope

# How often it is looked whether the session still stands.
CHECK_S = 30.0
# How often it is looked whether a wall has heard anything, and takes what it is told.
_LOOK_S = 1.0
# A wall that hears nothing for longer knows that it is stale, not that the city is calm.
_BEAT_S = 2.0
# A client whose connection takes nothing for this long is given up.
_STALLED_S = 30.0
# Close code: log in again.
SIGNED_OUT = 4401


def router(hub: Hub, sessions: Sessions) -> APIRouter:
    """The socket /live/wall; the gate has checked the session when it opens."""
    routes = APIRouter()

    @routes.websocket("/live/wall")
    async def wall(socket: WebSocket) -> None:
        await socket.accept()
        token: str = socket.state.token
        with hub.subscribe(scope(logged_in()).area_id) as subscriber:
            line = Line(socket, subscriber)
            tasks = [
                asyncio.create_task(line.send()),
                asyncio.create_task(line.watch()),
                asyncio.create_task(_until_closed(socket)),
                asyncio.create_task(_while_signed_in(socket, sessions, token)),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    return routes


def _beat() -> str:
    return orjson.dumps({"t": "beat", "at": moment(datetime.now(UTC))}).decode()


class Line:
    """Sends to one wall, and knows since when it has heard nothing or takes nothing.

    No message has a timer of its own: with two hundred walls those cost more than the messages.
    """

    def __init__(self, socket: WebSocket, subscriber: Subscriber) -> None:
        self._socket = socket
        self._subscriber = subscriber
        self._told_s = monotonic()
        self._sending_s: float | None = None

    async def send(self) -> None:
        """Send what there is to send, until the wall is gone."""
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                text = await self._subscriber.next()
                self._sending_s = monotonic()
                await self._socket.send_text(text)
                self._told_s, self._sending_s = monotonic(), None

    async def watch(self) -> None:
        """Give a sign of life where nothing else is said; returns when the wall is given up."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now = monotonic()
            if self._sending_s is not None:
                if now - self._sending_s > _STALLED_S:
                    return
            elif now - self._told_s > _BEAT_S - _LOOK_S:
                self._subscriber.beat(_beat())


async def _until_closed(socket: WebSocket) -> None:
    # a wall has nothing to say; reading notices that it went away
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


async def _while_signed_in(socket: WebSocket, sessions: Sessions, token: str) -> None:
    while True:
        await asyncio.sleep(CHECK_S)
        actor = await sessions.actor(token)
        if actor is None or not allowed(actor, Permission.VIEW_WALL):
            with suppress(RuntimeError):
                await socket.close(SIGNED_OUT)
            return
