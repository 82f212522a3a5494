"""The tables of warnings as SQLAlchemy sees them, in the same metadata as the others of events."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import Column, LargeBinary, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from events.store.projects.tables import METADATA
from events.store.tables import _at, _id, _text

__all__ = ["METADATA"]

warnings = Table(
    "warnings", METADATA, _id("warning_id"), _text("sender"), _text("identifier"), _at("sent_at"),
    _text("status"), _text("kind"), Column("sha256", LargeBinary, nullable=False),
    _at("received_at"), _at("ends_at"), _text("actor"), schema="events",
)  # fmt: skip

warning_references = Table(
    "warning_references", METADATA, _id("warning_id"), _text("sender"), _text("identifier"),
    schema="events",
)  # fmt: skip

warning_infos = Table(
    "warning_infos", METADATA, _id("info_id"), _id("warning_id"), _text("language"),
    Column("categories", ARRAY(Text), nullable=False), _text("event"), _text("urgency"),
    _text("severity"), _text("certainty"), Column("level", SmallInteger, nullable=True),
    _text("headline"), _text("description"), _text("instruction"), _text("sender_name"),
    _at("onset_at"), _at("ends_at"), schema="events",
)  # fmt: skip

warning_areas = Table(
    "warning_areas", METADATA, _id("area_no"), _id("info_id"), _text("description"),
    Column("shape", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=True),
    schema="events",
)  # fmt: skip
