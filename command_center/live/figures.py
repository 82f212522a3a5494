"""The numbers on the wall: open tickets by layer, state and department; devices; today's work."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from events.model.access import Scope
from events.store import statistics


def read_figures(
    conn: Connection, devices: Iterable[dict[str, Any]], now: datetime
) -> dict[str, Any]:
    """``{"tickets": counts, "devices": {layer: {total, online, raised}}}`` as JSON values."""
    by_layer: dict[str, dict[str, int]] = {}
    for device in devices:
        figures = by_layer.setdefault(device["layer"], {"total": 0, "online": 0, "raised": 0})
        figures["total"] += 1
        figures["online"] += bool(device["online"])
        figures["raised"] += device["level"] > 0
    counts = statistics.open_counts(conn, Scope(), now).as_dict()
    # JSON knows text keys only
    counts["by_severity"] = {str(level): one for level, one in counts["by_severity"].items()}
    return {"tickets": counts, "devices": by_layer}
