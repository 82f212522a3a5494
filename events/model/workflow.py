"""The life of a ticket: ONE table of moves. Nothing else decides what may follow what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from events.model.actor import Role
from events.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class State(StrEnum):
    """Where a ticket is. ``merged`` and ``suspended`` have no move that leads to them yet."""

    REPORTED = "reported"
    FILED = "filed"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    DISPOSED = "disposed"
    VERIFIED = "verified"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    SUSPENDED = "suspended"


class Verb(StrEnum):
    """What can be done to a ticket. The last four are the engine's own marks."""

    FILE = "file"
    DECLINE = "decline"
    DISPATCH = "dispatch"
    ASSIGN = "assign"
    ACCEPT = "accept"
    HAND_BACK = "hand_back"
    DISPOSE = "dispose"
    VERIFY = "verify"
    REWORK = "rework"
    CLOSE = "close"
    REOPEN = "reopen"
    SUPERVISE = "supervise"
    COMMENT = "comment"
    WORSEN = "worsen"
    RECOVER = "recover"
    RELAPSE = "relapse"
    OVERDUE = "overdue"


class Need(StrEnum):
    """What must be given with a move."""

    REASON = "reason"
    NOTE = "note"
    DEPARTMENT = "department"
    CREW = "crew"


class Guard(StrEnum):
    """What must hold between the ticket and who acts (checked by ``access.may``)."""

    OWN_CREW = "own_crew"
    NOT_WHO_DISPOSED = "not_who_disposed"
    RECOVERED = "recovered"
    PERSON_AFTER_RETURN = "person_after_return"


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One row of the table: in ``source``, ``verb`` leads to ``target``.

    ``systems`` are the names of system actors that may do it without a role.
    """

    source: State
    verb: Verb
    target: State
    roles: frozenset[Role]
    systems: frozenset[str] = frozenset()
    guards: tuple[Guard, ...] = ()
    needs: tuple[Need, ...] = ()


_DESK = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
_COMMAND = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
_FIELD = frozenset({Role.FIELD})
_STAFF = _DESK | _FIELD
_NOBODY: frozenset[Role] = frozenset()
_ENGINE = frozenset({"dispatch"})
_RECOVERY = frozenset({"recovery"})

FINAL = frozenset({State.CLOSED, State.DECLINED, State.MERGED})
OPEN = frozenset(State) - FINAL

# Who disposed never verifies; whoever hands back gives a reason, and what was handed back is
# dispatched by a person, because the engine's own choice was just refused.
_ROWS: tuple[Move, ...] = (
    Move(source=State.REPORTED, verb=Verb.FILE, target=State.FILED, roles=_DESK, systems=_ENGINE),
    Move(
        source=State.REPORTED,
        verb=Verb.DECLINE,
        target=State.DECLINED,
        roles=_DESK,
        needs=(Need.REASON,),
    ),
    Move(
        source=State.FILED,
        verb=Verb.DECLINE,
        target=State.DECLINED,
        roles=_COMMAND,
        needs=(Need.REASON,),
    ),
    Move(
        source=State.FILED,
        verb=Verb.DISPATCH,
        target=State.DISPATCHED,
        roles=_COMMAND,
        systems=_ENGINE,
        guards=(Guard.PERSON_AFTER_RETURN,),
        needs=(Need.DEPARTMENT,),
    ),
    Move(
        source=State.DISPATCHED,
        verb=Verb.ASSIGN,
        target=State.DISPATCHED,
        roles=_COMMAND,
        systems=_ENGINE,
        needs=(Need.CREW,),
    ),
    Move(
        source=State.ACCEPTED,
        verb=Verb.ASSIGN,
        target=State.DISPATCHED,
        roles=_COMMAND,
        needs=(Need.CREW, Need.REASON),
    ),
    Move(
        source=State.DISPATCHED,
        verb=Verb.ACCEPT,
        target=State.ACCEPTED,
        roles=_FIELD,
        guards=(Guard.OWN_CREW,),
    ),
    Move(
        source=State.DISPATCHED,
        verb=Verb.HAND_BACK,
        target=State.FILED,
        roles=_FIELD,
        guards=(Guard.OWN_CREW,),
        needs=(Need.REASON,),
    ),
    Move(
        source=State.ACCEPTED,
        verb=Verb.HAND_BACK,
        target=State.FILED,
        roles=_FIELD,
        guards=(Guard.OWN_CREW,),
        needs=(Need.REASON,),
    ),
    Move(
        source=State.ACCEPTED,
        verb=Verb.DISPOSE,
        target=State.DISPOSED,
        roles=_FIELD,
        guards=(Guard.OWN_CREW,),
        needs=(Need.NOTE,),
    ),
    Move(
        source=State.DISPOSED,
        verb=Verb.VERIFY,
        target=State.VERIFIED,
        roles=_DESK,
        systems=_RECOVERY,
        guards=(Guard.NOT_WHO_DISPOSED, Guard.RECOVERED),
    ),
    Move(
        source=State.DISPOSED,
        verb=Verb.REWORK,
        target=State.ACCEPTED,
        roles=_DESK,
        guards=(Guard.NOT_WHO_DISPOSED,),
        needs=(Need.REASON,),
    ),
    Move(
        source=State.VERIFIED,
        verb=Verb.CLOSE,
        target=State.CLOSED,
        roles=_DESK,
        systems=_RECOVERY,
        guards=(Guard.NOT_WHO_DISPOSED,),
    ),
    Move(
        source=State.CLOSED,
        verb=Verb.REOPEN,
        target=State.FILED,
        roles=_DESK,
        systems=_ENGINE,
        needs=(Need.REASON,),
    ),
    Move(
        source=State.DECLINED,
        verb=Verb.REOPEN,
        target=State.REPORTED,
        roles=_DESK,
        needs=(Need.REASON,),
    ),
    *(
        Move(source=state, verb=Verb.SUPERVISE, target=state, roles=_DESK, needs=(Need.REASON,))
        for state in sorted(OPEN)
    ),
    *(
        Move(
            source=state,
            verb=Verb.COMMENT,
            target=state,
            roles=_STAFF,
            systems=_ENGINE,
            needs=(Need.NOTE,),
        )
        for state in State
    ),
    *(
        Move(source=state, verb=mark, target=state, roles=_NOBODY, systems=_ENGINE)
        for state in sorted(OPEN)
        for mark in (Verb.WORSEN, Verb.RECOVER, Verb.RELAPSE, Verb.OVERDUE)
    ),
)


def _table(rows: Iterable[Move]) -> Mapping[tuple[State, Verb], Move]:
    table: dict[tuple[State, Verb], Move] = {}
    for row in rows:
        if (row.source, row.verb) in table:
            raise ValueError(f"two moves for {row.verb} in {row.source}")
        table[row.source, row.verb] = row
    return MappingProxyType(table)


MOVES: Mapping[tuple[State, Verb], Move] = _table(_ROWS)

# Made by the engine beside people's work: a phone that did not see them yet is not out of date.
MARKS = frozenset(
    {Verb.WORSEN, Verb.RECOVER, Verb.RELAPSE, Verb.OVERDUE, Verb.COMMENT, Verb.SUPERVISE}
)


def next_state(state: State, verb: Verb) -> State | None:
    """Where ``verb`` leads from ``state``; None when the table has no such move."""
    move = MOVES.get((state, verb))
    return None if move is None else move.target


STATE_WORDS: dict[State, Words] = {
    State.REPORTED: Words(zh="待立案", en="Reported"),
    State.FILED: Words(zh="已立案", en="Filed"),
    State.DISPATCHED: Words(zh="已派遣", en="Dispatched"),
    State.ACCEPTED: Words(zh="处置中", en="Accepted"),
    State.DISPOSED: Words(zh="已处置", en="Disposed"),
    State.VERIFIED: Words(zh="核查通过", en="Verified"),
    State.CLOSED: Words(zh="已结案", en="Closed"),
    State.DECLINED: Words(zh="不予立案", en="Declined"),
    State.MERGED: Words(zh="已并案", en="Merged"),
    State.SUSPENDED: Words(zh="挂账", en="Suspended"),
}

VERB_WORDS: dict[Verb, Words] = {
    Verb.FILE: Words(zh="立案", en="File"),
    Verb.DECLINE: Words(zh="不予立案", en="Decline"),
    Verb.DISPATCH: Words(zh="派遣", en="Dispatch"),
    Verb.ASSIGN: Words(zh="改派班组", en="Assign a crew"),
    Verb.ACCEPT: Words(zh="受理", en="Accept"),
    Verb.HAND_BACK: Words(zh="退回", en="Hand back"),
    Verb.DISPOSE: Words(zh="处置完成", en="Dispose"),
    Verb.VERIFY: Words(zh="核查通过", en="Verify"),
    Verb.REWORK: Words(zh="返工", en="Rework"),
    Verb.CLOSE: Words(zh="结案", en="Close"),
    Verb.REOPEN: Words(zh="重开", en="Reopen"),
    Verb.SUPERVISE: Words(zh="督办", en="Supervise"),
    Verb.COMMENT: Words(zh="留言", en="Comment"),
    Verb.WORSEN: Words(zh="等级上升", en="Severity raised"),
    Verb.RECOVER: Words(zh="监测恢复正常", en="Measured recovery"),
    Verb.RELAPSE: Words(zh="监测再次异常", en="Measured relapse"),
    Verb.OVERDUE: Words(zh="超期", en="Overdue"),
}
