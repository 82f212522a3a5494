"""Which events and tickets are about one thing: put right by people, reversibly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.actions import telling
from events.actions.file_ticket import ticket_about, trail_link
from events.actions.transition import mark_ticket, move_ticket
from events.model.problems import Incomplete
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.store import events, tickets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from events.actions.choices import Choice, Step
    from events.model.event import Event
    from events.model.proposal import Proposal
    from events.model.ticket import Ticket


def merge(step: Step, choice: Choice, proposal: Proposal | None) -> Ticket:
    """This ticket becomes a part of another one's past: its events go there, and can come back."""
    target = tickets.lock_id(step.conn, choice.changes["merged_into"])
    merged = move_ticket(
        step.conn, step.ticket, step.verb, by=step.by, now=step.now, why=step.why,
        changes=choice.changes, proposal=proposal, city=step.city,
    )  # fmt: skip
    moved = [one.event_id for one in tickets.live_links(step.conn, merged.ticket_id)]
    _put(step, moved, source=merged, target=target, merged_from=merged.number)
    _linked(step, target, Verb.LINK, moved, other=merged.number, severity=merged.severity)
    return merged


def unmerge(step: Step) -> Ticket:
    """Take back what came with the merge, and go on as before."""
    target = tickets.lock_id(step.conn, step.ticket.merged_into or 0)
    restored = move_ticket(
        step.conn, step.ticket, step.verb, by=step.by, now=step.now, why=step.why, city=step.city,
        more={"unmerged_from": target.number},
    )  # fmt: skip
    mine = [one.event_id for one in tickets.live_links(step.conn, target.ticket_id)
            if one.merged_from == restored.number]  # fmt: skip
    _put(step, mine, source=target, target=restored)
    _linked(step, target, Verb.UNLINK, mine, other=restored.number)
    telling.tell_reporters_of_unmerge(step.conn, restored, now=step.now)
    return restored


def link(step: Step) -> Ticket:
    """Bring an event here from the ticket that it was put to by mistake."""
    event = _event(step)
    holder = tickets.holder_of_event(step.conn, event.event_id)
    if holder == step.ticket.ticket_id:
        raise Incomplete(Refusal(reason=Reason.LINKED_HERE, field="event"))
    if holder is None:
        raise Incomplete(Refusal(reason=Reason.NO_SUCH_EVENT, field="event"))
    source = tickets.lock_id(step.conn, holder)
    if step.by.area_id not in source.area_path:
        raise Incomplete(Refusal(reason=Reason.NO_SUCH_EVENT, field="event"))
    together = _together(step, event, source)
    _put(step, together, source=source, target=step.ticket)
    _linked(step, source, Verb.UNLINK, together, other=step.ticket.number)
    return _linked(step, step.ticket, Verb.LINK, together, other=source.number,
                   severity=event.severity)  # fmt: skip


def unlink(step: Step) -> Ticket:
    """Take an event out: it becomes a ticket of its own, filed, so that nothing gets lost."""
    event = _event(step)
    if tickets.holder_of_event(step.conn, event.event_id) != step.ticket.ticket_id:
        raise Incomplete(Refusal(reason=Reason.NOT_LINKED_HERE, field="event"))
    together = _together(step, event, step.ticket)
    own = ticket_about(step.conn, event, now=step.now, city=step.city)
    _put(step, together, source=step.ticket, target=own)
    left = _linked(step, step.ticket, Verb.UNLINK, together, other=own.number)
    move_ticket(step.conn, own, Verb.FILE, by=step.by, now=step.now, why=step.why, city=step.city)
    return left


def _event(step: Step) -> Event:
    found = events.by_ids(step.conn, [step.given.event or 0])
    if not found:
        raise Incomplete(Refusal(reason=Reason.NO_SUCH_EVENT, field="event"))
    return found[0]


def _together(step: Step, event: Event, holder: Ticket) -> list[int]:
    """The event with all revisions of its finding. Something must be left with the holder."""
    links = tickets.live_links(step.conn, holder.ticket_id)
    together = [
        one.event_id
        for one in links
        if one.event_id == event.event_id or (event.thread and one.thread == event.thread)
    ]
    if len(together) == len(links):
        raise Incomplete(Refusal(reason=Reason.ONLY_EVENT, field="event"))
    return together


def _put(
    step: Step,
    event_ids: Sequence[int],
    *,
    source: Ticket,
    target: Ticket,
    merged_from: str | None = None,
) -> None:
    because = {
        "zh": f"由人工从案卷 {source.number} 移入：{step.why}",
        "en": f"Moved here from {source.number} by hand: {step.why}",
    }
    why: dict[str, Any] = {"score": 1.0, "because": because}
    if merged_from is not None:
        why["merged_from"] = merged_from
    tickets.relink(
        step.conn, event_ids, source=source.ticket_id, target=target.ticket_id, why=step.why,
        link_why=why, now=step.now,
    )  # fmt: skip
    for event_id in event_ids:
        left = {"other": target.number, "why": step.why}
        trail_link(step.conn, "remove", source, event_id, left, now=step.now)
        came = {"other": source.number, "why": step.why}
        trail_link(step.conn, "add", target, event_id, came, now=step.now)


def _linked(
    step: Step,
    ticket: Ticket,
    verb: Verb,
    event_ids: Sequence[int],
    *,
    other: str,
    severity: int = 0,
) -> Ticket:
    """Note on a ticket which events came or went, and what follows for its sensors' word."""
    return mark_ticket(
        step.conn,
        ticket,
        verb,
        now=step.now,
        changes={
            "severity": max(ticket.severity, severity),
            "recovered_at": tickets.recovery(step.conn, ticket.ticket_id),
        },
        told={"why": step.why, "events": list(event_ids), "other": other},
    )
