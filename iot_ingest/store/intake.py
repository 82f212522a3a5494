"""Counts of what the ingester did, per hour of receipt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Messages received; readings in them; of those stored, already known, put in quarantine.

    ``quarantined`` counts rows of the quarantine (a message and a reason), ``refused`` readings
    that were decoded and put aside: readings = stored + duplicates + refused.
    """

    messages: int = 0
    readings: int = 0
    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused: int = 0

    @property
    def unaccounted(self) -> int:
        """Readings that were acknowledged and are neither stored nor put aside: 0, or a fault."""
        return self.readings - self.stored - self.duplicates - self.refused

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )


def add(conn: Connection, counts: Counts, *, at: datetime, process: str = "ingest") -> None:
    """Add the counts of a batch to the hour of ``at``."""
    _SQL.run(conn, "add", at=at, process=process, **asdict(counts))


def since(conn: Connection, first: datetime) -> Counts:
    """Counts of all hours that begin at ``first`` or later."""
    return Counts(**_SQL.one(conn, "since", first=first)._mapping)


def by_hour(conn: Connection, first: datetime, until: datetime) -> dict[datetime, Counts]:
    """Counts of the hours of receipt that begin in ``[first, until)``; hours without any lack."""
    found = (row._asdict() for row in _SQL.rows(conn, "by_hour", first=first, until=until))
    return {row.pop("hour"): Counts(**row) for row in found}
