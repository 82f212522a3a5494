"""Limits of one device: which number counts, in which hours, since when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from layers.contract.hours import Hours, switches
from layers.contract.wording import Words

# Every version has had one of its own turns within so long.
_TWO_DAYS_MS = 2 * 86_400_000

Attributes = Mapping[str, Any]
"""What is known of one device: its own attributes, ``interval_s``, seconds between readings, and
``time_zone``, the city's (IANA)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """One limit of a rule for one device: passing ``value`` means ``level``; a finding ends when
    the measured quantity is back inside ``calm``. ``window_ms`` where each limit has its own,
    ``hours`` where it holds at these hours of the local day only, ``flags`` where it is about
    readings that carry one of these."""

    level: int
    value: float
    calm: float
    clause: str
    label: Words
    window_ms: int = 0
    hours: Hours | None = None
    flags: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Everything a rule needs to know of one device, from its pack and the device's attributes.

    ``lookback_ms`` says how far before the first judged reading a rule must read. ``later`` are
    the versions that replace this one, each from its ``from_ms`` on (event time, rising).
    """

    bounds: tuple[Bound, ...]
    lookback_ms: int
    interval_ms: int
    strict: bool = False
    sustain_ms: int = 0
    calm_ms: int = 0
    gap_ms: int = 0
    window_ms: int = 0
    share: float = 0.0
    point: float = 0.0
    rests_at: float | None = None
    members_at_least: int = 0
    zone: str = "UTC"
    silent_after_ms: int = 0
    from_ms: int = 0
    later: tuple["Limits", ...] = ()

    def bound(self, level: int) -> Bound:
        """Return the limit of ``level`` (of the nearest lower one, if a pack dropped it)."""
        chosen = self.bounds[0]
        for bound in self.bounds:
            if bound.level <= level:
                chosen = bound
        return chosen

    def at(self, ts_ms: int) -> "Limits":
        """Return what is in force at a moment: one version, the bounds of that hour."""
        chosen = self._version(ts_ms)
        marks = chosen._marks()
        if not marks:
            return chosen
        _, minute = switches(self.zone, marks, ts_ms, ts_ms)[0]
        return chosen._in(minute)

    def stretches(self, first_ms: int, last_ms: int) -> Iterator["Stretch"]:
        """Cut ``[first_ms, last_ms]`` where other limits come into force, in order of time."""
        marks = {mark for one in (self, *self.later) for mark in one._marks()}
        turns = switches(self.zone, marks, first_ms - _TWO_DAYS_MS, last_ms) if marks else []
        starts = {one.from_ms for one in self.later} | {at for at, _ in turns}
        cuts = [first_ms, *sorted(at for at in starts if first_ms < at <= last_ms), last_ms + 1]
        for from_ms, until_ms in pairwise(cuts):
            chosen = self._version(from_ms)
            begun = [turn for turn in turns if turn[0] <= from_ms and turn[1] in chosen._marks()]
            yield Stretch(
                from_ms=from_ms,
                until_ms=until_ms,
                context_from_ms=begun[-1][0] if begun else None,
                limits=chosen._in(begun[-1][1]) if begun else chosen,
            )

    @property
    def constant(self) -> bool:
        """Whether the same bounds hold at all times."""
        return not self.later and not self._marks()

    def _version(self, ts_ms: int) -> "Limits":
        chosen = self
        for one in self.later:
            if one.from_ms <= ts_ms:
                chosen = one
        return replace(chosen, later=()) if chosen.later else chosen

    def _marks(self) -> set[int]:
        hours = [bound.hours for bound in self.bounds if bound.hours is not None]
        return {mark for one in hours for mark in (one.start, one.end)}

    def _in(self, minute: int) -> "Limits":
        kept = tuple(one for one in self.bounds if one.hours is None or minute in one.hours)
        return replace(self, bounds=kept)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Time in which the same ``limits`` are in force: ``[from_ms, until_ms)``.

    Windows do not look back beyond ``context_from_ms`` (None: as far as they are long), so that
    what was allowed by day is not held against the night.
    """

    from_ms: int
    until_ms: int
    context_from_ms: int | None
    limits: Limits
