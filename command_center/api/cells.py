"""One figure for every cell of the city: what the wall colours its cells by."""

from enum import StrEnum
from threading import Lock
from time import monotonic
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from command_center.access.context import logged_in
from command_center.evaluation.by_cell import by_cell
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


class Kept:
    """The answers, by figure and the asker's area, for as long as they are fresh."""

    def __init__(self, services: Services) -> None:
        """Nothing is known yet."""
        self._services = services
        self._kept: dict[tuple[CellFigure, int | None], tuple[float, bytes]] = {}
        # one each: who waits for a dear figure keeps nobody from another
        self._locks = {figure: Lock() for figure in CellFigure}

    def body(self, figure: CellFigure, area_id: int | None) -> bytes:
        """``{"figure", "cells": {cell_id: [value, of]}}`` as JSON; one asker counts for all."""
        fresh_s = _EVALUATED_FOR_S if figure in _EVALUATED else _OPEN_FOR_S
        with self._locks[figure]:
            made_s, body = self._kept.get((figure, area_id), (0.0, b""))
            if not body or monotonic() - made_s > fresh_s:
                with reading(self._services.engine) as conn:
                    cells = self._count(conn, figure, area_id)
                told = {"figure": figure.value, "cells": cells}
                body = orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS)
                self._kept[figure, area_id] = (monotonic(), body)
        return body

    def _count(
        self, conn: Connection, figure: CellFigure, area_id: int | None
    ) -> dict[int, list[int]]:
        now = self._services.now()
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
        rows = standing.open_by_cell(conn, place.inside, now)
        counts: dict[int, list[int]] = {}
        for one in rows:
            value = {"worst": one.worst, "open": one.open, "overdue": one.overdue}[figure.value]
            if one.cell_id is not None and value:
                counts[one.cell_id] = [value, one.open]
        return counts


def _tells(figure: CellFigure, good: int) -> bool:
    """Whether a cell is coloured: where nothing came again there is nothing to see."""
    return figure is CellFigure.ON_TIME or good > 0


def router(services: Services) -> APIRouter:
    """The route /api/v1/cells/figures."""
    routes = APIRouter(prefix="/api/v1", tags=["cells"])
    kept = Kept(services)

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
        return Response(
            kept.body(figure, scope(logged_in()).area_id), media_type="application/json"
        )

    return routes
