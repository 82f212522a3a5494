"""The life of a ticket: ONE table of moves. Nothing else decides what may follow what."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from events.model.actor import Role
from events.model.verb import STATE_WORDS, VERB_WORDS, Guard, Need, State, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "FINAL",
    "MARKS",
    "MOVES",
    "OPEN",
    "STATE_WORDS",
    "VERB_WORDS",
    "VERDICTS",
    "Guard",
    "Move",
    "Need",
    "State",
    "Verb",
    "next_state",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One row of the table: in ``source``, ``verb`` leads to ``target``.

    ``systems`` are the names of actors that are no accounts and may do it without a role.
    ``levels``: the roles that decide, level by level. Where there are any, who may do it only
    proposes it, and the move is made when a different person has approved it on each level;
    until then the ticket stays where it is and its clock runs on.
    """

    source: State
    verb: Verb
    target: State
    roles: frozenset[Role]
    systems: frozenset[str] = frozenset()
    guards: tuple[Guard, ...] = ()
    needs: tuple[Need, ...] = ()
    levels: tuple[frozenset[Role], ...] = ()


_DESK = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
_COMMAND = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_DISPATCHER = frozenset({Role.DISPATCHER})
_FIELD = frozenset({Role.FIELD})
_STAFF = _DESK | _FIELD
_NOBODY: frozenset[Role] = frozenset()
_ENGINE = frozenset({"dispatch"})
_RECOVERY = frozenset({"recovery"})
_RESIDENT = frozenset({"resident"})

FINAL = frozenset({State.CLOSED, State.DECLINED, State.MERGED})
OPEN = frozenset(State) - FINAL
_WITH_DEPARTMENT = (State.DISPATCHED, State.ACCEPTED)

# What is decided about a proposal; who may: ``events.model.proposal``.
VERDICTS = frozenset({Verb.APPROVE, Verb.REFUSE, Verb.WITHDRAW})


def _row(
    source: State, verb: Verb, target: State, roles: frozenset[Role], *needs: Need,
    systems: frozenset[str] = frozenset(), guards: tuple[Guard, ...] = (),
    levels: tuple[frozenset[Role], ...] = (),
) -> Move:  # fmt: skip
    return Move(source=source, verb=verb, target=target, roles=roles, needs=needs,
                systems=systems, guards=guards, levels=levels)  # fmt: skip


# From a report to closure. Who disposed never verifies; whoever hands back gives a reason, and
# what was handed back is dispatched by a person, because the engine's choice was just refused.
# Nobody makes a problem disappear alone: decline and false_alarm wait for a second person.
_WAY = (
    _row(State.REPORTED, Verb.FILE, State.FILED, _DESK, systems=_ENGINE),
    _row(State.REPORTED, Verb.DECLINE, State.DECLINED, _DESK, Need.REASON, levels=(_DESK,)),
    _row(State.FILED, Verb.DECLINE, State.DECLINED, _COMMAND, Need.REASON, levels=(_COMMAND,)),
    _row(State.REPORTED, Verb.FALSE_ALARM, State.DECLINED, _DESK, Need.REASON, levels=(_DESK,)),
    _row(State.FILED, Verb.FALSE_ALARM, State.DECLINED, _DESK, Need.REASON, levels=(_COMMAND,)),
    *(
        _row(state, Verb.FALSE_ALARM, State.DECLINED, _COMMAND | _FIELD, Need.REASON,
             guards=(Guard.OWN_CREW, Guard.PARTS_CLOSED), levels=(_COMMAND,))
        for state in _WITH_DEPARTMENT
    ),
    _row(State.FILED, Verb.DISPATCH, State.DISPATCHED, _COMMAND, Need.DEPARTMENT,
         systems=_ENGINE, guards=(Guard.PERSON_AFTER_RETURN,)),
    _row(State.DISPATCHED, Verb.ASSIGN, State.DISPATCHED, _COMMAND, Need.CREW, systems=_ENGINE),
    _row(State.ACCEPTED, Verb.ASSIGN, State.DISPATCHED, _COMMAND, Need.CREW, Need.REASON),
    _row(State.DISPATCHED, Verb.ACCEPT, State.ACCEPTED, _FIELD, guards=(Guard.OWN_CREW,)),
    *(
        _row(state, Verb.HAND_BACK, State.FILED, _FIELD, Need.REASON, guards=(Guard.OWN_CREW,))
        for state in _WITH_DEPARTMENT
    ),
    _row(State.ACCEPTED, Verb.DISPOSE, State.DISPOSED, _FIELD, Need.NOTE,
         guards=(Guard.OWN_CREW, Guard.ALL_SIGNED)),
    _row(State.DISPOSED, Verb.VERIFY, State.VERIFIED, _DESK, systems=_RECOVERY,
         guards=(Guard.NOT_WHO_DISPOSED, Guard.RECOVERED)),
    _row(State.DISPOSED, Verb.VOUCH, State.VERIFIED, _DESK, Need.REASON,
         guards=(Guard.NOT_WHO_DISPOSED, Guard.PROOF_WANTED), levels=(_DESK,)),
    _row(State.DISPOSED, Verb.REWORK, State.ACCEPTED, _DESK, Need.REASON,
         guards=(Guard.NOT_WHO_DISPOSED,)),
    _row(State.VERIFIED, Verb.CLOSE, State.CLOSED, _DESK, systems=_RECOVERY,
         guards=(Guard.NOT_WHO_DISPOSED, Guard.ALL_SIGNED, Guard.PARTS_CLOSED)),
    _row(State.CLOSED, Verb.REOPEN, State.FILED, _DESK, Need.REASON, systems=_ENGINE | _RESIDENT,
         guards=(Guard.WHOLE_OPEN,)),
    # a resident said "not solved" late, or again: a supervisor looks at it
    _row(State.CLOSED, Verb.RECONSIDER, State.FILED, _NOBODY, Need.REASON, systems=_RESIDENT,
         levels=(_SUPERVISOR,)),
    _row(State.DECLINED, Verb.REOPEN, State.REPORTED, _DESK, Need.REASON,
         guards=(Guard.WHOLE_OPEN,)),
)  # fmt: skip

