"""Which open tickets a wall is told one by one, where more are open than it could draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from command_center.live.messages import Json
from events.model.ticket import Ticket
from events.model.urgency import Urgency, urgency
from events.store.urgent import Chosen

# More open tickets than this are not told one by one; they are shown in groups, and all counted.
MOST_TICKETS = 2_000


@dataclass(kw_only=True, slots=True)
class Choice:
    """What is told of one area (None: everywhere), and how many are open there.

    ``told``: ids of the most urgent; ``least``: the urgency of the last of them when they were
    chosen. Between two choices those that become more urgent than that come in, so that it may
    grow by a few; the next choice is exact again.
    """

    area_id: int | None
    told: set[int] = field(default_factory=set)
    least: Urgency | None = None
    open: int = 0
    overdue: int = 0
    undecided: int = 0

    @classmethod
    def of(cls, area_id: int | None, chosen: Chosen, last: Ticket | None, now: datetime) -> Choice:
        """``last``: the least urgent of those that were chosen."""
        return cls(
            area_id=area_id,
            told=set(chosen.ticket_ids),
            least=None if last is None else urgency(last, now),
            open=chosen.open,
            overdue=chosen.overdue,
            undecided=chosen.undecided,
        )

    def wants(self, ticket: Ticket, now: datetime) -> bool:
        """Whether an open ticket that has changed is told here."""
        if self.area_id is not None and self.area_id not in ticket.area_path:
            return False
        if ticket.ticket_id in self.told or len(self.told) < MOST_TICKETS:
            return True
        return self.least is None or urgency(ticket, now) < self.least

    def as_json(self) -> Json:
        """How many are open, and how many of them are not told one by one."""
        return {
            "open": self.open,
            "overdue": self.overdue,
            "needs_decision": self.undecided,
            "left_out": max(0, self.open - len(self.told)),
        }


def left_out(chosen: Iterable[Chosen]) -> bool:
    """Whether any of these has more open tickets than were chosen."""
    return any(one.open > len(one.ticket_ids) for one in chosen)
