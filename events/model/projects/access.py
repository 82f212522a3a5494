"""Who may do what to a project, and who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.access import scope
from events.model.actor import Role
from events.model.project_reason import ProjectReason
from events.model.projects.stage import Verb
from events.model.projects.workflow import MOVES, Guard, Move
from events.model.refusal import Reason, Refusal

if TYPE_CHECKING:
    from events.model.actor import Actor
    from events.model.projects.project import Project


def in_scope(actor: Actor, project: Project) -> bool:
    """Whether ``actor`` may read ``project``: its area, and for field staff its department."""
    limits = scope(actor)
    if limits.area_id is not None and limits.area_id not in project.area_path:
        return False
    return limits.department_id is None or limits.department_id == project.department_id


def may(actor: Actor, verb: Verb, project: Project) -> Refusal | None:
    """None when ``actor`` may do ``verb`` to ``project`` as it is now, else why not.

    What must be proven first is looked at apart: ``events.model.projects.proof``.
    """
    move = MOVES.get((project.kind, project.stage, verb))
    if move is None:
        return Refusal(reason=ProjectReason.WRONG_STAGE)
    if not _has_the_role(actor, move):
        return Refusal(reason=Reason.ROLE)
    if actor.kind != "account":
        return None
    in_field = actor.role is Role.FIELD
    broken = (
        (actor.area_id not in project.area_path, Reason.OTHER_AREA),
        (in_field and actor.department_id != project.department_id, ProjectReason.OTHER_OWNER),
        (
            Guard.NOT_WHO_ASKED in move.guards and project.submitted_by == actor.key,
            ProjectReason.WHO_ASKED,
        ),
    )
    return next((Refusal(reason=reason) for is_broken, reason in broken if is_broken), None)


def _has_the_role(actor: Actor, move: Move) -> bool:
    if actor.kind == "system":
        return actor.name in move.systems
    return actor.kind == "account" and actor.role in move.roles


def verbs_for(actor: Actor, project: Project) -> tuple[Verb, ...]:
    """The verbs that ``actor`` may do to ``project`` now, in the order of the enum."""
    return tuple(verb for verb in Verb if may(actor, verb, project) is None)