# What another ticket can be merged into.
MERGE_TARGETS = frozenset({State.FILED, State.DISPATCHED, State.ACCEPTED})

# Two tickets about one thing become one, and can become two again; an event that was put to the
# wrong ticket is put right by one person, because nothing can disappear by it.
_FUSION = (
    *(
        _row(state, Verb.MERGE, State.MERGED, _COMMAND, Need.INTO, Need.REASON,
             guards=(Guard.PARTS_CLOSED, Guard.ALL_SIGNED), levels=(_COMMAND,))
        for state in (State.FILED, State.DISPATCHED)
    ),
    _row(State.MERGED, Verb.UNMERGE, State.FILED, _COMMAND, Need.REASON),
    *(
        _row(state, Verb.LINK, state, _COMMAND, Need.EVENT, Need.REASON)
        for state in sorted(OPEN)
    ),
    *(
        _row(state, Verb.UNLINK, state, _COMMAND, Need.EVENT, Need.REASON)
        for state in sorted(frozenset(State) - {State.MERGED})
    ),
)  # fmt: skip

# More time, no time for a while, and the excuse for what was late.
_TIME = (
    *(
        _row(state, Verb.EXTEND, state, _FIELD | _DISPATCHER, Need.HOURS, Need.REASON,
             guards=(Guard.OWN_CREW, Guard.MAY_EXTEND), levels=(_DISPATCHER, _SUPERVISOR))
        for state in _WITH_DEPARTMENT
    ),
    *(
        _row(state, Verb.SUSPEND, State.SUSPENDED, _COMMAND | _FIELD, Need.UNTIL, Need.REASON,
             guards=(Guard.OWN_CREW, Guard.NEVER_SUSPENDED), levels=(_SUPERVISOR,))
        for state in _WITH_DEPARTMENT
    ),
    _row(State.SUSPENDED, Verb.RESUME, State.DISPATCHED, _COMMAND, Need.REASON, systems=_ENGINE),
    *(
        _row(state, Verb.APPEAL, state, _FIELD, Need.REASON,
             guards=(Guard.RAN_LATE, Guard.NEVER_APPEALED), levels=(_DISPATCHER, _SUPERVISOR))
        for state in (*_WITH_DEPARTMENT, State.DISPOSED, State.VERIFIED, State.CLOSED)
    ),
)  # fmt: skip

# One department leads, others assist in parallel and sign their part; a part that is a matter of
# its own becomes a ticket of its own.
_JOINT = tuple(
    row
    for state in _WITH_DEPARTMENT
    for row in (
        _row(state, Verb.ASSIST, state, _COMMAND, Need.DEPARTMENT, Need.REASON),
        _row(state, Verb.RELEASE, state, _COMMAND, Need.DEPARTMENT, Need.REASON,
             guards=(Guard.SOMEBODY_ASSISTS,)),
        _row(state, Verb.SIGN, state, _FIELD, Need.NOTE),
        _row(state, Verb.SPLIT, state, _COMMAND, Need.DEPARTMENT, Need.REASON),
    )
)  # fmt: skip

_BESIDE = (
    *(_row(state, Verb.SUPERVISE, state, _DESK, Need.REASON) for state in sorted(OPEN)),
    *(_row(state, Verb.COMMENT, state, _STAFF, Need.NOTE, systems=_ENGINE) for state in State),
    *(
        _row(state, mark, state, _NOBODY, systems=_ENGINE)
        for state in sorted(OPEN)
        for mark in (Verb.WORSEN, Verb.RECOVER, Verb.RELAPSE, Verb.OVERDUE, Verb.OWN)
    ),
)


def _table(rows: Iterable[Move]) -> Mapping[tuple[State, Verb], Move]:
    table: dict[tuple[State, Verb], Move] = {}
    for row in rows:
        if (row.source, row.verb) in table:
            raise ValueError(f"two moves for {row.verb} in {row.source}")
        table[row.source, row.verb] = row
    return MappingProxyType(table)


MOVES: Mapping[tuple[State, Verb], Move] = _table((*_WAY, *_FUSION, *_TIME, *_JOINT, *_BESIDE))

# Made beside the work of whoever has it in hand: a phone that did not see them yet is not out of
# date. Everything that is not here moves the ticket on, or to other people.
MARKS = frozenset({
    Verb.WORSEN, Verb.RECOVER, Verb.RELAPSE, Verb.OVERDUE, Verb.COMMENT, Verb.SUPERVISE,
    Verb.LINK, Verb.UNLINK, Verb.EXTEND, Verb.APPEAL, Verb.ASSIST, Verb.RELEASE, Verb.SIGN,
    Verb.SPLIT, Verb.PROPOSE, Verb.LAPSE, Verb.ESCALATE, Verb.RATE, Verb.OWN,
    Verb.UNROUTED,
}) | VERDICTS  # fmt: skip


def next_state(state: State, verb: Verb) -> State | None:
    """Where ``verb`` leads from ``state``; None when the table has no such move."""
    move = MOVES.get((state, verb))
    return None if move is None else move.target
