"""What time brings to projects: they become late, are told higher up, their watch ends or fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.actions.projects import telling
from events.actions.projects.move import load_city, move_project
from events.model.deadline import Limit, due
from events.model.projects.stage import Stage, Verb
from events.model.words import Words
from events.store import escalations
from events.store.projects import relate, rows
from grid.store.postgis import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.actions.projects.move import ProjectCity
    from events.model.actor import Actor
    from events.model.ladder import Level
    from events.model.projects.project import Project

_LATE = Words(zh="超过本阶段期限", en="The stage's time has run out")
_WATCHED = Words(zh="回头看期满，未见反弹", en="The watch is over, nothing came back")


def keep_up(engine: Engine, *, by: Actor, now: datetime, limit: int = 100) -> int:
    """Do what is due to projects; how many moves that was."""
    return (
        _relapse(engine, by=by, now=now, limit=limit)
        + _finish(engine, by=by, now=now, limit=limit)
        + _tell_late(engine, by=by, now=now, limit=limit)
    )


def _relapse(engine: Engine, *, by: Actor, now: datetime, limit: int) -> int:
    """Open again what somebody filed a new ticket about while it was watched."""
    done = 0
    with transaction(engine, by.key) as conn:
        found = relate.relapsed(conn, limit=limit)
        city = load_city(conn) if found else None
        for project_id, number in found:
            project = rows.lock_id(conn, project_id)
            if city is None or project.stage is not Stage.WATCH:
                continue
            why = Words(zh=f"回头看期间又有案卷 {number}",
                        en=f"Ticket {number} was filed while it was watched")  # fmt: skip
            move_project(conn, project, Verb.RELAPSE, by=by, now=now, city=city, why=why)
            done += 1
    return done


def _finish(engine: Engine, *, by: Actor, now: datetime, limit: int) -> int:
    with transaction(engine, by.key) as conn:
        found = rows.watched(conn, now=now, limit=limit)
        city = load_city(conn) if found else None
        for project_id in found:
            if city is not None:
                project = rows.by_id(conn, project_id)
                move_project(conn, project, Verb.FINISH, by=by, now=now, city=city, why=_WATCHED)
    return len(found)


def _tell_late(engine: Engine, *, by: Actor, now: datetime, limit: int) -> int:
    """Tell lateness once per stage, and level by level while it lasts; each level once."""
    with reading(engine) as conn:
        ladder = escalations.ladder(conn)
        late = rows.late(conn, now=now, top=max((one.level for one in ladder), default=0))
        if not late:
            return 0
        city = load_city(conn)
    waiting = [one for one in late if _untold(one, ladder, now, city)]
    done = 0
    for seen in waiting[:limit]:
        with transaction(engine, by.key) as conn:
            project = rows.lock_id(conn, seen.project_id)
            if project.is_late(now):
                done += _tell_one(conn, project, ladder, by=by, now=now, city=city)
    return done


def _untold(project: Project, ladder: Sequence[Level], now: datetime, city: ProjectCity) -> bool:
    """Whether there is something to be told about a late project now."""
    return project.overdue_at is None or bool(_due_levels(project, ladder, now, city))


def _due_levels(
    project: Project, ladder: Sequence[Level], now: datetime, city: ProjectCity
) -> list[Level]:
    """The levels whose time has come and that were not told yet."""
    found = []
    for level in ladder:
        told_at = None if level.level <= project.told_level else _told_at(project, level, city)
        if told_at is not None and told_at <= now:
            found.append(level)
    return found


def _tell_one(
    conn: Connection, project: Project, ladder: Sequence[Level], *, by: Actor, now: datetime,
    city: ProjectCity,
) -> int:  # fmt: skip
    done = 0
    if project.overdue_at is None:
        project = move_project(conn, project, Verb.LATE, by=by, now=now, city=city, why=_LATE)
        done += 1
    for level in _due_levels(project, ladder, now, city):
        why = telling.remind(conn, project, level.level, level.recipient, now=now)
        project = move_project(conn, project, Verb.REMIND, by=by, now=now, city=city, why=why,
                               changes={"told_level": level.level})  # fmt: skip
        done += 1
    return done


def _told_at(project: Project, level: Level, city: ProjectCity) -> datetime | None:
    """When a level is told: that share of the stage's limit beyond its end."""
    limit = city.limits.get((project.kind, project.stage))
    if limit is None or project.due_at is None:
        return None
    more = Limit(clock=limit.clock, time_limit=limit.time_limit * level.overdue_share)
    return due(project.due_at, more, city.calendar)
