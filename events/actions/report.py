"""A resident reports something: recorded, numbered, receipted in one transaction."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from events.actions.record import record
from events.model.actor import RESIDENT
from events.model.event import EventDraft, Source
from events.model.ledger import canonical, commitment
from events.model.problems import Incomplete, KeyConflict
from events.model.refusal import Reason, Refusal
from events.model.report import Receipt
from events.store import attachments, counters, ledger, reports, rules
from grid.model.coordinates import coordinate_system, to_wgs84
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.event import Recorded
    from events.model.report import ReportDraft
    from events.store.rules import CityRules

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LONGEST_DESCRIPTION = 2_000
_LONGEST_CONTACT = 200


def report(
    engine: Engine,
    draft: ReportDraft,
    *,
    idempotency_key: str | None,
    secret: bytes,
    now: datetime,
) -> Receipt:
    """Record a resident's report; the receipt comes after the commit.

    The same report with the same key gets the same receipt. Raises KeyConflict for the same key
    with other content, OutsideCity, and Incomplete for a category, position, key or text that
    cannot be used.
    """
    if len(secret) < 32:
        raise ValueError("the secret that keys the tokens has at least 32 bytes")
    if idempotency_key is not None and not 8 <= len(idempotency_key) <= 128:
        raise Incomplete(Refusal(reason=Reason.BAD_KEY, field="key"))
    lon, lat = _position(draft)
    key = idempotency_key or secrets.token_hex(16)
    with transaction(engine, RESIDENT.key) as conn:
        city = rules.load(conn)
        event = EventDraft(
            key=f"report:{key}",
            source=Source.RESIDENT,
            category_code=draft.category,
            severity=_severity(draft, city),
            occurred_at=now,
            lon=lon,
            lat=lat,
            source_crs=draft.crs,
            description=clean_text(draft.description, _LONGEST_DESCRIPTION, "description"),
        )
        (recorded,) = record(conn, [event], by=RESIDENT, now=now)
        token = _token(secret, key)
        if recorded.new:
            _keep(conn, draft, recorded, key=key, token=token, now=now, city=city)
        return _receipt(conn, draft, recorded, token)


def token_digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _position(draft: ReportDraft) -> tuple[float, float]:
    system = coordinate_system(draft.crs)
    good = math.isfinite(draft.lon) and math.isfinite(draft.lat)
    if system is None or not good or abs(draft.lon) > 180 or abs(draft.lat) > 90:
        raise Incomplete(Refusal(reason=Reason.BAD_POSITION, field="position"))
    return to_wgs84(draft.lon, draft.lat, system)


def _severity(draft: ReportDraft, city: CityRules) -> int:
    category = city.categories.get(draft.category)
    if category is None or not category.for_residents:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_CATEGORY, field="category"))
    return category.severity


def clean_text(text: str, longest: int, field: str) -> str:
    """``text`` without control characters. Raises Incomplete when it is too long."""
    clean = "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
    if len(clean) > longest:
        raise Incomplete(Refusal(reason=Reason.TEXT_TOO_LONG, field=field))
    return clean


def _token(secret: bytes, key: str) -> str:
    digest = hmac.new(secret, b"report\0" + key.encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest, "big")
    letters = []
    while number:
        number, rest = divmod(number, 62)
        letters.append(_BASE62[rest])
    return "".join(letters)


def _request_digest(draft: ReportDraft) -> bytes:
    content = asdict(draft)
    # the phone's language may have been changed before it sent again: the report is the same
    del content["language"]
    # a photo that is sent again gets another id, but has the same content
    content["photos"] = [[one.sha256, one.size] for one in draft.photos]
    return hashlib.sha256(canonical(content).encode()).digest()


def _keep(
    conn: Connection,
    draft: ReportDraft,
    recorded: Recorded,
    *,
    key: str,
    token: str,
    now: datetime,
    city: CityRules,
) -> None:
    contact = clean_text(draft.contact, _LONGEST_CONTACT, "contact")
    salt = secrets.token_bytes(16)
    committed = commitment(salt, contact) if contact else None
    attachments.add(
        conn, draft.photos, area_id=recorded.area_id, now=now, event_id=recorded.event_id
    )
    number = counters.next_number(conn, "report", city.day(now))
    report_id = reports.add(
        conn,
        number=number,
        token_sha256=token_digest(token),
        event_id=recorded.event_id,
        area_id=recorded.area_id,
        idempotency_key=key,
        request_sha256=_request_digest(draft),
        language=draft.language,
        created_at=now,
        contact_commitment=None if committed is None else bytes.fromhex(committed),
    )
    if contact:
        reports.add_contact(conn, report_id, salt=salt, contact=contact, created_at=now)
    ledger.append(
        conn,
        at=now,
        verb="report.create",
        object_kind="report",
        object_key=number,
        area_id=recorded.area_id,
        payload={
            "event_id": recorded.event_id,
            "category": draft.category,
            "language": draft.language,
            "contact": committed,
            "token": token_digest(token),
            "photos": [one.sha256 for one in draft.photos],
        },
    )


def _receipt(conn: Connection, draft: ReportDraft, recorded: Recorded, token: str) -> Receipt:
    stored = reports.by_event(conn, recorded.event_id)
    if stored is None or stored.request_sha256 != _request_digest(draft):
        raise KeyConflict
    return Receipt(
        number=stored.number,
        token=token,
        event_id=stored.event_id,
        cell_code=stored.cell_code,
        area_name_zh=stored.area_name_zh,
        area_name_en=stored.area_name_en,
        new=recorded.new,
    )
