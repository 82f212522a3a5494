"""The tables of schema iot as SQLAlchemy sees them; a test compares them with the migrations."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CHAR, JSONB, REAL

from events.store.tables import Xid8

METADATA = MetaData()


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _value(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _metric_no() -> Column[int]:
    return Column("metric_no", SmallInteger, nullable=False)


def _reading() -> tuple[Column[Any], ...]:
    flag: Column[str] = Column("flag", CHAR, nullable=False)
    return (_number("device_no"), _metric_no(), _at("ts"), _value("value"), flag,
            _at("received_at"))  # fmt: skip


turn = Table("turn", METADATA, Column("one", Boolean, nullable=False), _text("judge"), schema="iot")

metrics = Table(
    "metrics", METADATA, _metric_no(), _text("name"), _text("unit"), _text("name_zh"),
    _text("name_en"), _value("lowest", nullable=True), _value("highest", nullable=True),
    schema="iot",
)  # fmt: skip

devices = Table(
    "devices", METADATA, _number("device_no"), _text("device_id"), _text("bucket"), _text("model"),
    _text("layer"), _text("name_zh"), _text("name_en"),
    Column("metrics", ARRAY(Text), nullable=False), Column("interval_s", REAL, nullable=False),
    Column("position", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
    _text("source_crs"), _number("cell_id", nullable=True), _number("area_id"),
    _number("component_id", nullable=True), Column("attributes", JSONB, nullable=False),
    _text("secret_hash", nullable=True), _at("disabled_at", nullable=True), _text("changed_by"),
    _at("changed_at"), Column("changed_in", Xid8, nullable=False), schema="iot",
)  # fmt: skip

readings = Table("readings", METADATA, *_reading(), schema="iot")

latest = Table("latest", METADATA, *_reading(), schema="iot")

device_status = Table(
    "device_status", METADATA, _number("device_no"), Column("online", Boolean, nullable=False),
    _at("since"), _at("last_message_at", nullable=True), schema="iot",
)  # fmt: skip

quarantine = Table(
    "quarantine", METADATA, _count("quarantine_id"), _at("received_at"), _text("protocol"),
    _text("topic"), _text("device_id", nullable=True),
    Column("payload", LargeBinary, nullable=False),
    Column("payload_sha256", LargeBinary, nullable=False), _text("reason"), _text("detail"),
    _at("resolved_at", nullable=True), _text("resolution", nullable=True),
    _text("resolved_by", nullable=True), schema="iot",
)  # fmt: skip

replays = Table(
    "replays", METADATA, _count("replay_id"), _text("protocol", nullable=True),
    _text("reason", nullable=True), _text("device_id", nullable=True),
    Column("quarantine_id", BigInteger, nullable=True), _count("newest"), _text("asked_by"),
    _at("asked_at"), Column("attempts", SmallInteger, nullable=False), _count("reached"),
    _count("tried"), _count("resolved"), _at("finished_at", nullable=True),
    _text("trouble_zh", nullable=True), _text("trouble_en", nullable=True), schema="iot",
)  # fmt: skip

dirty = Table(
    "dirty", METADATA, _count("dirty_id"), _number("device_no"), _metric_no(), _at("from_ts"),
    _at("to_ts"), schema="iot",
)  # fmt: skip

dirty_windows = Table(
    "dirty_windows", METADATA, _text("rule"), _number("device_no"), _text("group_key"), _at("at"),
    schema="iot",
)  # fmt: skip

compared = Table(
    "compared", METADATA, _text("rule"), _number("device_no"), _at("at"), _value("mean"),
    _number("readings"), _value("value", nullable=True), schema="iot",
)  # fmt: skip

findings = Table(
    "findings", METADATA, _text("finding_id"), _text("rule"), _text("layer"),
    _number("device_no"), _metric_no(), _at("onset"), _at("ended_at", nullable=True),
    Column("level", SmallInteger, nullable=False), _value("peak"), _at("peak_at"),
    _value("bound"), _text("clause"), _number("revision"),
    Column("withdrawn", Boolean, nullable=False), _at("changed_at"), schema="iot",
)  # fmt: skip

intake = Table(
    "intake", METADATA, _at("hour"), _text("process"), _count("messages"), _count("readings"),
    _count("stored"), _count("duplicates"), _count("quarantined"), _count("refused"), schema="iot",
)  # fmt: skip

hourly = Table(
    "hourly", METADATA, _number("device_no"), _metric_no(), _at("hour"), _number("readings"),
    _value("lowest"), _value("total"), _value("highest"), _at("first_at"), _at("last_at"),
    _number("flagged"), _number("late"), schema="iot",
)  # fmt: skip

history = Table(
    "history", METADATA, Column("one", Boolean, nullable=False), _at("closed_until"),
    _at("rolled_from"), _at("rolled_until"), Column("kept_from", Date, nullable=False),
    schema="iot",
)  # fmt: skip

stale = Table(
    "stale", METADATA, _number("device_no"), _metric_no(), _at("hour"), schema="iot"
)  # fmt: skip

sent_again = Table(
    "sent_again", METADATA, _number("device_no"), _at("hour"), _count("readings"), schema="iot"
)  # fmt: skip

due = Table(
    "due", METADATA, _number("device_no"), _at("since"), _at("until", nullable=True),
    Column("interval_s", REAL, nullable=False), Column("metrics", ARRAY(Text), nullable=False),
    schema="iot",
)  # fmt: skip

archived = Table(
    "archived", METADATA, Column("day", Date, nullable=False), _count("readings"), _text("file"),
    _count("bytes"), _text("sha256"), _at("written_at"), _at("dropped_at", nullable=True),
    schema="iot",
)  # fmt: skip

blocks = Table(
    "blocks", METADATA, _count("block_id"), _number("device_no"), _at("since"), _at("until"),
    Column("readings_s", REAL, nullable=False), Column("bytes_s", REAL, nullable=False),
    _text("address", nullable=True), _at("lifted_at", nullable=True),
    _text("lifted_by", nullable=True), _at("told_at", nullable=True), schema="iot",
)  # fmt: skip

rejected = Table(
    "rejected", METADATA, _number("device_no"), _at("hour"), _count("messages"), schema="iot",
)  # fmt: skip

positions = Table(
    "positions", METADATA, _number("device_no"), _value("lon"), _value("lat"), _at("reported_at"),
    Column("away_m", REAL, nullable=False), _text("trouble", nullable=True),
    _at("since", nullable=True), schema="iot",
)  # fmt: skip
