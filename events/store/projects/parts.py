"""What belongs to projects: samples, sources, checks, tickets, photos."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from events.model.ledger import plain
from events.model.projects.project import Checked, LinkedTicket, Parts, Photo, Sample, Source
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.projects.project import SampleDraft
    from events.model.projects.water import Classified

_SQL = Statements.beside(__file__)


def of_project(conn: Connection, project_id: int) -> Parts:
    """All that belongs to a project (five queries)."""
    return Parts(
        samples=tuple(_sample(dict(row._mapping)) for row in _rows(conn, "samples", project_id)),
        sources=tuple(Source(**row._mapping) for row in _rows(conn, "sources", project_id)),
        checks=tuple(Checked(**row._mapping) for row in _rows(conn, "checks", project_id)),
        tickets=tuple(LinkedTicket(**row._mapping) for row in _rows(conn, "tickets", project_id)),
        photos=tuple(Photo(**row._mapping) for row in _rows(conn, "photos", project_id)),
    )


def _rows(conn: Connection, name: str, project_id: int) -> Sequence[Any]:
    return _SQL.rows(conn, name, project_id=project_id)


def _sample(values: dict[str, Any]) -> Sample:
    values["decided_by"] = tuple(values["decided_by"])
    return Sample(values=values.pop("measured"), **values)


def add_sample(
    conn: Connection, project_id: int, draft: SampleDraft, found: Classified, *, now: datetime
) -> int:
    """Keep a sample with its class; its id."""
    sample_id: int = _SQL.value(
        conn,
        "add_sample",
        project_id=project_id,
        phase=draft.phase,
        taken_at=draft.taken_at,
        measured=json.dumps(plain(draft.values)),
        water_class=found.water_class,
        standard=found.standard,
        decided_by=list(found.decided_by),
        laboratory=draft.laboratory,
        now=now,
    )
    return sample_id


def add_source(
    conn: Connection, project_id: int, *, source: str, party: str, upstream_id: int | None,
    now: datetime,
) -> int:  # fmt: skip
    """Keep a source; its id."""
    source_id: int = _SQL.value(conn, "add_source", project_id=project_id, source=source,
                                party=party, upstream_id=upstream_id, now=now)  # fmt: skip
    return source_id


def settle(conn: Connection, project_id: int, source_id: int, *, note: str, now: datetime) -> bool:
    """Note that a source was put right; False where the project has no such one to settle."""
    return bool(
        _SQL.run(conn, "settle", project_id=project_id, source_id=source_id, note=note, now=now)
    )


def check(
    conn: Connection, project_id: int, item: str, *, met: bool, note: str, now: datetime
) -> None:
    """Say how one of the six measures stands."""
    _SQL.run(conn, "check", project_id=project_id, item=item, met=met, note=note, now=now)


def link(
    conn: Connection, project_id: int, ticket_ids: Sequence[int], why: Mapping[str, Any], *,
    now: datetime,
) -> tuple[str, ...]:  # fmt: skip
    """Link tickets to a project; the numbers of those that were not linked yet."""
    rows = _SQL.rows(conn, "link", project_id=project_id, ticket_ids=list(ticket_ids),
                     why=json.dumps(plain(why)), now=now)  # fmt: skip
    return tuple(row.number for row in rows)


def unlink(conn: Connection, project_id: int, ticket_id: int, *, why: str, now: datetime) -> bool:
    """Take a ticket out; False where it was not linked."""
    return bool(
        _SQL.run(conn, "unlink", project_id=project_id, ticket_id=ticket_id, why=why, now=now)
    )


def component(conn: Connection, code: str) -> tuple[int, str] | None:
    """(id, kind) of a facility by its code."""
    row = _SQL.maybe(conn, "component", code=code)
    return None if row is None else (row.component_id, row.kind)


def downstream(conn: Connection, component_id: int) -> tuple[str, ...]:
    """The numbers of projects whose source is this facility: it lies above them."""
    rows = _SQL.rows(conn, "downstream", component_id=component_id)
    return tuple(row.number for row in rows)
