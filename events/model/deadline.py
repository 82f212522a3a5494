"""Stage clocks: until when something is due, and why then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from events.model.calendar import CLOCK_WORDS, Calendar, Clock
from events.model.category import Category
from events.model.words import Words
from events.model.workflow import State, Verb

# 派遣时限: 15 minutes, nights and holidays included. Filing at the desk: the same practice.
DISPATCH_LIMIT = timedelta(minutes=15)
FILE_LIMIT = timedelta(minutes=30)
_NOTHING = timedelta()


class Stage(StrEnum):
    """The stages that have a clock of their own."""

    FILE = "file"
    DISPATCH = "dispatch"
    DISPOSE = "dispose"
    VERIFY = "verify"


STAGE_WORDS: dict[Stage, Words] = {
    Stage.FILE: Words(zh="立案", en="filing"),
    Stage.DISPATCH: Words(zh="派遣", en="dispatch"),
    Stage.DISPOSE: Words(zh="处置", en="disposal"),
    Stage.VERIFY: Words(zh="核查", en="verification"),
}

STAGE_OF: Mapping[State, Stage] = MappingProxyType(
    {
        State.REPORTED: Stage.FILE,
        State.FILED: Stage.DISPATCH,
        State.DISPATCHED: Stage.DISPOSE,
        State.ACCEPTED: Stage.DISPOSE,
        State.DISPOSED: Stage.VERIFY,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """So much time of such a class."""

    clock: Clock
    time_limit: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class StageClock:
    """A row of events.ticket_clocks: one uninterrupted run of one stage's clock."""

    clock_id: int
    ticket_id: int
    stage: Stage
    clock: Clock
    time_limit: timedelta
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None = None
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of time on the way to a deadline: counted, or resting for a reason."""

    start: datetime
    end: datetime
    counted: timedelta
    resting: Words | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewClock:
    """A clock to be started now, with the reason for its limit."""

    stage: Stage
    limit: Limit
    why: Mapping[str, Any]


def limit_of(stage: Stage, category: Category) -> Limit:
    """The whole limit of a stage for a category."""
    if stage is Stage.DISPOSE:
        return Limit(clock=category.clock, time_limit=category.dispose_limit)
    if stage is Stage.VERIFY:
        return Limit(clock=Clock.CONTINUOUS, time_limit=category.verify_limit)
    whole = FILE_LIMIT if stage is Stage.FILE else DISPATCH_LIMIT
    return Limit(clock=Clock.CONTINUOUS, time_limit=whole)


def due(start: datetime, limit: Limit, calendar: Calendar) -> datetime:
    """The instant at which ``limit`` is used up on the calendar, counted from ``start``."""
    if limit.clock is Clock.CONTINUOUS:
        return start.astimezone(UTC) + limit.time_limit
    if limit.time_limit <= _NOTHING:
        return start.astimezone(UTC)
    wall = calendar.local(start)
    if limit.clock is Clock.NATURAL_DAYS:
        return calendar.instant(wall + limit.time_limit)
    left = limit.time_limit
    for span in calendar.walk(limit.clock, wall):
        if span.resting is not None:
            continue
        if left <= span.length:
            return calendar.instant(span.start + left)
        left -= span.length
    raise AssertionError("a calendar never ends")  # pragma: no cover


def elapsed(start: datetime, end: datetime, clock: Clock, calendar: Calendar) -> timedelta:
    """How much of ``clock``'s time passed from ``start`` to ``end`` (nothing when reversed)."""
    if end <= start:
        return _NOTHING
    if clock is Clock.CONTINUOUS:
        return end - start
    wall, wall_end = calendar.local(start), calendar.local(end)
    if clock is Clock.NATURAL_DAYS:
        return max(wall_end - wall, _NOTHING)
    used = _NOTHING
    for span in calendar.walk(clock, wall):
        if span.start >= wall_end:
            break
        if span.resting is None:
            used += min(span.end, wall_end) - span.start
    return used


def explain(
    start: datetime, due_at: datetime, clock: Clock, calendar: Calendar
) -> tuple[Segment, ...]:
    """Every segment from ``start`` to ``due_at``: what was counted and what was not, and why."""
    if clock is Clock.CONTINUOUS or due_at <= start:
        return (Segment(start=start, end=due_at, counted=max(due_at - start, _NOTHING)),)
    found: list[Segment] = []
    wall_end = calendar.local(due_at)
    for span in calendar.walk(clock, calendar.local(start)):
        if span.start >= wall_end:
            break
        stop = min(span.end, wall_end)
        counted = _NOTHING if span.resting is not None else stop - span.start
        last = found[-1] if found else None
        if last is not None and last.resting == span.resting:
            found[-1] = Segment(
                start=last.start,
                end=calendar.instant(stop),
                counted=last.counted + counted,
                resting=last.resting,
            )
        else:
            found.append(
                Segment(
                    start=calendar.instant(span.start),
                    end=calendar.instant(stop),
                    counted=counted,
                    resting=span.resting,
                )
            )
    return tuple(found)


def remaining(clock: StageClock, calendar: Calendar) -> timedelta:
    """What a stopped clock has left; never less than nothing."""
    if clock.stopped_at is None:
        return clock.time_limit
    used = elapsed(clock.started_at, clock.stopped_at, clock.clock, calendar)
    return max(clock.time_limit - used, _NOTHING)


def next_clock(
    *,
    verb: Verb | None,
    state: State,
    department_id: int | None,
    category: Category,
    calendar: Calendar,
    last_dispose: StageClock | None,
) -> NewClock | None:
    """The clock that starts when ``verb`` (None: creation) has led to ``state``.

    A disposal clock that was stopped by a hand-back or by a wrong "done" goes on with what it had
    left when the SAME department takes it up again; another department starts anew.
    """
    stage = STAGE_OF.get(state)
    if stage is None:
        return None
    whole = limit_of(stage, category)
    why: dict[str, Any] = {"stage": stage.value, "category": category.code, "pack": category.pack}
    if stage is not Stage.DISPOSE:
        return NewClock(stage=stage, limit=whole, why=why)
    why["department_id"] = department_id
    if last_dispose is not None and _goes_on(verb, department_id, last_dispose):
        why["resumed"] = last_dispose.clock_id
        left = remaining(last_dispose, calendar)
        whole = Limit(clock=last_dispose.clock, time_limit=left)
    return NewClock(stage=stage, limit=whole, why=why)


def _goes_on(verb: Verb | None, department_id: int | None, last: StageClock) -> bool:
    if last.why.get("department_id") != department_id:
        return False
    stopped_by = last.why.get("stopped_by")
    return (verb, stopped_by) in (
        (Verb.DISPATCH, Verb.HAND_BACK.value),
        (Verb.REWORK, Verb.DISPOSE.value),
    )


def sentence(clock: StageClock) -> Words:
    """Which limit a clock counts, e.g. "disposal within 4:00:00, every hour counts"."""
    stage, kind = STAGE_WORDS[clock.stage], CLOCK_WORDS[clock.clock]
    return Words(
        zh=f"{stage.zh}时限 {_length(clock.time_limit).zh}（{kind.zh}）",
        en=f"{stage.en} within {_length(clock.time_limit).en} ({kind.en})",
    )


def _length(length: timedelta) -> Words:
    minutes = int(length.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "天", "d"), (hours, "小时", "h"), (minutes, "分钟", "min")]
    named = [part for part in parts if part[0]] or [(0, "分钟", "min")]
    return Words(
        zh="".join(f"{count}{zh}" for count, zh, _ in named),
        en=" ".join(f"{count} {en}" for count, _, en in named),
    )
