"""The tables of schemas events and contact as SQLAlchemy sees them.

The migrations make them; these descriptions build the filters of searches, and a test compares
them with the migrated schema.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlalchemy.types import UserDefinedType

METADATA = MetaData()


class Xid8(UserDefinedType[int]):
    """A transaction's id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in SQL."""
        return "xid8"


def _point(name: str, *, nullable: bool = False) -> Column[object]:
    point = Geometry("POINT", srid=4326, spatial_index=False)
    return Column(name, point, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, JSONB, nullable=nullable)


def _changed() -> tuple[Column[str], Column[object]]:
    return _text("changed_by"), _at("changed_at")


departments = Table(
    "departments", METADATA, _number("department_id"), _text("code"), _text("name_zh"),
    _text("name_en"), _number("area_id"), _at("disabled_at", nullable=True), *_changed(),
    schema="events",
)  # fmt: skip

categories = Table(
    "categories", METADATA, _number("category_id"), _text("code"), _text("kind"), _text("family"),
    _text("layer", nullable=True), _text("name_zh"), _text("name_en"),
    _text("standard", nullable=True), _text("standard_code", nullable=True),
    _text("filing_policy"), Column("for_residents", Boolean, nullable=False),
    Column("severity", SmallInteger, nullable=False), _text("clock"),
    Column("dispose_limit", Interval, nullable=False),
    Column("verify_limit", Interval, nullable=False), Column("fuse_within_m", REAL, nullable=False),
    Column("fuse_within", Interval, nullable=False), _text("pack"),
    Column("effective_from", Date, nullable=False), *_changed(),
    Column("proof_photos", ARRAY(Text), nullable=False), Column("geofence_m", REAL, nullable=False),
    Column("recovers_for", Interval, nullable=True), _number("version"),
    _at("retired_at", nullable=True), _json("given", nullable=True), schema="events",
)  # fmt: skip

category_versions = Table(
    "category_versions", METADATA, _text("code"), _number("version"), _at("valid_from"),
    _text("kind"), _text("family"), _text("layer", nullable=True), _text("name_zh"),
    _text("name_en"), _text("standard", nullable=True), _text("standard_code", nullable=True),
    _text("filing_policy"), Column("for_residents", Boolean, nullable=False),
    Column("severity", SmallInteger, nullable=False), _text("clock"),
    Column("dispose_limit", Interval, nullable=False),
    Column("verify_limit", Interval, nullable=False), Column("fuse_within_m", REAL, nullable=False),
    Column("fuse_within", Interval, nullable=False),
    Column("proof_photos", ARRAY(Text), nullable=False), Column("geofence_m", REAL, nullable=False),
    Column("recovers_for", Interval, nullable=True), _text("pack"),
    Column("effective_from", Date, nullable=False), _at("retired_at", nullable=True),
    _text("changed_by"), schema="events",
)  # fmt: skip

configuration = Table(
    "configuration", METADATA, Column("one", Boolean, nullable=False),
    Column("version", Xid8, nullable=False), schema="events",
)  # fmt: skip

duty_versions = Table(
    "duty_versions", METADATA, _number("version"), _text("note"), _text("made_by"), _at("made_at"),
    Column("made_xid", Xid8, nullable=False), _text("proposed_by", nullable=True),
    _at("proposed_at", nullable=True), _at("proposed_from", nullable=True),
    _text("proposed_why", nullable=True), _text("accepted", nullable=True), _json("findings"),
    _text("activated_by", nullable=True), _at("activated_at", nullable=True),
    _at("effective_from", nullable=True), _text("discarded_by", nullable=True),
    _at("discarded_at", nullable=True), _text("discarded_why", nullable=True), schema="events",
)  # fmt: skip

duty_rules = Table(
    "duty_rules", METADATA, _number("version"), _number("position"), _text("scope"),
    _text("category_code", nullable=True), _text("family", nullable=True),
    _text("layer", nullable=True), _text("area_code", nullable=True), _text("department_code"),
    _json("conditions"), _text("note"), schema="events",
)  # fmt: skip

duty_alerts = Table(
    "duty_alerts", METADATA, _id("alert_id"), _number("version"), _number("position"),
    _text("kind"), _text("subject"), _text("because_zh"), _text("because_en"), _number("tickets"),
    _text("last_ticket", nullable=True), _at("first_at"), _at("last_at"),
    _at("ended_at", nullable=True), schema="events",
)  # fmt: skip

duty_backtests = Table(
    "duty_backtests", METADATA, _id("backtest_id"), _number("version"), _number("against"),
    _at("since"), _at("until"), _json("result"), _text("made_by"), _at("made_at"), schema="events",
)  # fmt: skip

