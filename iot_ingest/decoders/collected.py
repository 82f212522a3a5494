"""Collects what one frame holds: readings in the order sent, troubles by reason."""

from __future__ import annotations

from iot_ingest.decoders.json_reading import Decoded
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import Reading, can_be_true, from_us

_MOST_DETAILS = 5
_SHOWN = 80


class Collected:
    """Readings and troubles of a frame that was received at ``received_us``."""

    __slots__ = ("_troubles", "readings", "received_us")

    def __init__(self, received_us: int) -> None:
        self.received_us = received_us
        self.readings: list[Reading] = []
        self._troubles: dict[Reason, dict[str, None]] = {}

    def trouble(self, reason: Reason, detail: str) -> None:
        """Note what is wrong; the same detail counts once."""
        self._troubles.setdefault(reason, {})[detail[:_SHOWN]] = None

    def can_be_true(self, ts_us: int, sent: str) -> bool:
        """Whether a reading of that time can be true; tells when not."""
        if can_be_true(ts_us, self.received_us):
            return True
        received = from_us(self.received_us).isoformat(timespec="seconds")
        self.trouble(Reason.TIME_OUT_OF_RANGE, f"{sent}, received {received}")
        return False

    def decoded(self) -> Decoded:
        """All of it."""
        if not self._troubles:
            return Decoded(readings=self.readings)
        troubles = []
        for reason, details in self._troubles.items():
            shown = list(details)
            more = len(shown) - _MOST_DETAILS
            detail = "; ".join(shown[:_MOST_DETAILS])
            troubles.append(
                Trouble(reason=reason, detail=detail + (f"; and {more} more" if more > 0 else ""))
            )
        return Decoded(readings=self.readings, troubles=tuple(troubles))
