"""The life of a project: ONE table of moves for outfalls, sites and root causes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from events.model.actor import Role
from events.model.projects.stage import LIVE, Kind, Need, Stage, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Guard(StrEnum):
    """What must hold before a move: looked at in ``events.model.projects.proof``."""

    NOT_WHO_ASKED = "not_who_asked"
    SAMPLED_BEFORE = "sampled_before"
    SOURCES_KNOWN = "sources_known"
    CHECKED = "checked"
    PHOTOS = "photos"
    SOURCES_SETTLED = "sources_settled"
    SAMPLED_AFTER = "sampled_after"
    CHECKS_MET = "checks_met"
    CLASS_REACHED = "class_reached"
    TICKETS_CLOSED = "tickets_closed"
    SENSORS_QUIET = "sensors_quiet"
    WATCHED = "watched"
    REDUCED = "reduced"


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One row of the table: a project of one of ``kinds`` in ``source``: ``verb`` -> ``target``.

    Field staff act for the department that owns the project only. ``systems`` are the names of
    actors that are no accounts.
    """

    kinds: frozenset[Kind]
    source: Stage
    verb: Verb
    target: Stage
    roles: frozenset[Role]
    needs: tuple[Need, ...] = ()
    guards: tuple[Guard, ...] = ()
    systems: frozenset[str] = frozenset()


_OUTFALL = frozenset({Kind.OUTFALL})
_SITE = frozenset({Kind.SITE})
_PLACES = _OUTFALL | _SITE
_ROOT_CAUSE = frozenset({Kind.ROOT_CAUSE})
_ALL = frozenset(Kind)

_DESK = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
_COMMAND = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_OWNER = frozenset({Role.FIELD}) | _COMMAND
_STAFF = frozenset({Role.FIELD}) | _DESK
_NOBODY: frozenset[Role] = frozenset()
_ENGINE = frozenset({"dispatch"})

# Who asked for the end of a project never grants it.
_PROVED = (Guard.NOT_WHO_ASKED, Guard.PHOTOS)


def _row(
    kinds: frozenset[Kind], source: Stage, verb: Verb, target: Stage, roles: frozenset[Role],
    *needs: Need, guards: tuple[Guard, ...] = (), systems: frozenset[str] = frozenset(),
) -> Move:  # fmt: skip
    return Move(kinds=kinds, source=source, verb=verb, target=target, roles=roles, needs=needs,
                guards=guards, systems=systems)  # fmt: skip


# 查测溯治: what is there, what comes out of it, where that comes from, put right; accepted by
# somebody else, and watched for a while after.
_RECTIFICATION = (
    _row(_OUTFALL, Stage.SURVEY, Verb.SURVEY, Stage.MONITOR, _OWNER, Need.FACTS, Need.NOTE),
    _row(_SITE, Stage.SURVEY, Verb.SURVEY, Stage.MONITOR, _OWNER, Need.NOTE,
         guards=(Guard.CHECKED,)),
    _row(_OUTFALL, Stage.MONITOR, Verb.MONITOR, Stage.TRACE, _OWNER, Need.NOTE,
         guards=(Guard.SAMPLED_BEFORE,)),
    _row(_SITE, Stage.MONITOR, Verb.MONITOR, Stage.TRACE, _OWNER, Need.NOTE),
    _row(_OUTFALL, Stage.TRACE, Verb.TRACE, Stage.RECTIFY, _OWNER, Need.METHOD, Need.NOTE,
         guards=(Guard.SOURCES_KNOWN,)),
    _row(_SITE, Stage.TRACE, Verb.TRACE, Stage.RECTIFY, _OWNER, Need.NOTE,
         guards=(Guard.SOURCES_KNOWN,)),
    _row(_OUTFALL, Stage.RECTIFY, Verb.SUBMIT, Stage.ACCEPT, _OWNER, Need.NOTE,
         guards=(Guard.PHOTOS, Guard.SOURCES_SETTLED, Guard.SAMPLED_AFTER)),
    _row(_SITE, Stage.RECTIFY, Verb.SUBMIT, Stage.ACCEPT, _OWNER, Need.NOTE,
         guards=(Guard.PHOTOS, Guard.SOURCES_SETTLED, Guard.CHECKS_MET)),
    _row(_OUTFALL, Stage.ACCEPT, Verb.ACCEPT, Stage.WATCH, _DESK, Need.NOTE,
         guards=(*_PROVED, Guard.SAMPLED_AFTER, Guard.CLASS_REACHED, Guard.SENSORS_QUIET,
                 Guard.TICKETS_CLOSED)),
    _row(_SITE, Stage.ACCEPT, Verb.ACCEPT, Stage.WATCH, _DESK, Need.NOTE,
         guards=(*_PROVED, Guard.CHECKS_MET, Guard.SENSORS_QUIET, Guard.TICKETS_CLOSED)),
    _row(_PLACES, Stage.ACCEPT, Verb.RETURN, Stage.RECTIFY, _DESK, Need.REASON,
         guards=(Guard.NOT_WHO_ASKED,)),
    _row(_PLACES, Stage.WATCH, Verb.FINISH, Stage.DONE, _NOBODY, systems=_ENGINE,
         guards=(Guard.WATCHED,)),
    _row(_PLACES, Stage.WATCH, Verb.RELAPSE, Stage.RECTIFY, _DESK, Need.REASON, systems=_ENGINE),
    _row(_PLACES, Stage.DONE, Verb.REOPEN, Stage.RECTIFY, _COMMAND, Need.REASON),
)  # fmt: skip

