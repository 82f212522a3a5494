"""The port through which notices leave: one class per way of telling people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from events.model.notice import Notice


class Undelivered(Exception):
    """A channel could not deliver now; the text says why. The notice is tried again later."""


class Channel(Protocol):
    """A way of telling people. ``name`` is the ``channel`` of the notices it delivers."""

    @property
    def name(self) -> str:
        """The word in events.outbox.channel."""

    def send(self, conn: Connection, notices: Sequence[Notice]) -> None:
        """Deliver all of ``notices``, at the latest at the commit. Raises Undelivered."""
