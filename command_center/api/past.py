"""The time machine: the wall as it was known at a past instant, and when something happened."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from command_center.access.context import logged_in
from command_center.errors import Invalid
from command_center.live import past
from command_center.packed import answer
from command_center.services import Services
from events.model.access import scope
from grid.store.postgis import reading

# Clocks of browsers differ from ours by so much.
_AHEAD = timedelta(seconds=5)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=32)
_MOST_SLICES = 400


def router(services: Services) -> APIRouter:
    """The routes /api/v1/past and /api/v1/past/marks."""
    routes = APIRouter(prefix="/api/v1", tags=["past"])

    @routes.get("/past", summary="What the wall knew at an instant, as the socket's snapshot")
    def get_past(
        request: Request,
        then: Annotated[datetime, Query(description="an instant with its zone, not to come")],
        facts: Annotated[bool, Query(description="all that is registered of devices")] = True,
        device: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    ) -> Response:
        instant = _past(then, "then", services.now())
        with reading(services.engine) as conn:
            found = past.frame(conn, instant, scope(logged_in()), facts=facts, device_no=device)
        return answer(request, orjson.dumps(found), media_type="application/json")

    @routes.get("/past/marks", summary="Alarms raised and tickets filed, slice by slice")
    def get_marks(
        from_: Annotated[datetime, Query(alias="from")],
        to: datetime,
        slices: Annotated[int, Query(ge=1, le=_MOST_SLICES)] = 120,
    ) -> dict[str, Any]:
        now = services.now()
        first, until = _past(from_, "from", now), _zoned(to, "to")
        if first >= until:
            raise Invalid(("from", "errors.span_empty"))
        if until - first > _LONGEST:
            raise Invalid(("from", "errors.span_month"))
        with reading(services.engine) as conn:
            return past.marks(conn, first, until, scope(logged_in()), slices=slices)

    return routes


def _zoned(at: datetime, name: str) -> datetime:
    if at.tzinfo is None:
        raise Invalid((name, "errors.time_zone_missing"))
    return at


def _past(at: datetime, name: str, now: datetime) -> datetime:
    """``at`` when it is over. Raises Invalid for one to come, and for one without a zone."""
    if _zoned(at, name) > now + _AHEAD:
        raise Invalid((name, "errors.still_to_come"))
    # nothing is known of before, and calendars end somewhere
    return max(at, _EARLIEST)
