"""What a rule finds, and what of it is carried on."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A stretch of readings someone must act on: open on ``[onset_ms, ended_ms)``.

    The onset is the reading at which the condition was fulfilled (after its minimum duration, if
    it has one), the end the reading at which all was calm again; ``None`` while it lasts.
    ``level``, ``bound`` and ``clause`` are those of the peak, so they only rise while it lasts.
    A provisional finding disappears when readings that are still under way arrive.
    """

    rule: str
    onset_ms: int
    ended_ms: int | None
    level: int
    peak: float
    peak_ms: int
    bound: float
    clause: str
    provisional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """The finding that is open just before the time from which a rule judges."""

    onset_ms: int
    level: int
    peak: float
    peak_ms: int
    bound: float
    clause: str

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Carry an open finding on."""
        return cls(
            onset_ms=finding.onset_ms,
            level=finding.level,
            peak=finding.peak,
            peak_ms=finding.peak_ms,
            bound=finding.bound,
            clause=finding.clause,
        )
