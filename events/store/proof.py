"""What photos prove: the view events.photo_proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.proof import PhotoProof
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_SQL = Statements.beside(__file__)


def of_tickets(conn: Connection, ticket_ids: Sequence[int]) -> dict[int, tuple[PhotoProof, ...]]:
    """The best photo of each kind that tickets need; an empty tuple where none is asked for."""
    found: dict[int, list[PhotoProof]] = {one: [] for one in ticket_ids}
    for row in _SQL.rows(conn, "of_tickets", ticket_ids=list(ticket_ids)):
        values = dict(row._mapping)
        found[values.pop("ticket_id")].append(PhotoProof(**values))
    return {one: tuple(photos) for one, photos in found.items()}
