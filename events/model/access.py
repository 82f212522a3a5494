"""Who may do what: roles, permissions, and ``may`` for one verb on one ticket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from events.model.actor import (
    DISPATCH,
    RECOVERY,
    RESIDENT,
    ROLE_WORDS,
    Actor,
    ActorKind,
    Role,
    system,
)
from events.model.refusal import Reason, Refusal
from events.model.verb import Guard, Verb
from events.model.workflow import MOVES, Move

if TYPE_CHECKING:
    from events.model.ticket import Ticket

__all__ = [
    "DISPATCH",
    "MOST_EXTENSIONS",
    "PERMISSIONS",
    "RECOVERY",
    "RESIDENT",
    "ROLE_WORDS",
    "Actor",
    "ActorKind",
    "Permission",
    "Role",
    "Scope",
    "allowed",
    "hindrance",
    "in_scope",
    "may",
    "scope",
    "system",
    "verbs_for",
]


# A deadline is extended so often at most.
MOST_EXTENSIONS = 2


class Permission(StrEnum):
    """What a page, a route or a callback may ask for."""

    VIEW_WALL = "view_wall"
    VIEW_DESK = "view_desk"
    VIEW_FIELD = "view_field"
    VIEW_EVALUATION = "view_evaluation"
    READ_TICKETS = "read_tickets"
    READ_READINGS = "read_readings"
    READ_CONFIGURATION = "read_configuration"
    READ_CONTACT = "read_contact"
    READ_HOUSEHOLDS = "read_households"
    ACT_ON_TICKETS = "act_on_tickets"
    EXPORT_RECORDS = "export_records"
    MANAGE_ACCOUNTS = "manage_accounts"
    VIEW_DEVICES = "view_devices"
    MANAGE_DEVICES = "manage_devices"
    VIEW_QUARANTINE = "view_quarantine"
    MANAGE_QUARANTINE = "manage_quarantine"
    VIEW_LOSSES = "view_losses"
    VIEW_DUTIES = "view_duties"
    DECIDE_DUTIES = "decide_duties"
    VIEW_RECTIFICATION = "view_rectification"
    READ_PROJECTS = "read_projects"
    ACT_ON_PROJECTS = "act_on_projects"
    TAKE_WARNINGS = "take_warnings"


_P = Permission
_READS = frozenset({
    _P.READ_TICKETS, _P.READ_READINGS, _P.READ_CONFIGURATION, _P.READ_PROJECTS,
    _P.VIEW_RECTIFICATION,
})  # fmt: skip
_WATCHES_DEVICES = frozenset({_P.VIEW_DEVICES, _P.VIEW_LOSSES})
_DESKS = frozenset({
    _P.VIEW_WALL, _P.VIEW_DESK, _P.READ_CONTACT, _P.ACT_ON_TICKETS, _P.EXPORT_RECORDS,
    _P.ACT_ON_PROJECTS, _P.TAKE_WARNINGS,
})  # fmt: skip

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: _READS | _WATCHES_DEVICES | _DESKS | {_P.VIEW_DUTIES},
    Role.DISPATCHER: _READS | _DESKS | {_P.VIEW_DUTIES, _P.READ_HOUSEHOLDS},
    Role.FIELD: _READS | {_P.VIEW_FIELD, _P.ACT_ON_TICKETS, _P.ACT_ON_PROJECTS},
    Role.SUPERVISOR: _READS
    | _WATCHES_DEVICES
    | _DESKS
    | {_P.VIEW_EVALUATION, _P.VIEW_DUTIES, _P.DECIDE_DUTIES, _P.READ_HOUSEHOLDS},
    Role.ADMIN: _READS
    | _WATCHES_DEVICES
    | {_P.VIEW_WALL, _P.VIEW_DESK, _P.VIEW_EVALUATION, _P.MANAGE_ACCOUNTS}
    | {_P.MANAGE_DEVICES, _P.VIEW_QUARANTINE, _P.MANAGE_QUARANTINE}
    | {_P.VIEW_DUTIES, _P.DECIDE_DUTIES},
}


def allowed(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role carries ``permission``; only accounts have any."""
    if actor.kind != "account" or actor.role is None:
        return False
    return permission in PERMISSIONS[actor.role]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which tickets one may see: inside ``area_id`` (None: everywhere) and, where given,
    of ``department_id``. Field staff without a department see nothing (-1 is nobody's)."""

    area_id: int | None = None
    department_id: int | None = None


def scope(actor: Actor) -> Scope:
    """The tickets that ``actor`` may read. Systems see all; residents and devices none."""
    if actor.kind == "system":
        return Scope()
    if actor.kind != "account" or actor.area_id is None:
        return Scope(area_id=-1, department_id=-1)
    if actor.role is Role.FIELD:
        department = -1 if actor.department_id is None else actor.department_id
        return Scope(area_id=actor.area_id, department_id=department)
    return Scope(area_id=actor.area_id)


def in_scope(actor: Actor, ticket: Ticket) -> bool:
    """Whether ``actor`` may read ``ticket``."""
    limits = scope(actor)
    if limits.area_id is not None and limits.area_id not in ticket.area_path:
        return False
    return limits.department_id is None or limits.department_id in (
        ticket.department_id, *ticket.assisting,
    )  # fmt: skip


def may(actor: Actor, verb: Verb, ticket: Ticket) -> Refusal | None:
    """None when ``actor`` may do ``verb`` to ``ticket`` as it is now, else why not.

    Where the move has levels of decision, "may do" means "may propose".
    """
    move = MOVES.get((ticket.state, verb))
    if move is None:
        return Refusal(reason=Reason.WRONG_STATE)
    if actor.kind in ("system", "resident"):
        if actor.name not in move.systems:
            return Refusal(reason=Reason.ROLE)
    elif actor.kind != "account" or actor.role not in move.roles:
        return Refusal(reason=Reason.ROLE)
    elif actor.area_id not in ticket.area_path:
        return Refusal(reason=Reason.OTHER_AREA)
    elif actor.role is Role.FIELD and actor.department_id not in _departments(verb, ticket):
        return Refusal(reason=Reason.OTHER_DEPARTMENT)
    return hindrance(actor, move, ticket)


def _departments(verb: Verb, ticket: Ticket) -> tuple[int | None, ...]:
    """Whose field staff do this: the leading department, as a rule."""
    if verb is Verb.SIGN:
        return ticket.unsigned
    if verb is Verb.COMMENT:
        return (ticket.department_id, *ticket.assisting)
    return (ticket.department_id,)


def hindrance(actor: Actor, move: Move, ticket: Ticket) -> Refusal | None:
    """What of the ticket as it is stands against a move that ``actor`` is permitted to make."""
    by_engine = actor.kind != "account"
    in_field = actor.role is Role.FIELD
    broken = {
        Guard.OWN_CREW: (
            in_field and ticket.crew_id is not None and ticket.crew_id != actor.crew_id,
            Reason.OTHER_CREW,
        ),
        Guard.NOT_WHO_DISPOSED: (ticket.disposed_by == actor.key, Reason.WHO_DISPOSED),
        Guard.RECOVERED: (by_engine and ticket.recovered_at is None, Reason.NOT_RECOVERED),
        Guard.PERSON_AFTER_RETURN: (by_engine and ticket.was_returned, Reason.RETURNED),
        Guard.ALL_SIGNED: (bool(ticket.unsigned), Reason.UNSIGNED),
        Guard.PARTS_CLOSED: (ticket.open_parts > 0, Reason.PARTS_OPEN),
        # what the sensors say opens a part again, whatever became of the whole
        Guard.WHOLE_OPEN: (not by_engine and ticket.parent_closed, Reason.WHOLE_CLOSED),
        Guard.MAY_EXTEND: (ticket.extensions >= MOST_EXTENSIONS, Reason.EXTENDED),
        Guard.NEVER_SUSPENDED: (ticket.suspended_at is not None, Reason.SUSPENDED_ONCE),
        Guard.RAN_LATE: (ticket.late_at is None, Reason.NOT_LATE),
        Guard.NEVER_APPEALED: (ticket.appealed_at is not None, Reason.APPEALED),
        Guard.PROOF_WANTED: (
            not ticket.proof_photos and not ticket.waits_for_recovery,
            Reason.NO_PROOF_WANTED,
        ),
        Guard.SOMEBODY_ASSISTS: (not ticket.assisting, Reason.NOBODY_ASSISTS),
    }
    for guard in move.guards:
        is_broken, reason = broken[guard]
        if is_broken:
            return Refusal(reason=reason)
    return None


def verbs_for(actor: Actor, ticket: Ticket) -> tuple[Verb, ...]:
    """The verbs that ``actor`` may do to ``ticket`` now, in the order of the Verb enum."""
    return tuple(verb for verb in Verb if may(actor, verb, ticket) is None)
