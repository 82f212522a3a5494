"""Who of a department goes where, planned anew for all tickets that nobody has accepted yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from events.actions.transition import move_ticket
from events.model.assignment import NOBODY, Jobs, Seats, in_order, solve
from events.model.crew_choice import told
from events.model.verb import Verb
from events.model.words import Words
from events.store import crew_work, rules
from events.store.in_hand import in_hand
from grid.store.postgis import gathering, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.actions.give_way import Way
    from events.model.actor import Actor
    from events.model.assignment import Change, Plan
    from events.model.category import Category
    from events.model.crew import Crew
    from events.model.crew_choice import CrewChoice
    from events.model.ticket import Ticket
    from events.store.crew_work import Movable
    from events.store.rules import CityRules

# Deadlines draw nearer even where nothing else happens.
_ANYWAY_AFTER = timedelta(minutes=1)
# Moves of one department in one round; the rest follows in the next one. So many of them go into
# one transaction: whoever files for the department waits for it meanwhile.
MOST = 100
_TOGETHER = 25


@dataclass(slots=True)
class Memory:
    """What each department looked like when it was last planned: only saves planning in vain."""

    seen: dict[int, tuple[Hashable, datetime]] = field(default_factory=dict)

    def knows(self, department_id: int, looks: Hashable, now: datetime) -> bool:
        """Whether this was planned already, less than a minute ago."""
        before = self.seen.get(department_id)
        return before is not None and before[0] == looks and now - before[1] < _ANYWAY_AFTER

    def longest_ago(self, departments: Iterable[int]) -> list[int]:
        """Departments, those first that were not planned yet, then those longest ago: where one
        round does not reach the last of them, the next one begins there."""
        planned = {one: at for one, (_, at) in self.seen.items()}
        new = [one for one in departments if one not in planned]
        return new + sorted((one for one in departments if one in planned), key=planned.__getitem__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A department at one moment: rows of ``jobs`` and ``seats`` are those of rows and crews."""

    crews: tuple[Crew, ...]
    rows: tuple[Movable, ...]
    kinds: tuple[Category, ...]
    jobs: Jobs
    seats: Seats

    @property
    def looks(self) -> Hashable:
        """What a plan depends on, except for the time."""
        seats = (self.seats.able.tobytes(), self.seats.capacity.tobytes(),
                 self.seats.fixed.tobytes())  # fmt: skip
        return hash((seats, tuple((one.ticket_id, one.severity, one.crew_id, one.due_at)
                                  for one in self.rows)))  # fmt: skip


def replan(
    engine: Engine, *, by: Actor, now: datetime, city: CityRules, memory: Memory,
    limit: int = MOST, way: Way | None = None,
) -> int:  # fmt: skip
    """Plan every department anew and send crews where the plan says; how many tickets moved.

    Only changes are written, at most ``limit`` of a department, some in one transaction, and only
    over tickets that are as they were when they were planned. Several dispatchers may do so.
    ``way``: lets events through before each transaction; when it is over, the round ends.
    """
    with reading(engine) as conn:
        departments = memory.longest_ago(crew_work.departments_at_work(conn))
    moved = 0
    for one in departments:
        if way is not None and way.over:
            break
        moved += _replan(
            engine, one, by=by, now=now, city=city, memory=memory, limit=limit, way=way
        )
    return moved


def _replan(
    engine: Engine, department_id: int, *, by: Actor, now: datetime, city: CityRules,
    memory: Memory, limit: int, way: Way | None,
) -> int:  # fmt: skip
    begun = now
    now = _later(begun, way)
    with reading(engine) as conn:
        picture = look(conn, department_id, now=now, city=city)
    looks = picture.looks
    if not picture.rows or memory.knows(department_id, looks, now):
        return 0
    plan = solve(picture.jobs, picture.seats)
    wanted = _wanted(picture, plan)
    moved, together = 0, _TOGETHER
    while wanted and moved < limit:
        if way is not None and not way.give(engine):
            break
        now = _later(begun, way)
        with transaction(engine, by.key) as conn:
            rules.lock_department(conn, department_id)
            room = _room(conn, department_id, picture, city)
            steps = in_order(wanted, room, min(together, limit - moved))
            moved += _carry_out(conn, picture, plan, steps, by=by, now=now, city=city)
        if steps:
            done = set(steps)
            wanted = [one for one in wanted if one not in done]
        elif together < limit:
            # crews that exchange tickets in a ring do so all at once
            together = limit
        else:
            break
    memory.seen[department_id] = looks, now
    return moved


