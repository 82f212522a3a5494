"""Why is this due then? Every stretch of a stage's clock, over pauses, at any past instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from events.model.calendar import Calendar
from events.model.deadline import Limit, Segment, Stage, StageClock, due, elapsed, explain
from events.model.verb import VERB_WORDS, Verb
from events.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One uninterrupted run of the clock: its segments until it was stopped, or until it is due.

    ``given``: the time that it started with; ``used`` of it in this run. ``extra``: what an
    extension had just added. ``stopped_by``: the verb that ended it.
    """

    clock: StageClock
    given: timedelta
    used: timedelta
    extra: timedelta
    segments: tuple[Segment, ...]
    stopped_by: Verb | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """The clock of one stage as it was at ``at``: all its runs, the first one first.

    ``due_at`` is computed anew from the runs; ``told_due_at`` is what was told then. They differ
    when the calendar has been changed since.
    """

    at: datetime
    runs: tuple[Run, ...]
    due_at: datetime
    told_due_at: datetime

    @property
    def limit(self) -> timedelta:
        """The whole time: the first limit and every extension."""
        return self.runs[0].given + sum((one.extra for one in self.runs), timedelta())

    @property
    def used(self) -> timedelta:
        """What of it was used until ``at``."""
        return sum((one.used for one in self.runs), timedelta())

    @property
    def running(self) -> bool:
        """Whether it ran at ``at``."""
        return self.runs[-1].stopped_by is None


def explain_at(
    clocks: Sequence[StageClock], at: datetime, calendar: Calendar
) -> Explanation | None:
    """The clock that ran at ``at`` (else the last one that had run), with the pauses before it.

    ``clocks`` are all runs of one ticket in order. None: no clock had started by then.
    """
    known = [
        _as_of(one, at) for one in clocks if one.started_at <= at and one.stage is not Stage.ASSIST
    ]
    if not known:
        return None
    by_id = {one.clock_id: one for one in known}
    chain = [known[-1]]
    while (earlier := by_id.get(chain[0].why.get("resumed", 0))) is not None:
        chain.insert(0, earlier)
    runs: list[Run] = []
    left = chain[0].time_limit
    for clock in chain:
        extra = timedelta(seconds=clock.why.get("extended_s", 0))
        given = left + extra
        ended = clock.stopped_at or at
        used = min(elapsed(clock.started_at, ended, clock.clock, calendar), given)
        until = due(clock.started_at, Limit(clock=clock.clock, time_limit=given), calendar)
        stop = clock.stopped_at or until
        runs.append(
            Run(
                clock=clock,
                given=given,
                used=used,
                extra=extra,
                segments=explain(clock.started_at, stop, clock.clock, calendar),
                stopped_by=None if clock.stopped_at is None else Verb(clock.why["stopped_by"]),
            )
        )
        left = max(given - used, timedelta())
    return Explanation(at=at, runs=tuple(runs), due_at=until, told_due_at=chain[-1].due_at)


def pause_words(verb: Verb) -> Words:
    """Why a clock stands still after a verb."""
    told = VERB_WORDS[verb]
    return Words(zh=f"停止计时：{told.zh}", en=f"stopped: {told.en.lower()}")


def _as_of(clock: StageClock, at: datetime) -> StageClock:
    """The run as it was at an instant: what stopped it later had not happened."""
    if clock.stopped_at is not None and clock.stopped_at > at:
        return replace(clock, stopped_at=None)
    return clock
