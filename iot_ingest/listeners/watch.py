"""Watches one connection for a flood: frames that speak of the same moments again and again.

What a station kept while it was offline may come as fast as the connection's rate allows: it
covers the time of the outage. Each station of a connection is held to this by itself, because
gateways carry many.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime

from iot_ingest.model.flood import QUIET_RATE, Heard, Meter, allowance, span_s
from iot_ingest.model.reading import to_us

_WINDOW_S = 1.0
_HJ212_TIME = re.compile(rb"DataTime=(\d{14})")
_SL651_TIME = re.compile(rb"\xf0\xf0(.{5})", re.DOTALL)
_ANYBODY = allowance(60.0, 1)


class Watch:
    """Frames of one connection, looked at once a second."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._window: defaultdict[str, list[bytes]] = defaultdict(list)
        self._meters: dict[str, Meter] = {}

    def floods(self, topic: str, payload: bytes, now: float, times: float) -> bool:
        """Note a frame; whether a station of this connection floods (``times``: see `Meter`)."""
        self._window[topic].append(payload)
        seconds = now - self._since
        if seconds < _WINDOW_S:
            return False
        found = False
        for name, payloads in self._window.items():
            if len(payloads) > QUIET_RATE or name in self._meters:
                meter = self._meters.setdefault(name, Meter(_ANYBODY))
                heard = Heard(
                    seconds=seconds,
                    readings=len(payloads),
                    bytes=sum(map(len, payloads)),
                    span_s=span_s(filter(None, map(_time_us, payloads))),
                )
                found = meter.floods(heard, times=times) or found
        for name in [one for one, meter in self._meters.items() if meter.calm]:
            del self._meters[name]
        self._window.clear()
        self._since = now
        return found


def _time_us(payload: bytes) -> int | None:
    """The time a frame speaks of, to the second or minute; None: it tells none."""
    found = _HJ212_TIME.search(payload)
    digits = found[1].decode() if found is not None else ""
    if found is None:
        found = _SL651_TIME.search(payload)
        digits = "" if found is None else f"20{found[1].hex()}00"
    try:
        return to_us(datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    except ValueError:
        return None
