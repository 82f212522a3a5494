"""One problem on its way through handling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from events.model.workflow import FINAL, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

# Yellow: a quarter of the stage's time, or less, is left.
YELLOW_SHARE = 0.25


class Light(StrEnum):
    """How a ticket stands against its deadline: 绿灯, 黄灯, 红灯."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A row of events.tickets with the names that people see. Times are aware UTC.

    ``owned_by``: the key of whoever took the call; stays responsible for calling back.
    ``late_at``: when its disposal first ran out of time; that stays. ``exempted_at``: since when
    that is excused. ``suspended_at`` stays, too; ``resume_at`` is set while it is suspended.
    """

    ticket_id: int
    number: str
    state: State
    version: int
    category_code: str
    category_version: int
    family: str
    layer: str | None
    severity: int
    source: str
    title_zh: str
    title_en: str
    description: str
    lon: float
    lat: float
    cell_id: int | None
    area_id: int
    component_id: int | None
    device_no: int | None
    department_id: int | None
    crew_id: int | None
    routing: Mapping[str, Any] | None
    merged_into: int | None
    supervised: bool
    occurred_at: datetime
    created_at: datetime
    updated_at: datetime
    filed_at: datetime | None
    dispatched_at: datetime | None
    accepted_at: datetime | None
    disposed_at: datetime | None
    disposed_by: str | None
    verified_at: datetime | None
    closed_at: datetime | None
    recovered_at: datetime | None
    due_at: datetime | None
    overdue_at: datetime | None
    late_at: datetime | None
    extensions: int
    suspended_at: datetime | None
    resume_at: datetime | None
    appealed_at: datetime | None
    exempted_at: datetime | None
    parent_id: int | None
    owned_by: str | None
    # beside the row: what its category asks for as proof; is_measured: sensors are behind it
    proof_photos: tuple[str, ...] = ()
    geofence_m: float = 200.0
    recovers_for: timedelta | None = None
    is_measured: bool = False
    # beside the row: who assists (unsigned: whose part is not done), its parts, its whole
    assisting: tuple[int, ...]
    unsigned: tuple[int, ...]
    open_parts: int
    parent_number: str | None
    parent_closed: bool
    merged_number: str | None
    # names beside the row
    category_name_zh: str
    category_name_en: str
    cell_code: str | None
    area_path: tuple[int, ...]
    area_name_zh: str
    area_name_en: str
    department_code: str | None
    department_name_zh: str | None
    department_name_en: str | None
    crew_code: str | None
    crew_name_zh: str | None
    crew_name_en: str | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has something to do."""
        return self.state not in FINAL

    @property
    def waits_for_recovery(self) -> bool:
        """Whether its sensors have to be quiet before it is verified."""
        return self.is_measured and self.recovers_for is not None

    @property
    def was_returned(self) -> bool:
        """Whether a department handed it back and nobody has dispatched it since."""
        return self.state is State.FILED and self.dispatched_at is not None


def stage_started_at(ticket: Ticket) -> datetime:
    """When the present stage began."""
    begun = {
        State.FILED: ticket.filed_at,
        State.DISPATCHED: ticket.dispatched_at,
        State.ACCEPTED: ticket.dispatched_at,
        State.DISPOSED: ticket.disposed_at,
        State.VERIFIED: ticket.verified_at,
    }.get(ticket.state)
    return begun or ticket.created_at


def yellow_at(ticket: Ticket) -> datetime | None:
    """When its light turns yellow: a quarter of the stage's time is left; None without a clock."""
    if ticket.due_at is None:
        return None
    return ticket.due_at - (ticket.due_at - stage_started_at(ticket)) * YELLOW_SHARE


def light(ticket: Ticket, now: datetime) -> Light:
    """Green, yellow (a quarter of the stage's time or less is left) or red (overdue)."""
    turns_yellow = yellow_at(ticket)
    if ticket.due_at is None or turns_yellow is None:
        return Light.GREEN
    if now >= ticket.due_at:
        return Light.RED
    return Light.YELLOW if now >= turns_yellow else Light.GREEN
