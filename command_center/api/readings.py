"""A device's series, down-sampled."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from command_center.errors import Invalid, Missing
from command_center.services import Services
from grid.store.postgis import reading
from iot_ingest.store import devices, metrics
from iot_ingest.store import readings as store

_A_DAY = timedelta(days=1)
_LONGEST = timedelta(days=400)
# A chart shows no more points than this; `step` is chosen for it when none is given.
_POINTS = 1_500


def router(services: Services) -> APIRouter:
    """The route /api/v1/readings."""
    routes = APIRouter(prefix="/api/v1", tags=["readings"])

    @routes.get("/readings", summary="A series: least, mean and greatest value per step")
    def get_readings(
        device: Annotated[str, Query(max_length=64)],
        metric: Annotated[str, Query(max_length=64)],
        from_: Annotated[datetime | None, Query(alias="from")] = None,
        to: datetime | None = None,
        step: Annotated[float | None, Query(ge=1, le=86_400)] = None,
    ) -> dict[str, Any]:
        first, until = _span(from_, to, services.now())
        step_s = step if step is not None else _step_s(until - first)
        with reading(services.engine) as conn:
            found = devices.by_id(conn, device)
            known = metrics.all(conn).get(metric)
            if found is None:
                raise Missing
            if known is None:
                raise Invalid(("metric", "errors.unknown_metric"))
            points = store.series(
                conn,
                found.device_no,
                known.metric_no,
                first,
                until,
                timedelta(seconds=step_s) if step_s else None,
            )
        return {
            "device": device,
            "metric": metric,
            "unit": known.unit,
            "from": first.isoformat(),
            "to": until.isoformat(),
            "step": step_s,
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
    """0 (every reading) for up to some hours, else whole seconds that give about `_POINTS`."""
    step_s = span.total_seconds() / _POINTS
    return 0 if step_s < 15 else round(step_s)
