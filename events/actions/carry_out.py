"""Make the move that a person asked for, with everything that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.actions import fusion, joint, telling
from events.actions.choices import allow, choose
from events.actions.transition import check_given, move_ticket
from events.model.message import Audience
from events.model.problems import Incomplete
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.store import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from events.actions.choices import Step
    from events.model.proposal import Proposal
    from events.model.ticket import Ticket

# Verbs that touch more than the ticket's own row.
_WIDER: Mapping[Verb, Callable[[Step], Ticket]] = {
    Verb.UNMERGE: fusion.unmerge,
    Verb.LINK: fusion.link,
    Verb.UNLINK: fusion.unlink,
    Verb.ASSIST: joint.assist,
    Verb.RELEASE: joint.release,
    Verb.SIGN: joint.sign,
    Verb.SPLIT: joint.split,
}


def carry_out(step: Step, proposal: Proposal | None = None) -> Ticket:
    """The ticket after the move. ``proposal``: the approved one, where there had to be one."""
    wider = _WIDER.get(step.verb)
    if wider is not None:
        check_given(allow(step), step.ticket, step.why, {})
        return wider(step)
    choice = choose(step)
    if step.verb is Verb.MERGE:
        return fusion.merge(step, choice, proposal)
    if step.verb is Verb.COMMENT:
        return _comment(step)
    return move_ticket(
        step.conn, step.ticket, step.verb, by=step.by, now=step.now, why=step.why,
        changes=choice.changes, extra=choice.extra, proposal=proposal, city=step.city,
    )  # fmt: skip


def _comment(step: Step) -> Ticket:
    """A word about the ticket: for those who handle it, or for the residents behind it too."""
    try:
        audience = Audience(step.given.audience or Audience.INTERNAL)
    except ValueError:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_AUDIENCE, field="audience")) from None
    moved = move_ticket(
        step.conn, step.ticket, step.verb, by=step.by, now=step.now, why=step.why, city=step.city,
        more={"audience": audience},
    )  # fmt: skip
    messages.add(step.conn, ticket_id=moved.ticket_id, area_id=moved.area_id, audience=audience,
                 body=step.why, now=step.now)  # fmt: skip
    if audience is Audience.RESIDENT:
        telling.tell_residents(step.conn, moved, step.why, now=step.now)
    return moved