def _later(begun: datetime, way: Way | None) -> datetime:
    """The time now, of a round that began then and has let events through meanwhile."""
    return begun if way is None else begun + way.waited


def look(conn: Connection, department_id: int, *, now: datetime, city: CityRules) -> Picture:
    """What a plan of a department is made from, as it is now."""
    roster = rules.roster(conn, department_id, city)
    fixed = in_hand(conn, roster.ids).fixed
    rows = crew_work.movable(conn, department_id)
    codes = sorted({one.category_code for one in rows})
    kinds = tuple(city.categories[one] for one in codes)
    kind = {code: number for number, code in enumerate(codes)}
    left = [
        np.inf if one.due_at is None else (one.due_at - now).total_seconds() / 60 for one in rows
    ]
    jobs = Jobs(
        lon=np.array([one.lon for one in rows], dtype=np.float64),
        lat=np.array([one.lat for one in rows], dtype=np.float64),
        severity=np.array([one.severity for one in rows], dtype=np.int64),
        left_min=np.array(left, dtype=np.float64),
        kind=np.array([kind[one.category_code] for one in rows], dtype=np.int64),
        # (a crew that is disabled is nobody)
        holder=np.array(
            [roster.index.get(one.crew_id or 0, NOBODY) for one in rows], dtype=np.int64
        ),
    )
    seats = roster.seats(kinds, fixed, at=now, zone=city.calendar.zone)
    return Picture(crews=roster.crews, rows=rows, kinds=kinds, jobs=jobs, seats=seats)


def _wanted(picture: Picture, plan: Plan) -> list[Change]:
    """What the plan changes, the gravest first; whom nobody can take stays where it is."""
    jobs = picture.jobs
    (changed,) = np.nonzero((plan.crew != NOBODY) & (plan.crew != jobs.holder))
    order = changed[np.lexsort((changed, -jobs.severity[changed]))]
    return [(int(i), int(jobs.holder[i]), int(plan.crew[i])) for i in order]


def _carry_out(
    conn: Connection, picture: Picture, plan: Plan, steps: Sequence[Change], *, by: Actor,
    now: datetime, city: CityRules,
) -> int:  # fmt: skip
    """Send crews as the steps say, but for tickets that are not as they were; how many moved."""
    held = crew_work.lock(conn, [picture.rows[job].ticket_id for job, _, _ in steps])
    after = picture.seats.fixed + np.bincount(
        plan.crew[plan.crew != NOBODY], minlength=len(picture.seats)
    )
    moved = 0
    with gathering(conn):
        for job, source, target in steps:
            row = picture.rows[job]
            ticket = held.get(row.ticket_id)
            if ticket is None or ticket.version != row.version:
                continue  # somebody was faster, or works on it just now
            without = after.copy()
            without[target] -= 1
            choice = told(
                picture.crews, picture.kinds[picture.jobs.kind[job]], picture.jobs, picture.seats,
                job, without, at=now, zone=city.calendar.zone, chosen=target,
            )  # fmt: skip
            why = _why(picture.crews, source, choice)
            _send(conn, ticket, choice, why, by=by, now=now, city=city)
            moved += 1
    return moved


def _room(conn: Connection, department_id: int, picture: Picture, city: CityRules) -> list[int]:
    """How many tickets each crew of the picture can still have now; who is gone can have none."""
    roster = rules.roster(conn, department_id, city)
    room = roster.capacity - in_hand(conn, roster.ids).load
    now = {one.crew_id: int(room[place]) for place, one in enumerate(roster.crews)}
    return [now.get(one.crew_id, 0) for one in picture.crews]


def _why(crews: Sequence[Crew], source: int, choice: CrewChoice) -> Words:
    if source == NOBODY:
        return choice.because
    was = crews[source]
    return Words(
        zh=f"由{was.name_zh}改派；{choice.because.zh}",
        en=f"Taken over from {was.name_en}; {choice.because.en}",
    )


def _send(
    conn: Connection, ticket: Ticket, choice: CrewChoice, why: Words, *, by: Actor, now: datetime,
    city: CityRules,
) -> None:  # fmt: skip
    crew = {**choice.as_dict(), "because": why.as_dict()}
    routing: dict[str, Any] = {**(ticket.routing or {}), "crew": crew, "by_hand": False}
    move_ticket(
        conn, ticket, Verb.ASSIGN, by=by, now=now, city=city, why=why,
        changes={"crew_id": choice.crew_id, "routing": routing},
    )  # fmt: skip
