"""Tickets: found, read whole, acted upon."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat
from sqlalchemy import Connection

from command_center.access.context import logged_in
from command_center.api import ticket_json as views
from command_center.api.uploads import (
    PhotoFacts,
    checked,
    forget_unknown,
    is_form,
    keep_photos,
    read_form,
    read_json,
    texts_of,
    with_facts,
)
from command_center.errors import Invalid, Missing
from command_center.photos.files import PhotoFiles
from command_center.photos.worker import PhotoWorker
from command_center.services import Services
from events.actions.act import act
from events.actions.read_contacts import read_contacts
from events.model.access import Actor, Permission, allowed, in_scope, scope
from events.model.problems import Refused
from events.model.report import PhotoDraft
from events.model.ticket import Ticket
from events.model.workflow import State
from events.store import accounts, crew_work, history, tickets
from events.store.search import TicketQuery, search
from grid.store import city as cities
from grid.store.postgis import reading

_SYSTEMS = {
    "system:dispatch": {"zh": "系统派遣", "en": "Dispatch engine"},
    "system:recovery": {"zh": "监测恢复", "en": "Measured recovery"},
    "system:judge": {"zh": "监测研判", "en": "Sensor rules"},
    "resident": {"zh": "市民", "en": "Resident"},
}


class ActionIn(BaseModel):
    """An action on a ticket: ``version`` is the one that was seen; ``why`` reason or note.

    ``into``: a ticket's number (merge); ``hours`` (extend); ``until`` (suspend); ``event``: its
    id (link, unlink); ``proposal``: its id (approve, refuse, withdraw); ``audience``: "resident"
    lets the residents behind the ticket read a comment.
    """

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    verb: Annotated[str, Field(max_length=32)]
    version: Annotated[int, Field(ge=1, le=2_000_000_000)]
    why: Annotated[str, Field(max_length=4_000)] = ""
    department: Annotated[str | None, Field(max_length=64)] = None
    crew: Annotated[str | None, Field(max_length=64)] = None
    supervised: bool = True
    into: Annotated[str | None, Field(max_length=64)] = None
    hours: FiniteFloat | None = None
    until: AwareDatetime | None = None
    event: Annotated[int | None, Field(ge=1, le=2**62)] = None
    proposal: Annotated[int | None, Field(ge=1, le=2**62)] = None
    audience: Annotated[str | None, Field(max_length=16)] = None


def router(services: Services, photos: PhotoWorker) -> APIRouter:
    """The routes /api/v1/tickets, /api/v1/tickets/{number} and its actions."""
    routes = APIRouter(prefix="/api/v1", tags=["tickets"])

    @routes.get("/tickets", summary="Tickets as GeoJSON, the latest changed first")
    def get_tickets(
        bbox: Annotated[str | None, Query(max_length=200)] = None,
        state: Annotated[list[State] | None, Query()] = None,
        *,
        layer: Annotated[str | None, Query(max_length=64)] = None,
        cell: Annotated[str | None, Query(max_length=15)] = None,
        department: Annotated[str | None, Query(max_length=64)] = None,
        updated_after: datetime | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        if updated_after is not None and updated_after.tzinfo is None:
            raise Invalid(("updated_after", "errors.time_zone_missing"))
        query = TicketQuery(
            bbox=_bbox(bbox),
            states=frozenset(state) if state else None,
            layer=layer,
            cell=cell,
            department=department,
            updated_after=updated_after,
            cursor=cursor,
            limit=limit,
        )
        with reading(services.engine) as conn:
            try:
                page = search(conn, query, scope(logged_in()))
            except ValueError as error:
                raise Invalid(("cursor", "errors.bad_cursor")) from error
        return views.collection(page.items, page.next_cursor, services.now())

    @routes.get("/tickets/{number}", summary="A ticket with history, clocks and evidence")
    def get_ticket(
        number: str, contact: Annotated[bool, Query(description="with contact details")] = False
    ) -> dict[str, Any]:
        return read_ticket(services, number, logged_in(), contact=contact)

    @routes.get("/tickets/{number}/forecast", summary="When its crew will have done a ticket")
    def get_forecast(number: str) -> dict[str, Any]:
        return read_forecast(services, number, logged_in())

    @routes.post(
        "/tickets/{number}/actions",
        summary="Act on a ticket; 409 with its current state when the version is old",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ActionIn.model_json_schema()}},
            }
        },
    )
    async def post_action(
        number: str,
        request: Request,
        idempotency_key: Annotated[str | None, Header(max_length=128)] = None,
    ) -> dict[str, Any]:
        actor = logged_in()
        kept: tuple[PhotoDraft, ...] = ()
        if is_form(request):
            async with read_form(request) as form:
                sent = checked(ActionIn, texts_of(form))
                facts = checked(PhotoFacts, texts_of(form))
                kept = await keep_photos(form, photos.files, kind=_kind(sent.verb))
                kept = with_facts(kept, facts, now=services.now())
        else:
            sent = checked(ActionIn, await read_json(request))
        ticket = await to_thread.run_sync(
            lambda: _act(
                services,
                photos.files,
                number,
                sent,
                kept=kept,
                key=idempotency_key,
                actor=actor,
            )
        )
        if kept:
            photos.wake()
        return views.feature(ticket, services.now())

    return routes


def read_ticket(
    services: Services, number: str, actor: Actor, *, contact: bool = False
) -> dict[str, Any]:
    """One ticket as JSON values. Raises Missing when there is none that ``actor`` may see."""
    with reading(services.engine) as conn:
        ticket = tickets.by_number(conn, number[:64])
        if ticket is None or not in_scope(actor, ticket):
            raise Missing
        told = views.story(
            ticket,
            history.of_ticket(conn, ticket.ticket_id),
            actor=actor,
            names=actor_names(conn),
            now=services.now(),
        )
    if contact and allowed(actor, Permission.READ_CONTACT):
        found = read_contacts(services.engine, ticket, by=actor, now=services.now())
        told["contacts"] = [{"report": one, "contact": how} for one, how in found]
    return told


def actor_names(conn: Connection) -> Mapping[str, Mapping[str, str]]:
    """The names of everybody who may stand in the ledger, by actor key."""
    people = {
        one.actor.key: {"zh": one.actor.name_zh, "en": one.actor.name_en}
        for one in accounts.all(conn)
    }
    return {**_SYSTEMS, **people}


def read_forecast(services: Services, number: str, actor: Actor) -> dict[str, Any]:
    """``{"forecast": {"done_at", "due_at", "before", "late_s"}}``; None while no crew goes to it.

    ``before``: tickets of its crew that come before it; ``late_s``: seconds after its deadline,
    negative when it is in time, 0 without one. Raises Missing.
    """
    now = services.now()
    with reading(services.engine) as conn:
        ticket = tickets.by_number(conn, number[:64])
        city = cities.get(conn)
        if ticket is None or city is None or not in_scope(actor, ticket):
            raise Missing
        found = crew_work.forecast(conn, ticket, ZoneInfo(city.time_zone), now)
    if found is None:
        return {"forecast": None}
    told = {
        "done_at": found.done_at.isoformat(),
        "due_at": None if found.due_at is None else found.due_at.isoformat(),
        "before": found.before,
        "late_s": round(found.late_by.total_seconds()),
    }
    return {"forecast": told}


def _act(
    services: Services,
    files: PhotoFiles,
    number: str,
    sent: ActionIn,
    *,
    kept: tuple[PhotoDraft, ...],
    key: str | None,
    actor: Actor,
) -> Ticket:
    try:
        ticket = act(
            services.engine,
            number[:64],
            sent.verb,
            by=actor,
            version=sent.version,
            now=services.now(),
            key=key,
            why=sent.why,
            department=sent.department,
            crew=sent.crew,
            supervised=sent.supervised,
            into=sent.into,
            hours=sent.hours,
            until=sent.until,
            event=sent.event,
            proposal=sent.proposal,
            audience=sent.audience,
            photos=kept,
        )
    except Refused:
        # (any other error may come after the commit: the row may know these photos)
        files.forget(kept)
        raise
    forget_unknown(services.engine, files, kept)
    return ticket


def _kind(verb: str) -> str:
    return "after" if verb == "dispose" else "before" if verb == "accept" else "other"


def _bbox(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError as error:
        raise Invalid(("bbox", "errors.bad_bbox")) from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid(("bbox", "errors.bad_bbox"))
    return west, south, east, north
