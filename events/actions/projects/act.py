"""The one door through which people open projects and act on them: API and page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from events.actions.projects.choices import ProjectStep, choose, incomplete
from events.actions.projects.move import load_city, move_project, open_project
from events.actions.projects.opening import adopt_tickets
from events.actions.repeat import check_key, digest_of, is_repeat
from events.model.actor import DISPATCH, Role
from events.model.problems import Incomplete, NotAllowed, NotFound
from events.model.project_reason import ProjectReason
from events.model.projects.access import in_scope, may
from events.model.projects.given import ProjectGiven
from events.model.projects.problems import ProjectConflict, StaleProject, WrongStage
from events.model.projects.project import ProjectDraft
from events.model.projects.stage import Kind, Stage, Verb
from events.model.projects.water import is_worse
from events.model.projects.words import class_words
from events.model.refusal import Reason, Refusal
from events.model.words import Words
from events.store import attachments, departments, events
from events.store.action_keys import UsedKey
from events.store.projects import rows
from grid.store import components
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.actions.projects.move import ProjectCity
    from events.model.actor import Actor
    from events.model.projects.project import Project
    from events.model.projects.water import Standard
    from events.model.report import PhotoDraft

# Verbs that change nothing another person's move could depend on.
_ANY_VERSION = frozenset({Verb.COMMENT, Verb.EVIDENCE})
# What the program notes by itself is no verb for people.
_NOT_FOR_PEOPLE = frozenset({Verb.OPEN, Verb.FINISH, Verb.LATE, Verb.REMIND})
# Which components can be rectified.
PLACES = {Kind.OUTFALL: "outfall", Kind.SITE: "construction_site"}
OPENERS = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
# The tickets of a place are its project's from so long ago on.
LOOK_BACK = timedelta(days=90)


def act_on_project(
    engine: Engine,
    number: str,
    verb: str,
    *,
    by: Actor,
    version: int,
    now: datetime,
    key: str | None = None,
    why: str = "",
    photos: Sequence[PhotoDraft] = (),
    standards: tuple[Standard, ...] = (),
    **given: Any,
) -> Project:
    """Do ``verb`` to the project ``number`` that the caller saw at ``version``.

    ``given``: the fields of `ProjectGiven`. ``standards``: by which samples are judged. The same
    ``key`` again gets the same answer and does nothing. Raises NotFound (also when the actor may
    not see it), NotAllowed, Incomplete, KeyConflict, Unproven, and WrongStage and StaleProject
    (both with ``current``).
    """
    wanted = _verb(verb)
    choice = ProjectGiven(**given)
    check_key(key)
    with transaction(engine, by.key) as conn:
        project = rows.lock(conn, number)
        if key is not None and by.account_id is not None:
            digest = _digest(number, wanted, version, why, choice, photos)
            use = UsedKey(account_id=by.account_id, project_id=project.project_id,
                          request_sha256=digest, version=version + 1)  # fmt: skip
            if is_repeat(conn, key, use, now=now):
                return project
        if not in_scope(by, project):
            raise NotFound(Refusal(reason=ProjectReason.NO_SUCH_PROJECT))
        _check_version(project, wanted, version, by)
        city = load_city(conn)
        # first the photos: they may be the proof that the move needs
        attachments.add(conn, photos, area_id=project.area_id, now=now,
                        project_id=project.project_id, item=choice.item)  # fmt: skip
        step = ProjectStep(conn=conn, project=project, verb=wanted, by=by, now=now,
                           why=why.strip(), given=choice, city=city, standards=standards,
                           photos=len(photos))  # fmt: skip
        return do(step)


def _digest(
    number: str, verb: Verb, version: int, why: str, given: ProjectGiven,
    photos: Sequence[PhotoDraft],
) -> bytes:  # fmt: skip
    return digest_of({
        "number": number, "verb": verb, "version": version, "why": why,
        "photos": [one.sha256 for one in photos],
        **{name: value for name, value in asdict(given).items() if value is not None},
    })  # fmt: skip


def do(step: ProjectStep) -> Project:
    """Make the move, and what follows from it."""
    refusal = may(step.by, step.verb, step.project)
    if refusal is not None:
        if refusal.reason is ProjectReason.WRONG_STAGE:
            raise WrongStage(step.project)
        raise NotAllowed(refusal)
    if step.verb is Verb.REOPEN:
        _check_only_one(step.conn, step.project)
    choice = choose(step)
    moved = move_project(step.conn, step.project, step.verb, by=step.by, now=step.now,
                         city=step.city, why=step.why, changes=choice.changes,
                         told=choice.told)  # fmt: skip
    sample = choice.told.get("sample")
    if sample is not None and step.project.stage is Stage.WATCH:
        return _look_back(step.conn, moved, sample["class"], now=step.now, city=step.city)
    return moved


def open_by_hand(
    engine: Engine, kind: str, component: str, department: str | None, *, by: Actor, why: str,
    now: datetime,
) -> Project:  # fmt: skip
    """Open the rectification of a facility; without a department its owner has it.

    Raises NotAllowed, Incomplete, NotFound for an unknown facility, and ProjectConflict where a
    live project is there already (with ``current``).
    """
    wanted = Kind(kind) if kind in PLACES else None
    if wanted is None:
        raise incomplete(ProjectReason.UNKNOWN_KIND, "kind")
    if by.kind != "account" or by.role not in OPENERS:
        raise NotAllowed(Refusal(reason=Reason.ROLE))
    if not why.strip():
        raise incomplete(Reason.REASON_MISSING, "why")
    with transaction(engine, by.key) as conn:
        found = components.by_code(conn, component)
        if found is None or by.area_id not in events.area_path(conn, found.area_id):
            raise incomplete(ProjectReason.NO_SUCH_COMPONENT, "component")
        if found.kind != PLACES[wanted]:
            raise incomplete(ProjectReason.NOT_SUCH_A_PLACE, "component")
        owner = departments.id_of(conn, department or found.owner_department or "")
        if owner is None:
            raise incomplete(Reason.DEPARTMENT_MISSING, "department")
        city = load_city(conn)
        draft = ProjectDraft(
            kind=wanted, name_zh=found.name_zh, name_en=found.name_en, lon=found.lon,
            lat=found.lat, cell_id=found.cell_id, area_id=found.area_id, department_id=owner,
            component_id=found.component_id, facts=dict(found.attributes),
            opened_why={"by": "hand", "why": why.strip()[:2_000]},
        )  # fmt: skip
        project = open_project(conn, draft, now=now, city=city)
        if project is None:
            live = rows.live_at(conn, found.component_id)
            raise ProjectConflict(ProjectReason.LIVE_ALREADY, rows.by_id(conn, live or 0))
        return adopt_tickets(conn, project, since=now - LOOK_BACK, now=now, city=city)


def _check_only_one(conn: Connection, project: Project) -> None:
    """A place that was taken up anew meanwhile is not reopened beside that."""
    if project.component_id is None:
        return
    live = rows.live_at(conn, project.component_id)
    if live is not None and live != project.project_id:
        raise ProjectConflict(ProjectReason.LIVE_ALREADY, rows.by_id(conn, live))


def _look_back(
    conn: Connection, project: Project, found: str, *, now: datetime, city: ProjectCity
) -> Project:
    """A sample of the watch that is worse than what was aimed at opens the project again."""
    aim = project.target_class or project.before_class
    if aim is None or not is_worse(found, aim):
        return project
    told, wanted = class_words(found), class_words(aim)
    why = Words(zh=f"回头看水样为{told.zh}，低于目标{wanted.zh}",
                en=f"A sample of the watch is {told.en}, the aim is {wanted.en}")  # fmt: skip
    return move_project(conn, project, Verb.RELAPSE, by=DISPATCH, now=now, city=city, why=why)


def _verb(verb: str) -> Verb:
    if verb not in set(Verb) - _NOT_FOR_PEOPLE:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_VERB, field="verb"))
    return Verb(verb)


def _check_version(project: Project, verb: Verb, version: int, by: Actor) -> None:
    """Say "not allowed" before "too old"."""
    if version == project.version or verb in _ANY_VERSION:
        return
    refusal = may(by, verb, project)
    if refusal is not None and refusal.reason is Reason.ROLE:
        raise NotAllowed(refusal)
    raise StaleProject(project)
