"""The ledger's payloads: canonical, and enough to rebuild every ticket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

FORMAT = 1

# What of a ticket the ledger rebuilds. The free text of residents is not among it: a trail that
# can never be erased holds personal data only as a commitment.
TICKET_COLUMNS = (
    "number",
    "state",
    "version",
    "category_code",
    "category_version",
    "family",
    "layer",
    "severity",
    "source",
    "title_zh",
    "title_en",
    "lon",
    "lat",
    "cell_id",
    "area_id",
    "component_id",
    "device_no",
    "department_id",
    "crew_id",
    "routing",
    "merged_into",
    "supervised",
    "occurred_at",
    "created_at",
    "updated_at",
    "filed_at",
    "dispatched_at",
    "accepted_at",
    "disposed_at",
    "disposed_by",
    "verified_at",
    "closed_at",
    "recovered_at",
    "due_at",
    "overdue_at",
    "late_at",
    "extensions",
    "suspended_at",
    "resume_at",
    "appealed_at",
    "exempted_at",
    "parent_id",
    "owned_by",
)


# What a ticket had before the ledger told it: columns that were added later.
_LATER = {
    "late_at": None, "extensions": 0, "suspended_at": None, "resume_at": None, "appealed_at": None,
    "exempted_at": None, "parent_id": None, "owned_by": None, "category_version": 1,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerEntry:
    """A row of events.ledger."""

    entry_id: int
    at: datetime
    actor: str
    verb: str
    object_kind: str
    object_key: str
    ticket_id: int | None
    area_id: int | None
    payload: Mapping[str, Any]


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: times as UTC with microseconds, enums as their value."""
    match value:
        case datetime():
            utc = value if value.tzinfo is UTC else value.astimezone(UTC)
            found: Any = utc.isoformat(timespec="microseconds")[:-6] + "Z"  # not +00:00
        case date():
            found = value.isoformat()
        case timedelta():
            found = value.total_seconds()
        case Enum():
            found = value.value
        case bytes():
            found = value.hex()
        case Mapping():
            found = {str(key): plain(one) for key, one in value.items()}
        case list() | tuple():
            found = [plain(one) for one in value]
        case _:
            found = value
    return found


# One for all: json.dumps would make an encoder for each. It asks `plain` for what it does not know,
# which is three times as fast as going through everything.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=plain
)


def canonical(payload: Mapping[str, Any]) -> str:
    """The one text of a payload: sorted keys, no spaces, UTF-8. Raises ValueError for NaN."""
    return _ENCODER.encode(payload)


def commitment(salt: bytes, text: str) -> str:
    """Hex SHA-256 that binds us to ``text`` without telling it."""
    return hashlib.sha256(salt + b"\0" + text.encode()).hexdigest()


def rebuild(payloads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A ticket's columns (as JSON values) from its ``ticket.*`` payloads in order.

    Raises ValueError when a version is missing or a state does not follow from the last one.
    """
    columns: dict[str, Any] = {}
    for payload in payloads:
        if "version" not in payload:
            continue  # a comment changes nothing
        version = payload["version"]
        if version != columns.get("version", 0) + 1 or payload["from"] != columns.get("state"):
            raise ValueError(f"version {version} does not follow on {columns.get('version', 0)}")
        if not columns:
            columns.update(_LATER)
        columns.update(payload["set"])
        columns.update(state=payload["to"], version=version)
    return columns


# What the verbs about a proposal make of it; an approval decides when its move follows.
_OUTCOMES = {
    "ticket.propose": "pending", "ticket.refuse": "refused", "ticket.withdraw": "withdrawn",
    "ticket.lapse": "lapsed",
}  # fmt: skip


def rebuild_proposals(entries: Iterable[LedgerEntry]) -> dict[int, tuple[str, str]]:
    """(verb, outcome) of a ticket's proposals by id, from its entries in order."""
    found: dict[int, tuple[str, str]] = {}
    for entry in entries:
        told = entry.payload.get("proposal")
        if told is None:
            continue
        if entry.verb in _OUTCOMES:
            found[told["id"]] = (told["verb"], _OUTCOMES[entry.verb])
        elif entry.verb != "ticket.approve":
            # the move itself, made by the last approval
            found[told["id"]] = (entry.verb.partition(".")[2], "approved")
    return found


def rebuild_parties(payloads: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """How far each assisting department is, by its id, from a ticket's payloads in order."""
    found: dict[int, str] = {}
    for payload in payloads:
        party = payload.get("party")
        if party is not None:
            found[party["department_id"]] = party["state"]
    return found


def rebuild_escalations(entries: Iterable[LedgerEntry]) -> list[tuple[int, int]]:
    """(run of a clock, level) of all that was told of a ticket's lateness, sorted."""
    told = (one.payload["escalation"] for one in entries if one.verb == "ticket.escalate")
    return sorted((one["clock_id"], one["level"]) for one in told)
