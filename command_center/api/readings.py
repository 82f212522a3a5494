"""A device's series, down-sampled."""

from datetime import datetime, timedelta
from math import ceil
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from command_center.errors import Invalid, Missing
from command_center.services import Services
from grid.store import city
from grid.store.postgis import reading
from iot_ingest.store import devices, metrics
from iot_ingest.store.series import Calendar, series

_A_DAY = timedelta(days=1)
_LONGEST = timedelta(days=400)
# A chart shows no more points than this; `step` is chosen for it when none is given.
_POINTS = 1_500
_HOUR_S = 3_600

Step = Annotated[float, Field(ge=1, le=31 * 86_400)] | Literal["day", "month"]


def router(services: Services) -> APIRouter:
    """The route /api/v1/readings."""
    routes = APIRouter(prefix="/api/v1", tags=["readings"])

    @routes.get("/readings", summary="A series: least, mean and greatest value per step")
    def get_readings(
        device: Annotated[str, Query(max_length=64)],
        metric: Annotated[str, Query(max_length=64)],
        from_: Annotated[datetime | None, Query(alias="from")] = None,
        to: datetime | None = None,
        step: Annotated[Step | None, Query()] = None,
    ) -> dict[str, Any]:
        first, until = _span(from_, to, services.now())
        steps = step if step is not None else _step_s(until - first)
        with reading(services.engine) as conn:
            found = devices.by_id(conn, device)
            known = metrics.all(conn).get(metric)
            if found is None:
                raise Missing
            if known is None:
                raise Invalid(("metric", "errors.unknown_metric"))
            every: timedelta | Calendar | None = None
            if isinstance(steps, str):
                place = city.get(conn)
                every = Calendar(unit=steps, zone="UTC" if place is None else place.time_zone)
            elif steps:
                every = timedelta(seconds=steps)
            points = series(conn, found.device_no, known.metric_no, first, until, every)
        return {
            "device": device,
            "metric": metric,
            "unit": known.unit,
            "from": first.isoformat(),
            "to": until.isoformat(),
            "step": steps,
            "columns": ["at", "lowest", "mean", "highest", "readings"],
            "points": [
                [one.at.isoformat(), one.lowest, one.mean, one.highest, one.readings]
                for one in points
            ],
        }

    return routes


def _span(
    first: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    until = until or now
    naive = [
        (name, "errors.time_zone_missing")
        for name, one in (("from", first), ("to", until))
        if one is not None and one.tzinfo is None
    ]
    if naive:
        raise Invalid(*naive)
    first = first or until - _A_DAY
    if first >= until:
        raise Invalid(("from", "errors.span_empty"))
    if until - first > _LONGEST:
        raise Invalid(("from", "errors.span_too_long"))
    return first, until


def _step_s(span: timedelta) -> float:
    """0 (every reading) for up to some hours, else whole seconds that give about `_POINTS`.

    From an hour on whole hours: they are read from roll-ups.
    """
    step_s = span.total_seconds() / _POINTS
    if step_s >= _HOUR_S:
        return ceil(step_s / _HOUR_S) * _HOUR_S
    return 0 if step_s < 15 else round(step_s)
