"""What waits for a second person: a move that somebody proposed, and who may decide it.

Nothing in here decides by itself: the levels are those of the move in the table of moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from events.model.actor import Actor, Role
from events.model.refusal import Reason, Refusal
from events.model.ticket import Ticket
from events.model.verb import Verb
from events.model.workflow import MOVES


class Outcome(StrEnum):
    """What became of a proposal."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"  # the ticket went where it can no longer be made


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A row of events.proposals. ``given``: what the move needs beside the reason.

    ``approvals`` are the approvals so far, in order: {"by", "at", "why"}; the next one is of
    level ``len(approvals)``. ``deciders`` are the roles of that level.
    """

    proposal_id: int
    ticket_id: int
    verb: Verb
    reason: str
    given: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    outcome: Outcome
    approvals: tuple[Mapping[str, Any], ...]
    deciders: tuple[Role, ...]
    decided_by: str | None
    decided_at: datetime | None
    decided_why: str | None

    @property
    def people(self) -> frozenset[str]:
        """Who had a say already: each of them once at most."""
        return frozenset({self.asked_by, *(str(one["by"]) for one in self.approvals)})


def may_decide(actor: Actor, verdict: Verb, proposal: Proposal, ticket: Ticket) -> Refusal | None:
    """None when ``actor`` may ``verdict`` the proposal as ticket and proposal are, else why not.

    The asker withdraws; somebody else of the level's roles, who had no say yet, decides.
    """
    move = MOVES.get((ticket.state, proposal.verb))
    if proposal.outcome is not Outcome.PENDING or move is None:
        return Refusal(reason=Reason.DECIDED)
    if verdict is Verb.WITHDRAW:
        return None if actor.key == proposal.asked_by else Refusal(reason=Reason.NOT_WHO_ASKED)
    broken = (
        (actor.kind != "account", Reason.ROLE),
        (actor.key in proposal.people, Reason.SECOND_PERSON),
        (actor.role not in move.levels[len(proposal.approvals)], Reason.ROLE),
        (actor.area_id not in ticket.area_path, Reason.OTHER_AREA),
    )
    return next((Refusal(reason=reason) for is_broken, reason in broken if is_broken), None)


def verdicts_for(actor: Actor, proposal: Proposal, ticket: Ticket) -> tuple[Verb, ...]:
    """What ``actor`` may say to a proposal now."""
    every = (Verb.APPROVE, Verb.REFUSE, Verb.WITHDRAW)
    return tuple(one for one in every if may_decide(actor, one, proposal, ticket) is None)
