"""Whom a move of a project is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.ladder import RUNG_WORDS, Rung
from events.model.projects.stage import Kind, Verb, stage_words, verb_words
from events.model.words import Words
from events.store import escalations
from events.store.projects import notices

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.projects.project import Project

_TO_OWNER = frozenset({
    Verb.OPEN, Verb.RETURN, Verb.ACCEPT, Verb.CONFIRM, Verb.KEEP, Verb.RELAPSE, Verb.REOPEN,
    Verb.ASSIGN, Verb.EXTEND,
})  # fmt: skip
_TO_SUPERVISORS = frozenset({Verb.SUBMIT, Verb.EXCLUDE, Verb.RELAPSE})
_TO_WHO_ASKED = frozenset({Verb.RETURN, Verb.ACCEPT, Verb.CONFIRM, Verb.KEEP})


def tell(
    conn: Connection, project: Project, verb: Verb, *, why: Words, now: datetime,
    before: Project | None = None,
) -> None:  # fmt: skip
    """Put the notices of a move into the outbox; ``before``: the project before the move."""
    kind = f"project_{verb}"
    body = _body(project, verb, why)
    if verb in _TO_OWNER:
        notices.to_owner(conn, project, kind, body, now=now)
    if verb in _TO_WHO_ASKED and before is not None and before.submitted_by is not None:
        notices.to_account(conn, project, before.submitted_by, kind, body, now=now)
    recurs = verb is Verb.OPEN and project.kind is Kind.ROOT_CAUSE
    if verb in _TO_SUPERVISORS or recurs:
        notices.to_supervisors(conn, project, kind, body, rung=Rung.STREET, now=now)
    if verb is Verb.LATE and not escalations.ladder(conn):
        notices.to_owner(conn, project, kind, body, now=now)
        notices.to_supervisors(conn, project, kind, body, rung=Rung.STREET, now=now)


def remind(conn: Connection, project: Project, level: int, rung: Rung, *, now: datetime) -> Words:
    """Tell one level of the ladder that a project stays late; who that was, in words."""
    body = Words(
        zh=f"第 {level} 级督办，{_names(project).zh}仍超期：{project.number} {project.name_zh}",
        en=f"Level {level}, {_names(project).en} still overdue: {project.number} {project.name_en}",
    )
    kind = f"project_{Verb.REMIND}"
    if rung is Rung.DEPARTMENT:
        notices.to_owner(conn, project, kind, body, now=now)
    else:
        notices.to_supervisors(conn, project, kind, body, rung=rung, now=now)
    told = RUNG_WORDS[rung]
    return Words(zh=f"第 {level} 级，告知{told.zh}", en=f"Level {level}, {told.en} were told")


def _names(project: Project) -> Words:
    stage = stage_words(project.kind, project.stage)
    return Words(zh=f"“{stage.zh}”阶段", en=f"stage “{stage.en}”")


def _body(project: Project, verb: Verb, why: Words) -> Words:
    done = verb_words(project.kind, verb)
    zh = f"{done.zh}：{project.number} {project.name_zh}（{project.department_name_zh}）"
    en = f"{done.en}: {project.number} {project.name_en} ({project.department_name_en})"
    return Words(zh=f"{zh}，{why.zh}" if why.zh else zh, en=f"{en}: {why.en}" if why.en else en)
