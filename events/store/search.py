"""Find tickets: filters, scope of who asks, cursor paging by (updated_at, ticket_id)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    any_,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from events.model.access import Actor, Scope
from events.model.ticket import Ticket
from events.model.workflow import FINAL
from events.store import departments, tickets
from events.store.scopes import area_ids
from events.store.tables import outbox as O  # noqa: N812 - short, like T
from events.store.tables import parties as A  # noqa: N812 - short, like T
from events.store.tables import proposals as P  # noqa: N812
from events.store.tables import ticket_words as W  # noqa: N812
from events.store.tables import tickets as T  # noqa: N812 - short, it is on every line
from grid.store.named_sql import Statements
from grid.store.postgis import planned_anew

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

    from events.model.workflow import State

_SQL = Statements.beside(__file__)
# Tickets that have the words of a text are read one by one up to so many.
_FEW = 2_000

MOST = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketQuery:
    """What to look for; None: no matter. ``bbox``: west, south, east, north (WGS-84).

    ``cell``, ``department``, ``category`` are codes. ``open_only`` leaves out closed, declined
    and merged tickets. ``text`` is looked for in number, titles and description.
    ``in_hand_of``: what the crew of this person has in hand, and what its department assists
    with. ``decided_by``: something is proposed about it that this person may decide; together with
    ``states``, either will do. ``escalated_to``: its lateness was told to this person.
    """

    bbox: tuple[float, float, float, float] | None = None
    states: frozenset[State] | None = None
    open_only: bool = False
    layer: str | None = None
    category: str | None = None
    cell: str | None = None
    department: str | None = None
    department_id: int | None = None
    crew_id: int | None = None
    device_no: int | None = None
    least_severity: int | None = None
    overdue: bool | None = None
    supervised: bool | None = None
    text: str | None = None
    updated_after: datetime | None = None
    decided_by: Actor | None = None
    in_hand_of: Actor | None = None
    escalated_to: Actor | None = None
    cursor: str | None = None
    limit: int = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Tickets, the latest changed first; ``next_cursor`` None: there are no more."""

    items: tuple[Ticket, ...]
    next_cursor: str | None


def search(conn: Connection, query: TicketQuery, scope: Scope) -> Page:
    """The tickets that match and that ``scope`` lets see.

    Raises ValueError for a cursor that was not made here.
    """
    limit = max(1, min(query.limit, MOST))
    wanted = _plain(query) + _looked_up(conn, query) + _scoped(conn, scope)
    if query.text:
        wanted += _saying(conn, query.text)
    statement = (
        select(T.c.ticket_id, T.c.updated_at)
        .where(*wanted)
        .order_by(T.c.updated_at.desc(), T.c.ticket_id.desc())
        .limit(limit + 1)
    )
    rows = _run(conn, statement, looks_at_words=bool(query.text))
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = _cursor(rows[-1].updated_at, rows[-1].ticket_id) if more else None
    return Page(items=tickets.by_ids(conn, [row.ticket_id for row in rows]), next_cursor=cursor)


def _run(conn: Connection, statement: Select[Any], *, looks_at_words: bool) -> Sequence[Row[Any]]:
    """All rows. Rare words are found by their index, common ones among the newest tickets: which
    way is the faster one depends on the words, so that one plan for all of them will not do."""
    if not looks_at_words:
        return conn.execute(statement).all()
    with planned_anew(conn):
        return conn.execute(statement).all()


def _plain(query: TicketQuery) -> list[ColumnElement[bool]]:
    """Filters on the ticket's own columns."""
    equal = {
        "layer": query.layer,
        "category_code": query.category,
        "department_id": query.department_id,
        "crew_id": query.crew_id,
        "device_no": query.device_no,
        "supervised": query.supervised,
    }
    found = [T.c[name] == value for name, value in equal.items() if value is not None]
    if query.bbox is not None:
        found.append(T.c.position.op("&&")(func.ST_MakeEnvelope(*query.bbox, 4326)))
    found += _chosen(query)
    if query.escalated_to is not None:
        found.append(_told_of(query.escalated_to))
    if query.open_only:
        found.append(T.c.state.not_in(sorted(FINAL)))
    if query.least_severity is not None:
        found.append(T.c.severity >= query.least_severity)
    if query.overdue is not None:
        found.append(T.c.overdue_at.is_not(None) if query.overdue else T.c.overdue_at.is_(None))
    if query.updated_after is not None:
        found.append(T.c.updated_at > query.updated_after)
    if query.cursor is not None:
        found.append(tuple_(T.c.updated_at, T.c.ticket_id) < tuple_(*_place(query.cursor)))
    return found


