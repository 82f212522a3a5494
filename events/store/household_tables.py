"""The table of households as SQLAlchemy sees it, in the same metadata as those of events."""

from __future__ import annotations

from sqlalchemy import Table

from events.store.supply_tables import METADATA
from events.store.tables import _changed, _number, _text

__all__ = ["METADATA"]

households = Table(
    "households", METADATA, _number("household_id"), _number("component_id"), _text("unit"),
    _number("residents", nullable=True), _text("contact"), _text("phone"), _text("note"),
    *_changed(), schema="contact",
)  # fmt: skip