crews = Table(
    "crews", METADATA, _number("crew_id"), _number("department_id"), _number("area_id"),
    _text("code"), _text("name_zh"), _text("name_en"), _point("base"),
    Column("skills", ARRAY(Text), nullable=False), _number("capacity"),
    Column("simulated", Boolean, nullable=False), _at("disabled_at", nullable=True),
    _text("changed_by"), schema="events",
)  # fmt: skip

shifts = Table(
    "shifts", METADATA, _number("shift_id"), _number("crew_id"),
    Column("weekdays", ARRAY(SmallInteger), nullable=False),
    Column("starts_at", Time, nullable=False), Column("ends_at", Time, nullable=False),
    _text("changed_by"), schema="events",
)  # fmt: skip

calendar_days = Table(
    "calendar_days", METADATA, Column("day", Date, nullable=False),
    Column("working", Boolean, nullable=False), _text("name_zh"), _text("name_en"), _text("pack"),
    schema="events",
)  # fmt: skip

accounts = Table(
    "accounts", METADATA, _number("account_id"), _text("name"), _text("name_zh"), _text("name_en"),
    _text("role"), _text("password_hash", nullable=True), _number("area_id"),
    _number("department_id", nullable=True), _number("crew_id", nullable=True),
    _at("disabled_at", nullable=True), *_changed(), schema="events",
)  # fmt: skip

sign_in_failures = Table(
    "sign_in_failures", METADATA, _number("account_id"), _text("source"), _number("failures"),
    _at("last_at"), _at("refused_until", nullable=True), schema="events",
)  # fmt: skip

sessions = Table(
    "sessions", METADATA, Column("token_sha256", LargeBinary, nullable=False),
    _number("account_id"), _at("created_at"), _at("last_seen_at"), _at("expires_at"),
    _at("revoked_at", nullable=True), schema="events",
)  # fmt: skip

events = Table(
    "events", METADATA, _id("event_id"), _text("source"), _text("category_code"),
    Column("severity", SmallInteger, nullable=False), _at("occurred_at"), _at("recorded_at"),
    _point("position"), _text("source_crs"), _number("cell_id", nullable=True), _number("area_id"),
    _number("component_id", nullable=True), _number("device_no", nullable=True),
    _text("thread", nullable=True), _number("revision"), _text("change"),
    Column("late", Boolean, nullable=False), _text("title_zh"), _text("title_en"),
    _text("description"), _json("attributes"), _text("actor"),
    Column("xid", Xid8, nullable=False), schema="events",
)  # fmt: skip

event_keys = Table("event_keys", METADATA, _text("key"), _id("event_id"), schema="events")

inbox = Table(
    "inbox", METADATA, _id("event_id"), Column("severity", SmallInteger, nullable=False),
    _at("at"), _number("attempts"), _at("not_before"), _text("trouble", nullable=True),
    schema="events",
)  # fmt: skip

counters = Table(
    "counters", METADATA, _text("kind"), Column("day", Date, nullable=False), _number("last"),
    schema="events",
)  # fmt: skip

tickets = Table(
    "tickets", METADATA, _id("ticket_id"), _text("number"), _text("state"), _number("version"),
    _text("category_code"), _text("family"), _text("layer", nullable=True),
    Column("severity", SmallInteger, nullable=False), _text("source"), _text("title_zh"),
    _text("title_en"), _text("description"), _point("position"), _number("cell_id", nullable=True),
    _number("area_id"), _number("component_id", nullable=True), _number("device_no", nullable=True),
    _number("department_id", nullable=True), _number("crew_id", nullable=True),
    _json("routing", nullable=True), _id("merged_into", nullable=True),
    Column("supervised", Boolean, nullable=False), _at("occurred_at"), _at("created_at"),
    _at("updated_at"), _at("filed_at", nullable=True), _at("dispatched_at", nullable=True),
    _at("accepted_at", nullable=True), _at("disposed_at", nullable=True),
    _text("disposed_by", nullable=True), _at("verified_at", nullable=True),
    _at("closed_at", nullable=True), _at("recovered_at", nullable=True),
    _at("due_at", nullable=True), _at("overdue_at", nullable=True), _at("late_at", nullable=True),
    Column("extensions", SmallInteger, nullable=False), _at("suspended_at", nullable=True),
    _at("resume_at", nullable=True), _at("appealed_at", nullable=True),
    _at("exempted_at", nullable=True), _id("parent_id", nullable=True),
    _text("owned_by", nullable=True), _number("category_version"),
    schema="events",
)  # fmt: skip

