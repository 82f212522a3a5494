"""`/live/wall`: the picture of the city, pushed."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from command_center.access.context import logged_in
from command_center.access.sessions import Sessions
from command_center.live.hub import Hub, Subscriber
from command_center.live.messages import moment
from events.model.access import Permission, allowed, scope

# How often it is looked whether the session still stands.
CHECK_S = 30.0
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
            tasks = [
                asyncio.create_task(_send(socket, subscriber)),
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


async def _send(socket: WebSocket, subscriber: Subscriber) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        while True:
            try:
                text = await asyncio.wait_for(subscriber.next(), _BEAT_S)
            except TimeoutError:
                text = _beat()
            await asyncio.wait_for(socket.send_text(text), _STALLED_S)


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
