"""Which of the open tickets come first where not all can be shown one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from events.model.ticket import Light, light
from events.model.workflow import State

if TYPE_CHECKING:
    from events.model.ticket import Ticket

# States in which somebody at the desk has to decide.
DESK_STATES = frozenset({State.REPORTED, State.FILED, State.DISPOSED, State.VERIFIED})
# States in which nobody has taken it on.
IN_NOBODYS_HANDS = frozenset({State.REPORTED, State.FILED, State.DISPATCHED})
# What is done, as its crew says, and waits to be looked at.
DONE_STATES = frozenset({State.DISPOSED, State.VERIFIED})
# From this severity on a new ticket that nobody has taken on sounds an alarm, for so long.
GRAVE = 3
ALARM_FOR = timedelta(minutes=30)

CRITICAL = 4
_NEVER = datetime.max.replace(tzinfo=UTC)

Urgency = tuple[bool, int, bool, int, datetime, int]


def urgency(ticket: Ticket, now: datetime) -> Urgency:
    """Sorts the most urgent first: alarms, then as the wall's lists do (``assets/wall/format.js``).

    ``events.store.urgent`` orders by the same.
    """
    return (
        not _may_sound(ticket, now),
        _rank(ticket, now),
        ticket.state not in DESK_STATES,
        -ticket.severity,
        ticket.due_at or _NEVER,
        ticket.ticket_id,
    )


def _may_sound(ticket: Ticket, now: datetime) -> bool:
    """Whether a wall may sound an alarm for it: these come before all else."""
    untaken = ticket.severity >= GRAVE and ticket.state in IN_NOBODYS_HANDS
    return untaken and ticket.created_at > now - ALARM_FOR


def _rank(ticket: Ticket, now: datetime) -> int:
    """Critical, late, serious, soon late, the rest; last what is done and has time."""
    shown, done = light(ticket, now), ticket.state in DONE_STATES
    if ticket.severity == CRITICAL:
        return 0
    if shown is Light.RED:
        return 1
    if ticket.severity == GRAVE and not done:
        return 2
    if shown is Light.YELLOW:
        return 3
    return 5 if done else 4