# What comes again and again: why, what is done about it, did it help.
_CAUSES = (
    _row(_ROOT_CAUSE, Stage.TRACE, Verb.TRACE, Stage.RECTIFY, _OWNER, Need.CAUSE, Need.MEASURES),
    _row(_ROOT_CAUSE, Stage.RECTIFY, Verb.CARRY_OUT, Stage.WATCH, _OWNER, Need.NOTE),
    _row(_ROOT_CAUSE, Stage.WATCH, Verb.SUBMIT, Stage.ACCEPT, _OWNER, Need.NOTE,
         guards=(Guard.WATCHED,)),
    _row(_ROOT_CAUSE, Stage.ACCEPT, Verb.ACCEPT, Stage.DONE, _SUPERVISOR, Need.NOTE,
         guards=(Guard.NOT_WHO_ASKED, Guard.REDUCED)),
    _row(_ROOT_CAUSE, Stage.ACCEPT, Verb.RETURN, Stage.TRACE, _SUPERVISOR, Need.REASON,
         guards=(Guard.NOT_WHO_ASKED,)),
)  # fmt: skip

# Nobody makes one disappear alone: a second person confirms that there is nothing to put right.
_EXCLUSION = (
    *(
        _row(_PLACES, stage, Verb.EXCLUDE, Stage.EXCLUDING, _OWNER, Need.REASON)
        for stage in (Stage.SURVEY, Stage.MONITOR)
    ),
    _row(_ALL, Stage.TRACE, Verb.EXCLUDE, Stage.EXCLUDING, _OWNER, Need.REASON),
    _row(_ALL, Stage.EXCLUDING, Verb.CONFIRM, Stage.EXCLUDED, _COMMAND, Need.REASON,
         guards=(Guard.NOT_WHO_ASKED,)),
    _row(_PLACES, Stage.EXCLUDING, Verb.KEEP, Stage.SURVEY, _COMMAND, Need.REASON,
         guards=(Guard.NOT_WHO_ASKED,)),
    _row(_ROOT_CAUSE, Stage.EXCLUDING, Verb.KEEP, Stage.TRACE, _COMMAND, Need.REASON,
         guards=(Guard.NOT_WHO_ASKED,)),
)  # fmt: skip

_MEASURED = (Stage.MONITOR, Stage.TRACE, Stage.RECTIFY, Stage.ACCEPT, Stage.WATCH)
_WORKED_ON = (Stage.SURVEY, Stage.MONITOR, Stage.TRACE, Stage.RECTIFY, Stage.ACCEPT)
_DATED = (Stage.SURVEY, Stage.MONITOR, Stage.TRACE, Stage.RECTIFY)

_BESIDE = (
    *(_row(_OUTFALL, one, Verb.SAMPLE, one, _OWNER, Need.SAMPLE) for one in _MEASURED),
    *(
        _row(_PLACES, one, Verb.SOURCE, one, _OWNER, Need.SOURCE)
        for one in (Stage.SURVEY, Stage.MONITOR, Stage.TRACE, Stage.RECTIFY)
    ),
    _row(_PLACES, Stage.RECTIFY, Verb.SETTLE, Stage.RECTIFY, _OWNER, Need.SETTLES, Need.NOTE),
    *(_row(_SITE, one, Verb.CHECK, one, _OWNER, Need.ITEM) for one in _WORKED_ON),
    *(
        _row(_ALL, one, Verb.EVIDENCE, one, _STAFF, Need.PHOTOS)
        for one in sorted(LIVE)
    ),
    *(
        _row(_ALL, one, Verb.ASSIGN, one, _COMMAND, Need.DEPARTMENT, Need.REASON)
        for one in sorted(LIVE)
    ),
    *(_row(_ALL, one, Verb.EXTEND, one, _SUPERVISOR, Need.DAYS, Need.REASON) for one in _DATED),
    *(
        row
        for one in sorted(LIVE)
        for row in (
            _row(_ALL, one, Verb.LINK, one, _COMMAND, Need.TICKET, Need.REASON, systems=_ENGINE),
            _row(_ALL, one, Verb.UNLINK, one, _COMMAND, Need.TICKET, Need.REASON),
            _row(_ALL, one, Verb.LATE, one, _NOBODY, systems=_ENGINE),
            _row(_ALL, one, Verb.REMIND, one, _NOBODY, systems=_ENGINE),
        )
    ),
    *(_row(_ALL, one, Verb.COMMENT, one, _STAFF, Need.NOTE) for one in Stage),
)  # fmt: skip


def _table(rows: Iterable[Move]) -> Mapping[tuple[Kind, Stage, Verb], Move]:
    table: dict[tuple[Kind, Stage, Verb], Move] = {}
    for row in rows:
        for kind in row.kinds:
            key = (kind, row.source, row.verb)
            if key in table:
                raise ValueError(f"two moves for {row.verb} of {kind} in {row.source}")
            table[key] = row
    return MappingProxyType(table)


MOVES = _table((*_RECTIFICATION, *_CAUSES, *_EXCLUSION, *_BESIDE))

# The stage with which each kind begins.
FIRST: Mapping[Kind, Stage] = MappingProxyType({
    Kind.OUTFALL: Stage.SURVEY, Kind.SITE: Stage.SURVEY, Kind.ROOT_CAUSE: Stage.TRACE,
})  # fmt: skip
