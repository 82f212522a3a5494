"""What a crew's phone needs in one answer: its tickets, its notices; and read receipts."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from command_center.access.context import logged_in
from command_center.api import ticket_json as views
from command_center.services import Services
from events.model.access import Actor, scope
from events.model.day_route import Leg
from events.model.workflow import State
from events.store import attachments, crew_work, outbox, proof
from events.store.search import TicketQuery, search
from grid.store.postgis import reading, transaction

# What a crew has before it: to accept, to dispose; disposed ones may come back for rework.
_STATES = frozenset({State.DISPATCHED, State.ACCEPTED, State.DISPOSED})
_MOST = 200
_NOTICES = 40


class ReadIn(BaseModel):
    """Notices that a person has seen."""

    notices: Annotated[list[int], Field(max_length=500)]


def router(services: Services) -> APIRouter:
    """The routes /api/v1/field and /api/v1/notices/read."""
    routes = APIRouter(prefix="/api/v1", tags=["field"])

    @routes.get("/field", summary="My crew's tickets, in the order of work, and my notices")
    def get_field() -> dict[str, Any]:
        return field_json(services, logged_in())

    @routes.post("/notices/read", summary="Read receipts")
    def post_read(sent: ReadIn) -> dict[str, Any]:
        actor = logged_in()
        with transaction(services.engine, actor.key) as conn:
            count = outbox.mark_read(conn, actor, sent.notices, now=services.now())
        return {"read": count}

    return routes


def field_json(services: Services, actor: Actor) -> dict[str, Any]:
    """Tickets (with what may be done), notices and who asks, as JSON values."""
    now = services.now()
    with reading(services.engine) as conn:
        query = TicketQuery(states=_STATES, in_hand_of=actor, limit=_MOST)
        found = search(conn, query, scope(actor)).items
        notices = outbox.for_account(conn, actor, limit=_NOTICES)
        mine = crew_work.bases(conn, crew_id=actor.crew_id) if actor.crew_id else ()
        legs = {one.stop.number: one
                for day in crew_work.days(conn, mine, now).values() for one in day}  # fmt: skip
        ids = [one.ticket_id for one in found]
        photos, proven = attachments.of_tickets(conn, ids), proof.of_tickets(conn, ids)
    last = len(legs) + 1
    ordered = sorted(found, key=lambda one: (
        legs[one.number].place if one.number in legs else last,
        one.due_at is None, one.due_at or one.updated_at,
    ))  # fmt: skip
    return {
        "account": {
            "name": actor.name,
            "names": {"zh": actor.name_zh, "en": actor.name_en},
        },
        "at": now.isoformat(),
        "tickets": [
            {
                **views.properties(one, now),
                "lon": one.lon,
                "lat": one.lat,
                "verbs": views.verbs(one, actor),
                "order": _order(legs.get(one.number)),
                "proof": views.proof(one, proven[one.ticket_id], now),
                "geofence_m": one.geofence_m,
                "photos": [views.evidence(photo) for photo in photos[one.ticket_id]],
            }
            for one in ordered
        ],
        "notices": [
            {
                "id": one.notice_id,
                "kind": one.kind,
                "number": one.number,
                "text": {"zh": one.body_zh, "en": one.body_en},
                "at": one.created_at.isoformat(),
                "read_at": None if one.read_at is None else one.read_at.isoformat(),
            }
            for one in notices
        ],
    }


def _order(leg: Leg | None) -> dict[str, Any] | None:
    """Where a ticket comes in the crew's day, and why there; None for what is not on its way."""
    if leg is None:
        return None
    return {
        "place": leg.place,
        "distance_m": round(leg.distance_m),
        "arrives_at": leg.arrives_at.isoformat(),
        "because": leg.because.as_dict(),
    }
