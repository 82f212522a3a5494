"""Plausible lives for the demo city's past tickets: filed, dispatched, disposed, verified."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from command_center.demo.incidents import Incident
from command_center.demo.people import VERIFIERS
from events.model.calendar import Calendar
from events.model.category import Category
from events.model.deadline import Limit, Stage, due, limit_of
from events.model.event import EventDraft, Source
from events.model.past import PastClock, PastMove, PastTicket
from events.model.workflow import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Who dealt with it: the ids, the account that worked there, and the routing's reason."""

    department_id: int
    crew_id: int
    account: str
    routing: dict[str, object]
    diligence: float  # 1 = nearly always in time, 0.6 = often late


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where it was located."""

    cell_id: int | None
    area_id: int
    component_id: int | None


@dataclass(slots=True)
class _Life:
    """A life in the making: the clock on the wall, the moves and stage clocks so far."""

    category: Category
    calendar: Calendar
    at: datetime
    moves: list[PastMove]
    clocks: list[PastClock]

    def move(self, verb: str, target: State, actor: str, why: str = "", **changes: object) -> None:
        self.moves.append(
            PastMove(verb=verb, at=self.at, target=target, as_actor=actor, changes=changes, why=why)
        )

    def start(self, stage: Stage) -> datetime:
        """Start a stage's clock; when it is due."""
        limit: Limit = limit_of(stage, self.category)
        due_at = due(self.at, limit, self.calendar)
        self.clocks.append(
            PastClock(stage=stage, clock=limit.clock, time_limit=limit.time_limit,
                      started_at=self.at, due_at=due_at, stopped_at=None,
                      why={"stage": stage.value, "category": self.category.code,
                           "pack": self.category.pack})
        )  # fmt: skip
        return due_at

    def stop(self) -> None:
        """Stop the clock that runs."""
        last = self.clocks[-1]
        self.clocks[-1] = PastClock(
            stage=last.stage, clock=last.clock, time_limit=last.time_limit,
            started_at=last.started_at, due_at=last.due_at, stopped_at=self.at, why=last.why,
        )  # fmt: skip


def live(
    incident: Incident, *, number: int, category: Category, place: Place, answer: Answer,
    calendar: Calendar, random: np.random.Generator, now: datetime,
) -> PastTicket:  # fmt: skip
    """Return the ticket as far as it has come by ``now``."""
    draft = EventDraft(
        key=f"demo-past:{number}", source=Source.IMPORT, category_code=category.code,
        severity=category.severity, occurred_at=incident.at, lon=incident.lon, lat=incident.lat,
        title_zh=f"{incident.place_zh}：{category.name_zh}",
        title_en=f"{category.name_en}: {incident.place_en}",
        attributes={"place": {"zh": incident.place_zh, "en": incident.place_en}},
        cell_id=place.cell_id, area_id=place.area_id, component_id=place.component_id,
        wants_ticket=False,
    )  # fmt: skip
    life = _Life(category=category, calendar=calendar, at=incident.at, moves=[], clocks=[])
    _lead(life, answer, random)
    moves = tuple(one for one in life.moves if one.at < now)
    clocks = tuple(_as_of(one, now) for one in life.clocks if one.started_at < now)
    return PastTicket(draft=draft, moves=moves, clocks=clocks, component_id=place.component_id)


def _as_of(clock: PastClock, now: datetime) -> PastClock:
    if clock.stopped_at is None or clock.stopped_at < now:
        return clock
    return PastClock(
        stage=clock.stage, clock=clock.clock, time_limit=clock.time_limit,
        started_at=clock.started_at, due_at=clock.due_at, stopped_at=None, why=clock.why,
    )  # fmt: skip


def _lead(life: _Life, answer: Answer, random: np.random.Generator) -> None:
    """Lead a life from the report to its end, whatever the date is."""
    minutes = _minutes(random)
    due_at = life.start(Stage.FILE)
    life.move("import", State.REPORTED, "resident", due_at=due_at)
    life.at += minutes(0.1, 1.0)
    if random.uniform() < 0.035:
        life.stop()
        life.move("decline", State.DECLINED, "account:dispatcher", "核实无此问题 / not found there",
                  due_at=None)  # fmt: skip
        return
    life.stop()
    due_at = life.start(Stage.DISPATCH)
    life.move("file", State.FILED, "system:dispatch", filed_at=life.at, due_at=due_at)
    life.at += minutes(0.2, 3.0) if random.uniform() < 0.94 else minutes(16.0, 40.0)
    life.stop()
    due_at = life.start(Stage.DISPOSE)
    life.move("dispatch", State.DISPATCHED, "system:dispatch", dispatched_at=life.at,
              department_id=answer.department_id, crew_id=answer.crew_id,
              routing=answer.routing, due_at=due_at)  # fmt: skip
    life.at += minutes(2.0, 25.0)
    life.move("accept", State.ACCEPTED, answer.account, accepted_at=life.at)
    _dispose(life, answer, due_at, random)
    if random.uniform() < 0.06:
        life.at += minutes(20.0, 120.0)
        life.stop()
        due_at = life.start(Stage.DISPOSE)
        life.move("rework", State.ACCEPTED, _verifier(random), "仍未到位 / not yet put right",
                  disposed_at=None, disposed_by=None, due_at=due_at)  # fmt: skip
        _dispose(life, answer, due_at, random)
    life.at += minutes(10.0, 240.0)
    life.stop()
    verifier = _verifier(random)
    life.move("verify", State.VERIFIED, verifier, verified_at=life.at, due_at=None)
    life.at += minutes(0.5, 8.0)
    life.move("close", State.CLOSED, verifier, closed_at=life.at)


def _dispose(life: _Life, answer: Answer, due_at: datetime, random: np.random.Generator) -> None:
    """Put it right: mostly well within the limit, sometimes after it."""
    left = max(due_at - life.at, timedelta(minutes=10))
    late = random.uniform() > answer.diligence
    share = random.uniform(1.03, 1.6) if late else random.beta(1.6, 4.0)
    done_at = life.at + left * float(share)
    if late:
        life.at = max(life.at, due_at)
        life.move("overdue", State.ACCEPTED, "system:dispatch", overdue_at=life.at)
    life.at = max(done_at, life.at)
    life.stop()
    verify_due = life.start(Stage.VERIFY)
    life.move("dispose", State.DISPOSED, answer.account, "已处置 / put right", disposed_at=done_at,
              disposed_by=answer.account, due_at=verify_due)  # fmt: skip


def _verifier(random: np.random.Generator) -> str:
    return f"account:{VERIFIERS[int(random.integers(len(VERIFIERS)))]}"


def _minutes(random: np.random.Generator) -> Callable[[float, float], timedelta]:
    def between(least: float, most: float) -> timedelta:
        return timedelta(seconds=round(60 * float(random.uniform(least, most))))

    return between