proposals = Table(
    "proposals", METADATA, _id("proposal_id"), _id("ticket_id"), _number("area_id"), _text("verb"),
    _text("reason"), _json("given"), _text("asked_by"), _at("asked_at"), _text("outcome"),
    _json("approvals"), Column("deciders", ARRAY(Text), nullable=False),
    Column("people", ARRAY(Text), nullable=False), _text("decided_by", nullable=True),
    _at("decided_at", nullable=True), _text("decided_why", nullable=True), schema="events",
)  # fmt: skip

messages = Table(
    "messages", METADATA, _id("message_id"), _id("ticket_id", nullable=True),
    _id("report_id", nullable=True), _number("area_id"), _text("audience"), _text("author"),
    _text("body"), _at("created_at"), schema="events",
)  # fmt: skip

ratings = Table(
    "ratings", METADATA, _id("rating_id"), _id("report_id"), _id("ticket_id"), _number("area_id"),
    _at("closed_at"), Column("solved", Boolean, nullable=False),
    Column("satisfied", Boolean, nullable=False), Column("stars", SmallInteger, nullable=False),
    _text("words"), _at("created_at"), schema="events",
)  # fmt: skip

parties = Table(
    "parties", METADATA, _id("party_id"), _id("ticket_id"), _number("department_id"),
    _number("crew_id", nullable=True), _at("asked_at"), _text("asked_by"), _text("asked_why"),
    _at("due_at"), _at("signed_at", nullable=True), _text("signed_by", nullable=True),
    _text("note", nullable=True), _at("released_at", nullable=True), _at("late_at", nullable=True),
    schema="events",
)  # fmt: skip

ticket_words = Table(
    "ticket_words", METADATA, _id("ticket_id"), Column("words", ARRAY(Text), nullable=False),
    schema="events",
)  # fmt: skip

ticket_past = Table(
    "ticket_past", METADATA, _id("ticket_id"), _at("since"), _at("until"), _number("version"),
    _text("state"), Column("severity", SmallInteger, nullable=False), _number("area_id"),
    _number("department_id", nullable=True), _number("crew_id", nullable=True),
    Column("supervised", Boolean, nullable=False), _at("stage_at"), _at("due_at", nullable=True),
    schema="events",
)  # fmt: skip

alarm_past = Table(
    "alarm_past", METADATA, _text("thread"), _at("since"), _at("until"), _id("event_id"),
    _number("device_no"), Column("level", SmallInteger, nullable=False), schema="events",
)  # fmt: skip

past_hours = Table("past_hours", METADATA, _number("area_id"), _at("hour"), _number("alarms"),
                   _number("tickets"), schema="events")  # fmt: skip
past_counted = Table("past_counted", METADATA, Column("one", Boolean, nullable=False),
                     _at("until"), schema="events")  # fmt: skip

ticket_events = Table(
    "ticket_events", METADATA, _id("ticket_id"), _id("event_id"), _at("linked_at"), _json("why"),
    _text("actor"), _at("unlinked_at", nullable=True), _text("unlinked_by", nullable=True),
    _text("unlinked_why", nullable=True), schema="events",
)  # fmt: skip

ticket_clocks = Table(
    "ticket_clocks", METADATA, _id("clock_id"), _id("ticket_id"), _text("stage"), _text("clock"),
    Column("time_limit", Interval, nullable=False), _at("started_at"), _at("due_at"),
    _at("stopped_at", nullable=True), _json("why"), schema="events",
)  # fmt: skip

ledger = Table(
    "ledger", METADATA, _id("entry_id"), Column("xid", Xid8, nullable=False), _at("at"),
    _text("actor"), _text("verb"), _text("object_kind"), _text("object_key"),
    _id("ticket_id", nullable=True), _number("area_id", nullable=True),
    Column("format", SmallInteger, nullable=False), _text("payload"), schema="events",
)  # fmt: skip

outbox = Table(
    "outbox", METADATA, _id("notice_id"), _text("kind"), _text("recipient_kind"),
    _id("recipient_id"), _text("channel"), _id("ticket_id", nullable=True), _number("area_id"),
    _text("body_zh"), _text("body_en"), _at("created_at"), _at("delivered_at", nullable=True),
    _number("attempts"), _at("not_before"), _text("trouble", nullable=True),
    _id("project_id", nullable=True), schema="events",
)  # fmt: skip

read_receipts = Table(
    "read_receipts", METADATA, _id("notice_id"), _number("account_id"), _at("read_at"),
    schema="events",
)  # fmt: skip

reports = Table(
    "reports", METADATA, _id("report_id"), _text("number"),
    Column("token_sha256", LargeBinary, nullable=False), _id("event_id"), _number("area_id"),
    _text("idempotency_key", nullable=True), Column("request_sha256", LargeBinary, nullable=True),
    _text("language"), _at("created_at"),
    Column("contact_commitment", LargeBinary, nullable=True), schema="events",
)  # fmt: skip

