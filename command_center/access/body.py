"""Request bodies: how large they may be, and reading one that somebody else reads again."""

from starlette.types import Message, Receive


class BodyTooLarge(Exception):
    """More bytes came than the route allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


def limited(receive: Receive, limit: int) -> Receive:
    """A ``receive`` that raises BodyTooLarge when more than ``limit`` bytes arrive."""
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(limit)
        return message

    return receive_limited


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
