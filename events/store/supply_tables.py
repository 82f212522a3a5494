"""The table of supplies as SQLAlchemy sees it, in the same metadata as the others of events."""

from __future__ import annotations

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION

from events.store.tables import _at, _changed, _number, _text
from events.store.warning_tables import METADATA

__all__ = ["METADATA"]

supplies = Table(
    "supplies", METADATA, _number("component_id"), _text("item"), _text("name_zh"),
    _text("name_en"), _text("unit"), Column("stock", DOUBLE_PRECISION, nullable=False),
    Column("least", DOUBLE_PRECISION, nullable=False), _at("counted_at"), *_changed(),
    schema="events",
)  # fmt: skip
