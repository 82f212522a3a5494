"""Bring in the requests of another system as events and tickets in their final state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from events.actions.import_past import import_past
from events.model.calendar import Clock
from events.model.deadline import Stage
from events.model.event import EventDraft, Source
from events.model.past import PastClock, PastMove, PastTicket
from events.model.request import RefusedRow, Request, RequestMapping, RowRefusal, read_row
from events.model.workflow import State
from events.store import rules
from grid.model.coordinates import CoordinateSystem, to_wgs84
from grid.store import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.category import Category


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedRequests:
    """What became of a file of requests.

    ``in_cells``: rows whose position lies in a unit cell; ``cells``: different cells touched;
    ``due`` and ``on_time``: rows with target and closing time, and those closed by their target.
    """

    rows: int
    imported: int
    known: int
    closed: int
    open: int
    in_cells: int
    cells: int
    due: int
    on_time: int
    refused: tuple[RefusedRow, ...]


def import_requests(
    conn: Connection, rows: Iterable[Mapping[str, Any]], mapping: RequestMapping, *,
    crs: CoordinateSystem = CoordinateSystem.WGS84, skip_refused: bool = False, by: Actor,
    now: datetime,
) -> ImportedRequests:  # fmt: skip
    """Bring in every row, in this transaction; idempotent by the rows' keys.

    With refused rows nothing is written, unless ``skip_refused``. A closed request becomes a
    closed ticket, an open one a filed ticket that the dispatcher takes on.
    """
    read = [read_row(number, row, mapping) for number, row in enumerate(rows, start=1)]
    refused = [one for one in read if isinstance(one, RefusedRow)]
    requests, twice = _without_doubles(one for one in read if isinstance(one, Request))
    refused += twice
    lons, lats = to_wgs84(
        np.array([one.lon for one in requests]), np.array([one.lat for one in requests]), crs
    )
    located = cells.locate_many(conn, lons, lats)
    outside = located.area_ids == 0
    refused += [
        RefusedRow(row=requests[i].row, field=mapping.columns["lat"], refusal=RowRefusal.OUTSIDE)
        for i in np.flatnonzero(outside)
    ]
    refused.sort(key=lambda one: one.row)
    inside = np.flatnonzero(~outside) if skip_refused or not refused else np.empty(0, np.intp)
    known = rules.load(conn).categories
    tickets = [
        _ticket(
            requests[i],
            known,
            _Spot(lons, lats, located.cell_ids, located.area_ids, int(i)),
            crs,
            now,
        )
        for i in inside
    ]
    done = import_past(conn, tickets, by=by, now=now)
    return _report(len(read), requests, inside, located.cell_ids, refused, done.imported)


def _report(
    rows: int, requests: Sequence[Request], inside: NDArray[np.intp],
    cell_ids: NDArray[np.int32], refused: Sequence[RefusedRow], imported: int,
) -> ImportedRequests:  # fmt: skip
    taken = [requests[i] for i in inside]
    touched = cell_ids[inside]
    due = [one for one in taken if one.closed_at is not None and one.target_at is not None]
    closed = sum(one.closed_at is not None for one in taken)
    return ImportedRequests(
        rows=rows,
        imported=imported,
        known=len(taken) - imported,
        closed=closed,
        open=len(taken) - closed,
        in_cells=int(np.count_nonzero(touched)),
        cells=len(np.unique(touched[touched > 0])),
        due=len(due),
        on_time=sum(_on_time(one) for one in due),
        refused=tuple(refused),
    )


def _on_time(request: Request) -> bool:
    closed, target = request.closed_at, request.target_at
    return closed is not None and target is not None and closed <= target


def _without_doubles(requests: Iterable[Request]) -> tuple[list[Request], list[RefusedRow]]:
    """The first row of each key, and the others as refusals."""
    seen: set[str] = set()
    first: list[Request] = []
    doubles: list[RefusedRow] = []
    for one in requests:
        if one.key in seen:
            doubles.append(RefusedRow(row=one.row, field="key", refusal=RowRefusal.KEY_TWICE))
        else:
            seen.add(one.key)
            first.append(one)
    return first, doubles


class _Spot:
    """Where the i-th request is: position in WGS-84, cell (None where none is) and area."""

    def __init__(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64],
        cell_ids: NDArray[np.int32], area_ids: NDArray[np.int32], i: int,
    ) -> None:  # fmt: skip
        self.lon, self.lat = float(lons[i]), float(lats[i])
        self.cell_id = int(cell_ids[i]) or None
        self.area_id = int(area_ids[i])


def _ticket(
    request: Request, categories: Mapping[str, Category], spot: _Spot, crs: CoordinateSystem,
    now: datetime,
) -> PastTicket:  # fmt: skip
    category = categories.get(request.category) or categories["other"]
    draft = EventDraft(
        key=request.key,
        source=Source.IMPORT,
        category_code=category.code,
        severity=category.severity,
        occurred_at=request.created_at,
        lon=spot.lon,
        lat=spot.lat,
        source_crs=crs.value,
        title_zh=f"{category.name_zh}：{request.kind}" if request.kind else category.name_zh,
        title_en=request.kind or category.name_en,
        description=request.description,
        attributes=request.attributes,
        cell_id=spot.cell_id,
        area_id=spot.area_id,
        wants_ticket=False,
    )
    return PastTicket(draft=draft, moves=_moves(request, now), clocks=_clocks(request))


def _moves(request: Request, now: datetime) -> tuple[PastMove, ...]:
    """Created as what it is today: we know no more of its life."""
    if request.closed_at is not None:
        return (
            PastMove(
                verb="import",
                at=request.created_at,
                target=State.FILED,
                changes={"filed_at": request.created_at},
            ),
            PastMove(
                verb="import_closed",
                at=request.closed_at,
                target=State.CLOSED,
                changes={"disposed_at": request.closed_at, "closed_at": request.closed_at},
            ),
        )
    late = request.target_at is not None and request.target_at < now
    changes = {
        "filed_at": request.created_at,
        "due_at": request.target_at,
        "overdue_at": request.target_at if late else None,
    }
    return (PastMove(verb="import", at=request.created_at, target=State.FILED, changes=changes),)


def _clocks(request: Request) -> tuple[PastClock, ...]:
    """The other system's target as one disposal clock; none where it set no sensible target."""
    if request.target_at is None or request.target_at <= request.created_at:
        return ()
    return (
        PastClock(
            stage=Stage.DISPOSE,
            clock=Clock.CONTINUOUS,
            time_limit=request.target_at - request.created_at,
            started_at=request.created_at,
            due_at=request.target_at,
            stopped_at=request.closed_at,
            why={"imported": True},
        ),
    )
