"""The tables of the wall as SQLAlchemy sees them, in the same metadata as all others of events."""

from __future__ import annotations

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import REAL

from events.store.household_tables import METADATA
from events.store.tables import _at, _json, _number

__all__ = ["METADATA"]

figure_samples = Table(
    "figure_samples", METADATA, _at("at"), _number("open"), _number("overdue"),
    _number("needs_decision"), _number("closed_today"), Column("on_time", REAL, nullable=True),
    schema="events",
)  # fmt: skip

screens = Table(
    "screens", METADATA, _number("account_id"), _json("screen"), _at("updated_at"), schema="events",
)  # fmt: skip
