"""What needs a second person: proposed by one, decided by others, level by level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from events.actions import telling
from events.actions.carry_out import carry_out
from events.actions.choices import Step, allow, choose
from events.actions.prove import prove
from events.actions.transition import check_given, mark_ticket
from events.model.given import Given
from events.model.problems import Conflict, Incomplete, NotAllowed
from events.model.proposal import Outcome, may_decide
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.model.workflow import MOVES
from events.store import proposals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from events.model.proposal import Proposal
    from events.model.ticket import Ticket


def propose(step: Step) -> Ticket:
    """Keep what is proposed and tell those who decide. The ticket stays where it is.

    Raises WrongState, NotAllowed, Incomplete as the move itself would, and Conflict when the same
    waits already.
    """
    move = allow(step)
    check_given(move, step.ticket, step.why, choose(step).changes)
    prove(step.conn, step.ticket, step.verb, now=step.now)
    given = step.given.proposed()
    proposal_id = proposals.add(
        step.conn, step.ticket, step.verb, by=step.by, reason=step.why, given=given,
        deciders=move.levels[0], now=step.now,
    )  # fmt: skip
    if proposal_id is None:
        raise Conflict(Refusal(reason=Reason.PROPOSED_ALREADY), step.ticket)
    told = {"id": proposal_id, "verb": step.verb, "given": given, "level": 0}
    moved = _noted(step, Verb.PROPOSE, told)
    telling.tell_deciders(
        step.conn, moved, step.verb, move.levels[0], why=step.why, now=step.now, by=step.by
    )
    return moved


def decide(step: Step) -> Ticket:
    """Approve, refuse or withdraw a proposal; the last approval makes the move.

    Raises Incomplete (no reason, no such proposal) and NotAllowed.
    """
    proposal = _proposal(step)
    refusal = may_decide(step.by, step.verb, proposal, step.ticket)
    if refusal is not None:
        if refusal.reason is Reason.DECIDED:
            raise Conflict(refusal, step.ticket)
        raise NotAllowed(refusal)
    if not step.why and step.verb is not Verb.WITHDRAW:
        raise Incomplete(Refusal(reason=Reason.REASON_MISSING, field="why"))
    if step.verb is Verb.APPROVE:
        return _approve(step, proposal)
    outcome = Outcome.REFUSED if step.verb is Verb.REFUSE else Outcome.WITHDRAWN
    proposals.decide(step.conn, proposal, outcome, by=step.by, why=step.why, now=step.now,
                     approvals=proposal.approvals)  # fmt: skip
    refused_appeal = outcome is Outcome.REFUSED and proposal.verb is Verb.APPEAL
    changes = {"appealed_at": step.now} if refused_appeal else None
    moved = _noted(step, step.verb, {"id": proposal.proposal_id, "verb": proposal.verb}, changes)
    telling.tell_asker(step.conn, moved, proposal, step.verb, why=step.why, now=step.now)
    return moved


def _approve(step: Step, proposal: Proposal) -> Ticket:
    levels = MOVES[step.ticket.state, proposal.verb].levels
    approvals = (*proposal.approvals, {"by": step.by.key, "at": step.now, "why": step.why})
    told = {"id": proposal.proposal_id, "verb": proposal.verb, "level": len(approvals)}
    if len(approvals) < len(levels):
        deciders = levels[len(approvals)]
        proposals.approve(step.conn, proposal, approvals, deciders=deciders)
        moved = _noted(step, Verb.APPROVE, told)
        telling.tell_deciders(
            step.conn, moved, proposal.verb, deciders, why=proposal.reason, now=step.now,
            by=step.by,
        )  # fmt: skip
        return moved
    proposals.decide(step.conn, proposal, Outcome.APPROVED, by=step.by, why=step.why,
                     now=step.now, approvals=approvals)  # fmt: skip
    agreed = replace(proposal, approvals=approvals, outcome=Outcome.APPROVED)
    ticket = _noted(step, Verb.APPROVE, told)
    made = replace(step, ticket=ticket, verb=proposal.verb, why=proposal.reason,
                   given=Given.of_proposal(proposal.given))  # fmt: skip
    moved = carry_out(made, agreed)
    telling.tell_asker(step.conn, moved, agreed, step.verb, why=step.why, now=step.now)
    return moved


def _proposal(step: Step) -> Proposal:
    wanted = step.given.proposal
    for one in proposals.of_ticket(step.conn, step.ticket.ticket_id):
        if one.proposal_id == wanted:
            return one
    raise Incomplete(Refusal(reason=Reason.NO_SUCH_PROPOSAL, field="proposal"))


def _noted(
    step: Step, verb: Verb, told: Mapping[str, Any], changes: Mapping[str, Any] | None = None
) -> Ticket:
    return mark_ticket(
        step.conn, step.ticket, verb, now=step.now, changes=changes,
        told={"proposal": told, "why": step.why},
    )  # fmt: skip
