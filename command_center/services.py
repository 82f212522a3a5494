"""What every page, route and callback is given: one frozen object, made by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Engine

from command_center.settings import Settings
from layers.contract import Layer


class Picture(Protocol):
    """The live picture of the city, as `command_center.live` keeps it in memory."""

    def snapshot(self) -> Mapping[str, Any]:
        """Devices, open tickets, figures and recent events, as the wall's socket sends them."""
        ...

    def told(self, area_id: int | None) -> set[int] | None:
        """The open tickets that the walls of an area are told one by one; None: all there are."""
        ...

    def health(self) -> Mapping[str, Any]:
        """``{"status": ..., "components": {name: {status, since, lag_s}}}``, as /api/health."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The application's parts, for pages and routes.

    ``engine`` works as cc_web; ``live`` is the picture that the wall shows; ``layers`` are the
    scenario layers by code; ``now`` is the clock (aware UTC), a parameter so that tests can set
    it. Anything that reads the database blocks: from async code use anyio's ``to_thread``
    (plain callbacks and layouts already run in a worker thread).
    """

    settings: Settings
    engine: Engine
    live: Picture
    layers: Mapping[str, Layer]
    now: Callable[[], datetime]
    version: str
