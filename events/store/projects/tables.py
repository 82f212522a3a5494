"""The tables of projects as SQLAlchemy sees them, in the same metadata as the others of events."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Interval, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, REAL

from events.store.tables import METADATA, _at, _changed, _id, _json, _number, _point, _text

__all__ = ["METADATA"]

project_limits = Table(
    "project_limits", METADATA, _text("kind"), _text("stage"), _text("clock"),
    Column("time_limit", Interval, nullable=False), _text("pack"), *_changed(), schema="events",
)  # fmt: skip

recurrence_rules = Table(
    "recurrence_rules", METADATA, _text("level"), _text("code"),
    Column("times", SmallInteger, nullable=False), Column("within", Interval, nullable=False),
    _text("around"), Column("observe", Interval, nullable=False),
    Column("reduce_to", REAL, nullable=False), _text("pack"), *_changed(), schema="events",
)  # fmt: skip

projects = Table(
    "projects", METADATA, _id("project_id"), _text("number"), _text("kind"), _text("stage"),
    _number("version"), _text("name_zh"), _text("name_en"), _point("position"),
    _number("cell_id", nullable=True), _number("area_id"), _number("component_id", nullable=True),
    _text("category_code", nullable=True), _text("family", nullable=True),
    _number("department_id"), _json("facts"), _text("method", nullable=True),
    _number("into_id", nullable=True), _text("cause"), _text("measures"),
    _text("target_class", nullable=True), _text("before_class", nullable=True),
    _text("after_class", nullable=True), _json("result", nullable=True), _at("opened_at"),
    _at("updated_at"), _at("stage_at"), _at("rectify_at", nullable=True),
    _at("due_at", nullable=True), _at("overdue_at", nullable=True),
    Column("told_level", SmallInteger, nullable=False), _at("submitted_at", nullable=True),
    _text("submitted_by", nullable=True), _at("accepted_at", nullable=True),
    _text("accepted_by", nullable=True), _at("watch_until", nullable=True),
    Column("relapses", SmallInteger, nullable=False), _at("ended_at", nullable=True),
    _json("opened_why"), schema="events",
)  # fmt: skip

project_samples = Table(
    "project_samples", METADATA, _id("sample_id"), _id("project_id"), _text("phase"),
    _at("taken_at"), _json("measured"), _text("water_class"), _text("standard"),
    Column("decided_by", ARRAY(Text), nullable=False), _text("laboratory"), _at("created_at"),
    _text("actor"), schema="events",
)  # fmt: skip

project_sources = Table(
    "project_sources", METADATA, _id("source_id"), _id("project_id"), _text("source"),
    _text("party"), _number("upstream_id", nullable=True), _at("created_at"), _text("actor"),
    _at("settled_at", nullable=True), _text("settled_by", nullable=True),
    _text("settled_note", nullable=True), schema="events",
)  # fmt: skip

project_checks = Table(
    "project_checks", METADATA, _id("project_id"), _text("item"),
    Column("met", Boolean, nullable=False), _text("note"), _at("at"), _text("actor"),
    schema="events",
)  # fmt: skip

project_tickets = Table(
    "project_tickets", METADATA, _id("project_id"), _id("ticket_id"), _at("linked_at"),
    _json("why"), _text("actor"), _at("unlinked_at", nullable=True),
    _text("unlinked_by", nullable=True), _text("unlinked_why", nullable=True), schema="events",
)  # fmt: skip

to_relate = Table("to_relate", METADATA, _id("ticket_id"), _at("at"), schema="events")
