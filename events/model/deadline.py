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
from events.model.verb import State, Verb
from events.model.words import Words

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
    ASSIST = "assist"  # of one assisting department, beside the ticket's own


STAGE_WORDS: dict[Stage, Words] = {
    Stage.FILE: Words(zh="立案", en="filing"),
    Stage.DISPATCH: Words(zh="派遣", en="dispatch"),
    Stage.DISPOSE: Words(zh="处置", en="disposal"),
    Stage.VERIFY: Words(zh="核查", en="verification"),
    Stage.ASSIST: Words(zh="协办", en="assistance"),
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
    if stage in (Stage.DISPOSE, Stage.ASSIST):
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
    last: StageClock | None,
) -> NewClock | None:
    """The clock that starts when ``verb`` (None: creation) has led to ``state``.

    ``last`` is the last run of that stage's clock, if there was one: `_goes_on` says when it goes
    on with what it had left.
    """
    stage = STAGE_OF.get(state)
    if stage is None:
        return None
    whole = limit_of(stage, category)
    why: dict[str, Any] = {"stage": stage.value, "category": category.code, "pack": category.pack}
    if stage is Stage.DISPOSE:
        why["department_id"] = department_id
    if last is not None and last.stage is stage and _goes_on(verb, department_id, last):
        return resumed(last, calendar)
    return NewClock(stage=stage, limit=whole, why=why)


def resumed(last: StageClock, calendar: Calendar) -> NewClock:
    """The clock that goes on where ``last`` was stopped."""
    kept = {key: value for key, value in last.why.items() if key not in _OF_ONE_RUN}
    return NewClock(
        stage=last.stage,
        limit=Limit(clock=last.clock, time_limit=remaining(last, calendar)),
        why={**kept, "resumed": last.clock_id},
    )


def extended(last: StageClock, extra: timedelta, calendar: Calendar) -> NewClock:
    """The clock that goes on where ``last`` was stopped, with ``extra`` time of its class."""
    new = resumed(last, calendar)
    limit = Limit(clock=new.limit.clock, time_limit=new.limit.time_limit + extra)
    return NewClock(stage=new.stage, limit=limit,
                    why={**new.why, "extended_s": extra.total_seconds()})  # fmt: skip


def assisting(department_id: int, category: Category) -> NewClock:
    """The clock of an assisting department: as long as that of the one that leads."""
    why = {"stage": Stage.ASSIST.value, "category": category.code, "pack": category.pack,
           "department_id": department_id}  # fmt: skip
    return NewClock(stage=Stage.ASSIST, limit=limit_of(Stage.DISPOSE, category), why=why)


# What of a run's reason is not that of the next one.
_OF_ONE_RUN = frozenset({"stopped_by", "resumed", "extended_s"})

# (stage, what started it again, what had stopped it): then the clock only paused.
_PAUSES = frozenset({
    (Stage.DISPATCH, Verb.UNMERGE, Verb.MERGE),
    (Stage.DISPOSE, Verb.DISPATCH, Verb.HAND_BACK),
    (Stage.DISPOSE, Verb.REWORK, Verb.DISPOSE),
    (Stage.DISPOSE, Verb.RESUME, Verb.SUSPEND),
})  # fmt: skip


def _goes_on(verb: Verb | None, department_id: int | None, last: StageClock) -> bool:
    """Whether a stopped clock goes on; the disposal of another department starts anew."""
    if last.stage is Stage.DISPOSE and last.why.get("department_id") != department_id:
        return False
    return (last.stage, verb, last.why.get("stopped_by")) in _PAUSES


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
