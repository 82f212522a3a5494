"""The schema `grid` as SQLAlchemy tables, for filters that are put together at run time.

The migrations make the schema; a test proves that this description equals it.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(schema="grid")

_ACTOR, _NOW = text("grid.actor()"), text("now()")


def _shape(name: str, kind: str, srid: int = 4326) -> Column[object]:
    return Column(name, Geometry(kind, srid, spatial_index=False), nullable=False)


def _mercator(kind: str) -> Column[object]:
    return Column(
        "geometry_3857",
        Geometry(kind, 3857, spatial_index=False),
        Computed("ST_Transform(geometry, 3857)", persisted=True),
    )


def _id(name: str) -> Column[int]:
    return Column(name, Integer, Identity(always=True), primary_key=True)


def _text(name: str, *, needed: bool = True, default: str | None = None) -> Column[str]:
    server = None if default is None else text(f"'{default}'")
    return Column(name, Text, nullable=not needed, server_default=server)


def _changed_by() -> Column[str]:
    return Column("changed_by", Text, nullable=False, server_default=_ACTOR)


def _at(name: str, *, needed: bool = True, now: bool = False) -> Column[object]:
    return Column(
        name,
        DateTime(timezone=True),
        nullable=not needed,
        server_default=_NOW if now else None,
    )


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _json(name: str) -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=text("'{}'"))


city = Table(
    "city",
    metadata,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    _text("name_zh"),
    _text("name_en"),
    _text("time_zone"),
    _shape("center", "POINT"),
    _shape("bbox", "POLYGON"),
    _flag("demo"),
    _changed_by(),
    _at("changed_at", now=True),
)

areas = Table(
    "areas",
    metadata,
    _id("area_id"),
    Column("code", Text, nullable=False, unique=True),
    _text("kind"),
    Column("parent_id", Integer, ForeignKey("grid.areas.area_id")),
    Column("path", ARRAY(Integer), nullable=False),
    _text("name_zh"),
    _text("name_en"),
    _flag("synthetic"),
    _shape("geometry", "MULTIPOLYGON"),
    _changed_by(),
    _at("changed_at", now=True),
)

cells = Table(
    "cells",
    metadata,
    _id("cell_id"),
    Column("code", Text, nullable=False, unique=True),
    Column("area_id", Integer, ForeignKey("grid.areas.area_id"), nullable=False),
    _shape("geometry", "POLYGON"),
    _mercator("POLYGON"),
    _at("valid_from", now=True),
    _at("valid_to", needed=False),
    _changed_by(),
    Column("elevation_m", Double),
)

components = Table(
    "components",
    metadata,
    _id("component_id"),
    Column("code", Text, nullable=False, unique=True),
    _text("kind"),
    _text("standard", needed=False),
    _text("class_code", needed=False),
    _text("name_zh"),
    _text("name_en"),
    _shape("position", "POINT"),
    _text("source_crs", default="EPSG:4326"),
    Column("cell_id", Integer, ForeignKey("grid.cells.cell_id")),
    Column("area_id", Integer, ForeignKey("grid.areas.area_id"), nullable=False),
    _text("owner_department", needed=False),
    _json("attributes"),
    _changed_by(),
    _at("changed_at", now=True),
)

basemap = Table(
    "basemap",
    metadata,
    _id("feature_id"),
    _text("kind"),
    _text("name_zh", needed=False),
    _text("name_en", needed=False),
    _shape("geometry", "GEOMETRY"),
    _mercator("GEOMETRY"),
    _changed_by(),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("process", Text, primary_key=True),
    _at("started_at"),
    _at("at"),
    _json("detail"),
)
