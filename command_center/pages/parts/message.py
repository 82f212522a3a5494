"""A message that was put aside, as a panel; the counts of each reason; how replays go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.components import MessageActions
from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact, section
from command_center.problem import Language
from command_center.services import Services
from command_center.views.moments import clock_text
from command_center.views.quarantine import PROTOCOLS, as_hex, as_text, name_of, short
from command_center.wording import page_words, words
from events.model.access import Permission, allowed
from grid.store.postgis import reading
from iot_ingest.model.device import Device
from iot_ingest.model.quarantine import SENTENCES, Reason
from iot_ingest.store import devices, quarantine, replays
from iot_ingest.store.quarantine import Chosen, Kind, Shown
from iot_ingest.store.replays import Replay

_MOST_BYTES = 4_096
_REPLAYS = 4
_PROFILES = frozenset({Reason.UNKNOWN_FACTOR, Reason.UNKNOWN_UNIT, Reason.UNKNOWN_PROFILE})


def message_panel(services: Services, number: Any, reader: Reader) -> Component:
    """The message of this number; a sentence when there is none."""
    language = reader.language
    wanted = number if isinstance(number, int) and 0 < number < 2**62 else 0
    with reading(services.engine) as conn:
        found = quarantine.message(conn, wanted, most=_MOST_BYTES)
        if found is None:
            return html.P(words("quarantine.gone", language), className="cc-empty", role="status")
        device = devices.by_id(conn, found.device_id) if found.device_id else None
    return html.Article(
        [
            html.Header(
                html.Div(html.H2(name_of(found.reason, language))),
                className="cc-story-head plain",
            ),
            _actions(found, reader),
            section("quarantine.what_to_do", language, *_what_to_do(found, device, reader)),
            *_raw(found, language),
            section("quarantine.facts", language, _facts(found, reader)),
        ],
        className="cc-story",
        **data(message=str(found.quarantine_id)),
    )


def _actions(found: Shown, reader: Reader) -> Component | None:
    if found.resolved_at is not None or not allowed(reader.actor, Permission.MANAGE_QUARANTINE):
        return None
    number = found.quarantine_id
    return MessageActions(
        id="message-actions", words=page_words("quarantine", reader.language), one=True, count=1,
        chosen={"message": number, "newest": number},
    )  # fmt: skip


def _what_to_do(found: Shown, device: Device | None, reader: Reader) -> list[Component]:
    language = reader.language
    parts: list[Component] = [
        html.P(SENTENCES[found.reason][language], className="cc-do"),
        html.P(f"{words('quarantine.detail', language)}: {short(found.detail)}",
               className="cc-note"),
    ]  # fmt: skip
    links = []
    if device is not None:
        key = "see_profile" if found.reason in _PROFILES else "see_device"
        told = words(f"quarantine.{key}", language)
        links.append(html.A(told, href=f"/devices?device={device.device_no}"))
    elif found.reason is Reason.UNKNOWN_DEVICE:
        name = found.device_id or found.topic.rpartition("/")[2]
        told = words("quarantine.register_device", language)
        # a station is known by the name it sends, which need not be its id here
        station = {"hj212": {"mn": name}, "sl651": {"station_code": name}}.get(found.protocol, {})
        links.append(html.A(told, href=f"/devices?{urlencode({'add': name, **station})}"))
    return [*parts, html.P(links, className="cc-links")] if links else parts


def _raw(found: Shown, language: Language) -> list[Component]:
    """The payload as text and in hexadecimal; nothing in it can become markup."""
    parts = [
        section("quarantine.raw_text", language,
                html.Pre(as_text(found.payload), className="cc-raw", tabIndex=0)),
        section("quarantine.raw_hex", language,
                html.Pre(as_hex(found.payload), className="cc-raw hex", tabIndex=0)),
    ]  # fmt: skip
    if found.protocol == "sl651":
        parts.reverse()
    if found.size > len(found.payload):
        told = words("quarantine.raw_more", language, shown=len(found.payload), size=found.size)
        parts.append(html.P(told, className="cc-note"))
    return parts


def _facts(found: Shown, reader: Reader) -> Component:
    language = reader.language
    told: list[tuple[str, str | None]] = [
        ("number", str(found.quarantine_id)),
        ("at", clock_text(found.received_at, reader.zone, now=reader.now)),
        ("protocol", PROTOCOLS.get(found.protocol, found.protocol)),
        ("topic", short(as_text(found.topic.encode()))),
        ("device", found.device_id),
        ("size", words("quarantine.bytes", language, n=f"{found.size:,}")),
        ("resolved", _resolved(found, reader)),
    ]
    rows = [fact(f"quarantine.fact_{name}", text, language) for name, text in told if text]
    return html.Dl([part for row in rows for part in row], className="cc-facts")


def _resolved(found: Shown, reader: Reader) -> str | None:
    if found.resolved_at is None:
        return None
    at = clock_text(found.resolved_at, reader.zone, now=reader.now)
    by = found.resolved_by or "–"
    if found.resolution == "replayed":
        return words("quarantine.resolved_replayed", reader.language, at=at, by=by)
    why = found.resolution or ""
    return words("quarantine.resolved_seen", reader.language, at=at, by=by, why=why)


def kinds_part(kinds: Sequence[Kind], which: Chosen, language: Language) -> list[Component]:
    """One chip for each reason, with how many wait; each leads to its messages."""
    counts: dict[Reason, int] = {}
    for one in kinds:
        counts[one.reason] = counts.get(one.reason, 0) + one.messages
    chips: list[Component] = []
    for reason, count in sorted(counts.items(), key=lambda item: -item[1]):
        here = reason.value == which.reason
        chips.append(
            html.A(
                [html.B(f"{count:,}"), html.Span(name_of(reason, language))],
                href="/quarantine" if here else f"/quarantine?reason={reason.value}",
                className="cc-kind here" if here else "cc-kind",
                title=SENTENCES[reason][language],
            )
        )
    return chips


def replays_part(
    conn: Connection, zone: ZoneInfo, language: Language, now: datetime
) -> list[Component]:
    """The last requests to decode messages once more, and how far they are."""
    found = replays.recent(conn, most=_REPLAYS)
    if not found:
        return []
    rows = [
        html.Li(
            [
                html.Time(clock_text(one.asked_at, zone, now=now)),
                html.Span(_what(one, language)),
                html.B(_how_far(one, language)),
                html.Span(one.asked_by.partition(":")[2] or one.asked_by),
            ],
            className="done" if one.finished_at else "going",
        )
        for one in found
    ]
    return [html.H2(words("quarantine.replays", language)), html.Ul(rows)]


def _what(one: Replay, language: Language) -> str:
    if one.quarantine_id is not None:
        return words("quarantine.replay_message", language, n=one.quarantine_id)
    known = {reason.value: reason for reason in Reason}
    parts = [
        name_of(known[one.reason], language) if one.reason in known else None,
        PROTOCOLS.get(one.protocol or "", one.protocol),
        one.device_id,
    ]
    return ", ".join(one for one in parts if one) or words("quarantine.replay_all", language)


def _how_far(one: Replay, language: Language) -> str:
    trouble = one.trouble_zh if language == "zh" else one.trouble_en
    if trouble:
        return trouble
    if one.finished_at is None:
        key = "replay_running" if one.attempts else "replay_waiting"
    else:
        key = "replay_done" if one.tried else "replay_none"
    left = one.tried - one.resolved
    return words(f"quarantine.{key}", language, tried=one.tried, resolved=one.resolved, left=left)