contacts = Table(
    "contacts", METADATA, _id("report_id"), Column("salt", LargeBinary, nullable=False),
    _text("contact"), _at("created_at"), schema="contact",
)  # fmt: skip

attachments = Table(
    "attachments", METADATA, Column("attachment_id", Uuid, nullable=False),
    _id("event_id", nullable=True), _id("ticket_id", nullable=True), _number("area_id"),
    _text("kind"), _text("state"), Column("original_sha256", LargeBinary, nullable=False),
    _id("original_bytes"), _number("width", nullable=True), _number("height", nullable=True),
    _at("taken_at", nullable=True), _point("position", nullable=True),
    _text("refusal", nullable=True), _at("created_at"), _text("actor"),
    _id("perceptual_hash", nullable=True), _text("taken_from", nullable=True),
    _text("placed_from", nullable=True), Column("clock_off", Interval, nullable=True),
    _id("project_id", nullable=True), _text("item", nullable=True), schema="events",
)  # fmt: skip

fusion_weights = Table(
    "fusion_weights", METADATA, _text("family"),
    *(Column(name, REAL, nullable=False) for name in (
        "start", "space", "time", "category", "text", "photo", "link_at", "suggest_at", "wider",
        "longer")),
    *_changed(), schema="events",
)  # fmt: skip

to_compare = Table("to_compare", METADATA, _id("ticket_id"), _at("at"), schema="events")

suggestions = Table(
    "suggestions", METADATA, _id("suggestion_id"), _id("older_id"), _id("newer_id"),
    _number("area_id"), Column("score", REAL, nullable=False),
    Column("distance_m", REAL, nullable=False), _json("terms"), _json("because"),
    _at("suggested_at"), _at("refused_at", nullable=True), _text("refused_by", nullable=True),
    _text("refused_why", nullable=True), schema="events",
)  # fmt: skip

ladder = Table(
    "ladder", METADATA, Column("level", SmallInteger, nullable=False),
    Column("overdue_share", REAL, nullable=False), _text("recipient"),
    Column("read_within", Interval, nullable=False), _text("pack"), *_changed(), schema="events",
)  # fmt: skip

escalations = Table(
    "escalations", METADATA, _id("clock_id"), Column("level", SmallInteger, nullable=False),
    _id("ticket_id"), _text("recipient"), Column("read_within", Interval, nullable=False),
    _at("at"), _at("told_at", nullable=True),
    Column("notices", ARRAY(BigInteger), nullable=False), _at("unread_at", nullable=True),
    _at("ended_at", nullable=True), schema="events",
)  # fmt: skip

action_keys = Table(
    "action_keys", METADATA, _text("key"), _number("account_id"),
    _id("ticket_id", nullable=True), Column("request_sha256", LargeBinary, nullable=False),
    _number("version"), _at("at"), _id("project_id", nullable=True), schema="events",
)  # fmt: skip

formulas = Table(
    "formulas", METADATA, _text("code"), _number("version"),
    Column("effective_from", Date, nullable=False), Column("in_use", Boolean, nullable=False),
    Column("place", SmallInteger, nullable=False), _text("name_zh"), _text("name_en"),
    _text("numerator_zh"), _text("numerator_en"), _text("denominator_zh"),
    _text("denominator_en"), _text("unit"), _text("ground"),
    *(Column(name, ARRAY(Text), nullable=False)
      for name in ("counted", "good", "marked", "without")),
    _text("excused"), _text("better"), Column("ripens", Interval, nullable=True),
    _number("least"), _text("source"), _text("pack"), *_changed(), schema="events",
)  # fmt: skip

facts = Table(
    "facts", METADATA, _id("ticket_id"), _text("ground"), _id("source_id"), _at("at"),
    Column("day", Date, nullable=False), _text("outcome"),
    Column("marks", SmallInteger, nullable=False), _number("area_id"),
    _number("cell_id", nullable=True), _number("department_id", nullable=True),
    _number("crew_id", nullable=True), _text("category_code"), _text("person", nullable=True),
    _number("seconds", nullable=True), schema="events",
)  # fmt: skip

tallies = Table(
    "tallies", METADATA, _number("area_id"), _text("by"), Column("day", Date, nullable=False),
    _text("key"), _text("ground"), _text("outcome"), Column("marks", SmallInteger, nullable=False),
    _id("facts"), _id("seconds"), schema="events",
)  # fmt: skip

to_count = Table("to_count", METADATA, _id("change_id"), _id("ticket_id"), schema="events")
