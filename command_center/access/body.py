"""Request bodies: how large they may be, and reading one that somebody else reads again."""

from starlette.types import Message, Receive


class BodyTooLarge(Exception):
    """More bytes came than the route allows."""


class Meter:
    """A ``receive`` that raises BodyTooLarge when more than ``limit`` bytes arrive.

    ``exceeded`` stays true then: whoever reads the body may have taken the error for his own.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        """Count what ``receive`` gives."""
        self._receive = receive
        self._limit = limit
        self._seen = 0
        self.exceeded = False

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit:
                self.exceeded = True
                raise BodyTooLarge
        return message


async def read_all(receive: Receive) -> bytes:
    """The whole body; give a ``receive`` that is limited. Empty when the caller went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` once, then what really comes (a disconnect)."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return receive_again