def _saying(conn: Connection, text: str) -> list[ColumnElement[bool]]:
    """What a ticket says holds ``text``: its longest words by index, then the text itself."""
    words = select(W.c.ticket_id).where(W.c.words.contains(func.events.words_asked(text)))
    said = func.concat_ws(" ", T.c.number, T.c.title_zh, T.c.title_en, T.c.description)
    # (ILIKE would be taken for rare, whatever the index knows, and plans be made on that)
    holds = func.strpos(func.lower(said), func.lower(text)) > 0
    # Statistics know the common words alone: of all others they say "some thousands", which looks
    # as if the newest tickets soon held them. Where only few do, these are looked at, no others.
    with planned_anew(conn):  # for any text the plan would read all that have a common word
        few = conn.execute(words.limit(_FEW + 1)).scalars().all()
    if len(few) <= _FEW:
        return [T.c.ticket_id == any_(literal(few, ARRAY(BigInteger))), holds]
    return [T.c.ticket_id.in_(words), holds]


def _chosen(query: TicketQuery) -> list[ColumnElement[bool]]:
    """The states, or what waits for somebody's decision: either will do."""
    either: list[ColumnElement[bool]] = []
    if query.states is not None:
        either.append(T.c.state.in_(sorted(query.states)))
    if query.decided_by is not None:
        either.append(_waits_for(query.decided_by))
    if query.in_hand_of is not None:
        crew, department = query.in_hand_of.crew_id or -1, query.in_hand_of.department_id or -1
        asked = select(A.c.ticket_id).where(
            A.c.department_id == department, A.c.signed_at.is_(None), A.c.released_at.is_(None),
            or_(A.c.crew_id == crew, A.c.crew_id.is_(None)),
        )  # fmt: skip
        own = T.c.crew_id == crew
        return [*_any(either), or_(own, T.c.ticket_id.in_(asked))]
    return _any(either)


def _any(either: list[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    return [or_(*either)] if either else []


def _waits_for(actor: Actor) -> ColumnElement[bool]:
    """Something is proposed that ``actor`` may decide: of the level's roles, with no say yet."""
    waiting = select(P.c.ticket_id).where(
        P.c.outcome == "pending",
        literal(actor.role.value if actor.role else "") == any_(P.c.deciders),
        not_(literal(actor.key) == any_(P.c.people)),
    )
    return T.c.ticket_id.in_(waiting)


def _told_of(actor: Actor) -> ColumnElement[bool]:
    """It stayed late, and this person was told of it."""
    told = select(O.c.ticket_id).where(
        O.c.kind == "escalate", O.c.recipient_kind == "account",
        O.c.recipient_id == (actor.account_id or -1),
    )  # fmt: skip
    return T.c.ticket_id.in_(told)


def _looked_up(conn: Connection, query: TicketQuery) -> list[ColumnElement[bool]]:
    """Filters by codes; an unknown code finds nothing."""
    found: list[ColumnElement[bool]] = []
    if query.cell is not None:
        found.append(T.c.cell_id == (_SQL.value(conn, "cell_id_of", code=query.cell) or -1))
    if query.department is not None:
        found.append(T.c.department_id == (departments.id_of(conn, query.department) or -1))
    return found


def _scoped(conn: Connection, scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    inside = area_ids(conn, scope)
    if inside is not None:
        found.append(T.c.area_id.in_(inside))
    if scope.department_id is not None:
        assists = select(A.c.ticket_id).where(
            A.c.department_id == scope.department_id, A.c.released_at.is_(None)
        )
        found.append(or_(T.c.department_id == scope.department_id, T.c.ticket_id.in_(assists)))
    return found


def _cursor(updated_at: datetime, ticket_id: int) -> str:
    micros = int(updated_at.timestamp()) * 1_000_000 + updated_at.microsecond
    return base64.urlsafe_b64encode(f"{micros}.{ticket_id}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        micros, ticket_id = base64.urlsafe_b64decode(padded).decode().split(".")
        whole, rest = divmod(int(micros), 1_000_000)
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest), int(ticket_id)
    except (binascii.Error, ValueError, OverflowError, OSError):
        raise ValueError("this cursor was not given by a search") from None
