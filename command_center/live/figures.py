"""The numbers on the wall: open tickets by layer, state and department; devices; today's work."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from command_center.evaluation.on_time import on_time
from events.model.access import Scope
from events.store import figures, statistics, trend

# The share disposed in time is of 30 days: asked for seldom.
_ASK_EVERY_S = 60.0


class Figures:
    """Reads the figures; remembers for a minute what is dear to ask for."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._on_time: float | None = None
        self._asked_s: float | None = None
        self._sampled_at: datetime | None = None

    def read(
        self, conn: Connection, devices: Iterable[dict[str, Any]], now: datetime
    ) -> dict[str, Any]:
        """``{"tickets": counts, "devices": {layer: {total, online, raised}}, "on_time"}``.

        ``on_time``: the share disposed in time of what was due in the last 30 days, as the
        evaluation has it; None when nothing was.
        """
        counts = statistics.open_counts(conn, Scope(), now).as_dict()
        # JSON knows text keys only
        counts["by_severity"] = {str(level): one for level, one in counts["by_severity"].items()}
        now_s = time.monotonic()
        if self._asked_s is None or now_s - self._asked_s > _ASK_EVERY_S:
            self._asked_s = now_s
            city = figures.place(conn, None)
            share = None if city is None else on_time(conn, city, now=now)
            self._on_time = None if share is None else round(share, 4)
        return {"tickets": counts, "devices": _by_layer(devices), "on_time": self._on_time}

    def sample(self, told: Mapping[str, Any], now: datetime) -> trend.Sample | None:
        """What `read` told as a sample of the trend; None when this instant has had its own."""
        at = trend.slot(now)
        if at == self._sampled_at:
            return None
        self._sampled_at = at
        counts = told["tickets"]
        return trend.Sample(
            at=at, open=counts["open"], overdue=counts["overdue"],
            needs_decision=counts["needs_decision"], closed_today=counts["closed_today"],
            on_time=told["on_time"],
        )  # fmt: skip


def _by_layer(devices: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for device in devices:
        figures = found.setdefault(device["layer"], {"total": 0, "online": 0, "raised": 0})
        figures["total"] += 1
        figures["online"] += bool(device["online"])
        figures["raised"] += device["level"] > 0
    return found
