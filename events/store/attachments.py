"""Rows of events.attachments (the files themselves are kept by the web process)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from events.model.attachment import Attachment
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from events.model.report import PhotoDraft

_SQL = Statements.beside(__file__)


def add(
    conn: Connection,
    photos: Iterable[PhotoDraft],
    *,
    area_id: int,
    now: datetime,
    event_id: int | None = None,
    ticket_id: int | None = None,
    project_id: int | None = None,
    item: str | None = None,
) -> None:
    """Keep photos of an event, of a ticket or of a project; they wait to be decoded.

    ``item``: which of a project's measures they show.
    """
    _SQL.run_many(
        conn,
        "add",
        [
            {
                "attachment_id": one.attachment_id,
                "event_id": event_id,
                "ticket_id": ticket_id,
                "project_id": project_id,
                "item": item,
                "area_id": area_id,
                "kind": one.kind,
                "original_sha256": one.sha256,
                "original_bytes": one.size,
                "taken_at": one.taken_at,
                "lon": one.lon,
                "lat": one.lat,
                "clock_off": one.clock_off,
                "created_at": now,
            }
            for one in photos
        ],
    )


def of_tickets(conn: Connection, ticket_ids: Sequence[int]) -> Mapping[int, tuple[Attachment, ...]]:
    """The evidence of tickets: their own photos and those of the events behind them."""
    found: dict[int, list[Attachment]] = {one: [] for one in ticket_ids}
    for row in _SQL.rows(conn, "of_tickets", ticket_ids=list(ticket_ids)):
        values = dict(row._mapping)
        found[values.pop("holder")].append(Attachment(**values))
    return {one: tuple(photos) for one, photos in found.items()}


def of_ticket(conn: Connection, ticket_id: int) -> tuple[Attachment, ...]:
    """The evidence of one ticket."""
    return of_tickets(conn, [ticket_id])[ticket_id]


def hashes_of_events(conn: Connection, event_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The perceptual hashes of the photos of each event, as far as they were decoded."""
    rows = _SQL.rows(conn, "hashes_of_events", event_ids=list(event_ids))
    found: dict[int, list[int]] = {one: [] for one in event_ids}
    for row in rows:
        found[row.event_id].append(row.perceptual_hash)
    return {one: tuple(hashes) for one, hashes in found.items()}


def of_project(conn: Connection, project_id: int) -> tuple[Attachment, ...]:
    """The evidence of a project, in order."""
    rows = _SQL.rows(conn, "of_project", project_id=project_id)
    return tuple(Attachment(**row._mapping) for row in rows)


def project_of(conn: Connection, attachment_id: UUID) -> int | None:
    """The project whose evidence a photo is, or None."""
    found: int | None = _SQL.value(conn, "project_of", attachment_id=attachment_id)
    return found


def by_id(conn: Connection, attachment_id: UUID) -> Attachment | None:
    """One photo, or None."""
    row = _SQL.maybe(conn, "by_id", attachment_id=attachment_id)
    return None if row is None else Attachment(**row._mapping)


def holder(conn: Connection, attachment_id: UUID) -> int | None:
    """The ticket that shows a photo, for the question who may see it."""
    found: int | None = _SQL.value(conn, "holder", attachment_id=attachment_id)
    return found


def claim_waiting(conn: Connection, *, limit: int) -> list[UUID]:
    """The next photos to be decoded, locked until the end of the transaction."""
    return [row.attachment_id for row in _SQL.rows(conn, "claim_waiting", limit=limit)]


def decide(
    conn: Connection,
    attachment_id: UUID,
    *,
    state: Literal["ready", "refused"],
    width: int | None = None,
    height: int | None = None,
    refusal: str | None = None,
    perceptual_hash: int | None = None,
    taken_at: datetime | None = None,
    lon: float | None = None,
    lat: float | None = None,
) -> bool:
    """Say what became of a waiting photo; False when that was said before.

    What it says about time and place (WGS-84) counts more than what the phone said.
    """
    return bool(
        _SQL.run(
            conn,
            "decide",
            attachment_id=attachment_id,
            state=state,
            width=width,
            height=height,
            refusal=refusal,
            perceptual_hash=perceptual_hash,
            taken_at=taken_at,
            lon=lon,
            lat=lat,
        )
    )
