"""One figure for every cell of the city: what the wall colours its cells by."""

from enum import StrEnum
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from command_center.access.context import logged_in
from command_center.evaluation.by_cell import by_cell
from command_center.remembered import Kept
from command_center.services import Services
from events.model.access import scope
from events.store import figures, standing
from grid.store.postgis import reading


class CellFigure(StrEnum):
    """What cells may be coloured by."""

    WORST = "worst"
    OPEN = "open"
    OVERDUE = "overdue"
    ON_TIME = "on_time"
    RECURRENCES = "recurrences"


# The evaluation's figure and its span; such facts are counted one by one, so seldom.
_EVALUATED = {
    CellFigure.ON_TIME: ("timely_disposal", "days_30"),
    CellFigure.RECURRENCES: ("relapsed", "days_90"),
}
_EVALUATED_FOR_S = 300.0
_OPEN_FOR_S = 10.0
# While a dear figure is counted anew all others see the last one.
_STALE = 3.0


def _body(services: Services, figure: CellFigure, area_id: int | None) -> bytes:
    """``{"figure", "cells": {cell_id: [value, of]}}`` as JSON."""
    with reading(services.engine) as conn:
        cells = _count(services, conn, figure, area_id)
    told = {"figure": figure.value, "cells": cells}
    return orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS)


def _count(
    services: Services, conn: Connection, figure: CellFigure, area_id: int | None
) -> dict[int, list[int]]:
    now = services.now()
    place = figures.place(conn, area_id)
    if place is None:
        return {}
    if figure in _EVALUATED:
        found = by_cell(conn, place, *_EVALUATED[figure], now=now)
        return {
            cell_id: [one.good, one.counted]
            for cell_id, one in found.items()
            if _tells(figure, one.good)
        }
    counts: dict[int, list[int]] = {}
    for one in standing.open_by_cell(conn, place.inside, now):
        if one.cell_id is None:
            continue
        value, of = counts.get(one.cell_id, [0, 0])  # tickets of one cell may lie in two areas
        if figure is CellFigure.WORST:
            value = max(value, one.worst)
        else:
            value += one.open if figure is CellFigure.OPEN else one.overdue
        counts[one.cell_id] = [value, of + one.open]
    return {cell_id: found for cell_id, found in counts.items() if found[0]}


def _tells(figure: CellFigure, good: int) -> bool:
    """Whether a cell is coloured: where nothing came again there is nothing to see."""
    return figure is CellFigure.ON_TIME or good > 0


def router(services: Services) -> APIRouter:
    """The route /api/v1/cells/figures."""
    routes = APIRouter(prefix="/api/v1", tags=["cells"])
    kept = Kept(_OPEN_FOR_S, _EVALUATED_FOR_S, stale=_STALE)

    @routes.get("/cells/figures", summary="One figure for every cell of one's own area")
    def get_figures(
        figure: Annotated[
            CellFigure,
            Query(
                description="worst severity, open, overdue, on_time: disposed in time of all "
                "due in 30 days, recurrences: closings of 90 days after which it came again"
            ),
        ],
    ) -> Response:
        """``cells``: by cell id the value, and of how many it is."""
        area_id = scope(logged_in()).area_id
        get = kept.slowly if figure in _EVALUATED else kept.get
        body = get((figure, area_id), lambda: _body(services, figure, area_id))
        return Response(body, media_type="application/json")

    return routes
