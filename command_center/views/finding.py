"""What a search found, as the page lists it: grouped, the best first, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from events.model.ticket import Ticket
from events.model.workflow import STATE_WORDS
from grid.model.found import Found

Json = dict[str, Any]

# So many of each at most: some twenty together.
MOST = {"ticket": 6, "device": 4, "area": 4, "cell": 2, "component": 2, "place": 3}
# Where two groups are found equally well.
_ORDER = tuple(MOST)


def ticket_item(ticket: Ticket) -> Json:
    """A ticket: title; number, state and area; its severity and layer for the mark."""
    said = STATE_WORDS[ticket.state]
    return {
        "id": ticket.number,
        "title": {"zh": ticket.title_zh, "en": ticket.title_en},
        "note": {
            "zh": _joined(ticket.number, said.zh, ticket.area_name_zh),
            "en": _joined(ticket.number, said.en, ticket.area_name_en),
        },
        "at": [round(ticket.lon, 6), round(ticket.lat, 6)],
        "severity": ticket.severity,
        "layer": ticket.layer,
    }


def device_item(device: Any) -> Json:
    """A device: its name; id and area; its layer for the mark."""
    return {
        "id": device.device_no,
        "title": {"zh": device.name_zh, "en": device.name_en},
        "note": {
            "zh": _joined(device.device_id, device.area_zh),
            "en": _joined(device.device_id, device.area_en),
        },
        "at": [round(device.lon, 6), round(device.lat, 6)],
        "layer": device.layer,
    }


def found_item(found: Found, key: str | int, kind: dict[str, str] | None = None) -> Json:
    """Something on the ground, opened by ``key``; ``kind`` says in words what it is."""
    said = kind or {"zh": "", "en": ""}
    code = found.code if found.code != found.name_zh else ""
    return {
        "id": key,
        "title": {
            "zh": found.name_zh or found.name_en,
            "en": found.name_en or found.name_zh,
        },
        "note": {
            "zh": _joined(said["zh"], code, found.area_zh),
            "en": _joined(said["en"], code, found.area_en),
        },
        "at": [round(found.lon, 6), round(found.lat, 6)],
        "bbox": [round(one, 6) for one in found.bbox],
    }


def groups(found: dict[str, Sequence[Json]], said: str) -> list[Json]:
    """The groups that are not empty, those with what was meant exactly first."""
    filled = [kind for kind in _ORDER if found.get(kind)]
    order = sorted(filled, key=lambda kind: (_far(found[kind][0], said), _ORDER.index(kind)))
    return [{"kind": kind, "items": list(found[kind][: MOST[kind]])} for kind in order]


def _far(item: Json, said: str) -> int:
    """0: it is called so, 1: it begins so, 2: it has it somewhere."""
    wanted = said.casefold()
    names = [
        *item["title"].values(),
        *item["note"]["zh"].split(" · "),
        *item["note"]["en"].split(" · "),
    ]
    names = [one.casefold() for one in names if one]
    if wanted in names or wanted in {one.replace("-", "") for one in names}:
        return 0
    return 1 if any(one.startswith(wanted) for one in names) else 2


def _joined(*parts: str | None) -> str:
    return " · ".join(one for one in parts if one)
