"""The only way a project changes: table -> permission -> proof -> save -> ledger -> notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.actions.projects import telling
from events.model.deadline import due
from events.model.problems import Incomplete, NotAllowed, Unproven
from events.model.projects.access import may
from events.model.projects.given import LONGEST_TEXT
from events.model.projects.problems import WrongStage
from events.model.projects.proof import lacking
from events.model.projects.recurrence import rule_for
from events.model.projects.stage import LIVE, Kind, Need, Stage, Verb
from events.model.projects.trail import PROJECT_COLUMNS
from events.model.projects.workflow import FIRST, MOVES
from events.model.refusal import Reason, Refusal
from events.model.words import Words
from events.store import counters, ledger, rules
from events.store.projects import parts as part_store
from events.store.projects import rows
from events.store.projects import rules as project_rules
from grid.store.postgis import notify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.calendar import Calendar
    from events.model.deadline import Limit
    from events.model.projects.project import Project, ProjectDraft
    from events.model.projects.recurrence import RecurrenceRule
    from events.model.projects.workflow import Move


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectCity:
    """What a city says of projects; load it once for a batch of work."""

    calendar: Calendar
    limits: Mapping[tuple[Kind, Stage], Limit]
    recurrence: tuple[RecurrenceRule, ...]

    def day(self, at: datetime) -> date:
        """The city's date at an instant."""
        return self.calendar.local(at).date()

    def due_at(self, kind: Kind, stage: Stage, start: datetime) -> datetime | None:
        """Until when a stage that begins then is to be over; None where it has no limit."""
        limit = self.limits.get((kind, stage))
        return None if limit is None else due(start, limit, self.calendar)


def load_city(conn: Connection) -> ProjectCity:
    """Read what a city says of projects."""
    return ProjectCity(
        calendar=rules.load(conn).calendar,
        limits=project_rules.limits(conn),
        recurrence=project_rules.recurrence(conn),
    )


def open_project(
    conn: Connection, draft: ProjectDraft, *, now: datetime, city: ProjectCity
) -> Project | None:
    """A new project, in its first stage where the draft names none; None where there is a live one
    of the same already.

    Who may: ``events.actions.projects.act`` (people) and ``relate`` (the engine).
    """
    stage = draft.stage or FIRST[draft.kind]
    watched = stage is Stage.WATCH
    ends = stage not in LIVE
    project_id = rows.insert(
        conn,
        draft,
        number=counters.next_number(conn, "project", city.day(now)),
        stage=stage,
        now=now,
        due_at=None if watched or ends else city.due_at(draft.kind, stage, now),
        watch_until=(city.due_at(draft.kind, stage, now) or now) if watched else None,
    )
    if project_id is None:
        return None
    project = rows.by_id(conn, project_id)
    told = {name: getattr(project, name) for name in PROJECT_COLUMNS}
    del told["stage"], told["version"]
    _trail(conn, project, Verb.OPEN, {"from": None, "set": told, "why": ""}, now=now)
    telling.tell(conn, project, Verb.OPEN, why=Words(zh="", en=""), now=now)
    return project


def move_project(
    conn: Connection,
    project: Project,
    verb: Verb,
    *,
    by: Actor,
    now: datetime,
    city: ProjectCity,
    why: str | Words = "",
    changes: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
) -> Project:
    """Do ``verb`` to ``project`` as it was read, in this transaction; the project as it is then.

    ``changes`` are further columns that the move sets; ``told`` goes into the ledger. Raises
    WrongStage, NotAllowed, Incomplete, Unproven (all that is missing) and StaleProject.
    """
    reason = why if isinstance(why, Words) else Words(zh=why, en=why)
    move = _permitted(project, verb, by)
    _check_text(move, reason.zh)
    if move.guards:
        lacks = lacking(move, project, part_store.of_project(conn, project.project_id), now)
        if lacks:
            raise Unproven(lacks)
    after = {**_consequences(project, move, by, now, city), **(changes or {}), "updated_at": now}
    changed = {name: value for name, value in after.items()
               if name != "stage" and getattr(project, name) != value}  # fmt: skip
    moved = rows.save(conn, project, after)
    payload = {
        "from": project.stage, "set": changed,
        "why": why.as_dict() if isinstance(why, Words) else why, **(told or {}),
    }  # fmt: skip
    _trail(conn, moved, verb, payload, now=now)
    telling.tell(conn, moved, verb, why=reason, now=now, before=project)
    return moved


def _trail(
    conn: Connection, project: Project, verb: Verb, payload: Mapping[str, Any], *, now: datetime
) -> None:
    ledger.append(
        conn,
        at=now,
        verb=f"project.{verb}",
        object_kind="project",
        object_key=project.number,
        area_id=project.area_id,
        payload={**payload, "to": project.stage, "version": project.version},
    )
    notify(conn, "cc_live", "project", [project.project_id])


def _permitted(project: Project, verb: Verb, by: Actor) -> Move:
    move = MOVES.get((project.kind, project.stage, verb))
    if move is None:
        raise WrongStage(project)
    refusal = may(by, verb, project)
    if refusal is not None:
        raise NotAllowed(refusal)
    return move


def _check_text(move: Move, why: str) -> None:
    if len(why) > LONGEST_TEXT:
        raise Incomplete(Refusal(reason=Reason.TEXT_TOO_LONG, field="why"))
    missing = {Need.REASON: Reason.REASON_MISSING, Need.NOTE: Reason.NOTE_MISSING}
    for need in move.needs:
        if need in missing and not why.strip():
            raise Incomplete(Refusal(reason=missing[need], field="why"))


def _consequences(
    project: Project, move: Move, by: Actor, now: datetime, city: ProjectCity
) -> dict[str, Any]:
    """The columns that a move sets by itself."""
    found: dict[str, Any] = {"stage": move.target}
    if move.verb in (Verb.SUBMIT, Verb.EXCLUDE):
        found.update(submitted_at=now, submitted_by=by.key)
    elif move.verb is Verb.ACCEPT:
        found.update(accepted_at=now, accepted_by=by.key)
    elif move.verb in (Verb.RELAPSE, Verb.REOPEN):
        found.update(relapses=project.relapses + 1, accepted_at=None, accepted_by=None,
                     watch_until=None, ended_at=None)  # fmt: skip
    elif move.verb is Verb.LATE:
        found["overdue_at"] = now
    if move.target is project.stage:
        return found
    found.update(_stage_begins(project, move.target, now, city))
    return found


def _stage_begins(
    project: Project, stage: Stage, now: datetime, city: ProjectCity
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "stage_at": now, "due_at": city.due_at(project.kind, stage, now), "overdue_at": None,
        "told_level": 0,
    }  # fmt: skip
    if stage is Stage.RECTIFY:
        # what was found before this does not prove what is done from now on
        found.update(rectify_at=now, after_class=None)
    elif stage is Stage.WATCH:
        found.update(_watch(project, now, city))
    elif stage not in LIVE:
        found.update(ended_at=now, due_at=None)
    return found


def _watch(project: Project, now: datetime, city: ProjectCity) -> dict[str, Any]:
    """A rectification ends by itself when its watch is over; somebody asks for a root cause's
    judgement."""
    if project.kind is not Kind.ROOT_CAUSE:
        return {"watch_until": city.due_at(project.kind, Stage.WATCH, now) or now, "due_at": None}
    rule = rule_for(city.recurrence, project.category_code or "", project.family or "")
    until = now if rule is None else now + rule.observe
    return {"watch_until": until, "due_at": city.due_at(project.kind, Stage.WATCH, until)}
