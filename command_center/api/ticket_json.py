"""Tickets as other programs read them: GeoJSON, and one ticket with its whole story."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from events.model.access import Actor, verbs_for
from events.model.attachment import Attachment
from events.model.ladder import Escalation
from events.model.ledger import LedgerEntry
from events.model.message import Message
from events.model.party import Party
from events.model.projects.stage import stage_words
from events.model.proof import ITEM_WORDS, PhotoProof, checks
from events.model.proposal import Proposal, verdicts_for
from events.model.rating import Rating
from events.model.ticket import Ticket, light
from events.model.workflow import MOVES, STATE_WORDS, VERB_WORDS, Verb
from events.store.history import ExplainedClock, LinkedEvent, TicketHistory

Json = dict[str, Any]
Names = Mapping[str, Mapping[str, str]]

_TIMES = (
    "occurred_at", "created_at", "updated_at", "filed_at", "dispatched_at", "accepted_at",
    "disposed_at", "verified_at", "closed_at", "recovered_at", "due_at", "overdue_at", "late_at",
    "exempted_at", "suspended_at", "resume_at",
)  # fmt: skip


def feature(ticket: Ticket, now: datetime) -> Json:
    """A ticket as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": ticket.number,
        "geometry": {"type": "Point", "coordinates": [ticket.lon, ticket.lat]},
        "properties": properties(ticket, now),
    }


def collection(tickets: Iterable[Ticket], next_cursor: str | None, now: datetime) -> Json:
    """A page of tickets as a GeoJSON feature collection."""
    return {
        "type": "FeatureCollection",
        "features": [feature(one, now) for one in tickets],
        "next_cursor": next_cursor,
    }


def properties(ticket: Ticket, now: datetime) -> Json:
    """What there is to say about a ticket in one row; times in ISO 8601, UTC."""
    told: Json = {
        "number": ticket.number,
        "state": ticket.state.value,
        "state_name": STATE_WORDS[ticket.state].as_dict(),
        "version": ticket.version,
        "category": ticket.category_code,
        "category_name": {"zh": ticket.category_name_zh, "en": ticket.category_name_en},
        "layer": ticket.layer,
        "severity": ticket.severity,
        "source": ticket.source,
        "title": {"zh": ticket.title_zh, "en": ticket.title_en},
        "description": ticket.description,
        "cell": ticket.cell_code,
        "area": {"zh": ticket.area_name_zh, "en": ticket.area_name_en},
        "department": ticket.department_code,
        "department_name": _names(ticket.department_name_zh, ticket.department_name_en),
        "crew": ticket.crew_code,
        "crew_name": _names(ticket.crew_name_zh, ticket.crew_name_en),
        "supervised": ticket.supervised,
        "merged_into": ticket.merged_number,
        "parent": ticket.parent_number,
        "owner": ticket.owned_by,
        "extensions": ticket.extensions,
        "light": light(ticket, now).value,
    }
    for name in _TIMES:
        at: datetime | None = getattr(ticket, name)
        told[name] = None if at is None else at.isoformat()
    return told


def story(
    ticket: Ticket, history: TicketHistory, *, actor: Actor, names: Names, now: datetime
) -> Json:
    """A ticket with what was done, its clocks, its evidence and the events behind it.

    ``names`` are the names of actors by their key. ``verbs``: what ``actor`` may do now.
    """
    return {
        **feature(ticket, now),
        "routing": ticket.routing,
        "verbs": verbs(ticket, actor),
        "proposals": [_proposal(one, ticket, actor, names) for one in history.proposals],
        "parties": [_party(one) for one in history.parties],
        "messages": [_message(one) for one in history.messages],
        "ratings": [_rating(one) for one in history.ratings],
        "parts": [{"number": one.number, "state": one.state.value} for one in history.parts],
        "history": [_entry(one, names) for one in history.entries],
        "clocks": [_clock(one) for one in history.clocks],
        "proof": proof(ticket, history.photo_proof, now),
        "escalations": [_escalation(one, names) for one in history.escalations],
        "projects": [
            {"number": one.number, "kind": one.kind.value, "stage": one.stage.value,
             "stage_name": stage_words(one.kind, one.stage).as_dict(),
             "name": {"zh": one.name_zh, "en": one.name_en}}
            for one in history.projects
        ],
        "evidence": [evidence(one) for one in history.attachments],
        "events": [_event(one) for one in history.events],
    }  # fmt: skip


def proof(ticket: Ticket, photos: Iterable[PhotoProof], now: datetime) -> list[Json]:
    """The check-list of what the ticket's category asks for; ``missing``: what is to be done."""
    return [
        {
            "item": one.item.value,
            "name": ITEM_WORDS[one.item].as_dict(),
            "met": one.lacks is None,
            "waits": one.waits,
            "missing": None if one.refusal is None else one.refusal.words.as_dict(),
        }
        for one in checks(ticket, tuple(photos), now)
    ]


def evidence(one: Attachment) -> Json:
    """A photo: its address once it is ready, the reason when it is refused."""
    return {
        "id": str(one.attachment_id),
        "kind": one.kind,
        "state": one.state,
        "url": f"/attachments/{one.attachment_id}" if one.state == "ready" else None,
        "width": one.width,
        "height": one.height,
        "refusal": one.refusal,
        "taken_at": None if one.taken_at is None else one.taken_at.isoformat(),
        "taken_from": one.taken_from,
        "placed_from": one.placed_from,
        "clock_off_s": None if one.clock_off is None else one.clock_off.total_seconds(),
        "created_at": one.created_at.isoformat(),
        "by": one.actor,
    }


def verbs(ticket: Ticket, actor: Actor) -> list[Json]:
    """What ``actor`` may do to ``ticket`` now, and what must be given with it.

    ``proposed``: it is only proposed, and somebody else decides.
    """
    return [
        {
            "verb": verb.value,
            "name": VERB_WORDS[verb].as_dict(),
            "needs": [one.value for one in MOVES[ticket.state, verb].needs],
            "proposed": bool(MOVES[ticket.state, verb].levels),
        }
        for verb in verbs_for(actor, ticket)
    ]


def _proposal(one: Proposal, ticket: Ticket, actor: Actor, names: Names) -> Json:
    return {
        "id": one.proposal_id,
        "verb": one.verb.value,
        "name": VERB_WORDS[one.verb].as_dict(),
        "reason": one.reason,
        "given": dict(one.given),
        "asked_by": one.asked_by,
        "asked_by_name": names.get(one.asked_by),
        "asked_at": one.asked_at.isoformat(),
        "outcome": one.outcome.value,
        "approvals": [dict(given) for given in one.approvals],
        "deciders": [role.value for role in one.deciders],
        "decided_by": one.decided_by,
        "decided_at": None if one.decided_at is None else one.decided_at.isoformat(),
        "decided_why": one.decided_why,
        "verdicts": [verb.value for verb in verdicts_for(actor, one, ticket)],
    }


def _message(one: Message) -> Json:
    return {
        "at": one.created_at.isoformat(),
        "author": one.author,
        "report": one.report_number,
        "audience": one.audience.value,
        "text": one.body,
    }


def _rating(one: Rating) -> Json:
    return {
        "report": one.report_number,
        "at": one.created_at.isoformat(),
        "solved": one.solved,
        "satisfied": one.satisfied,
        "stars": one.stars,
        "words": one.words,
    }


def _escalation(one: Escalation, names: Names) -> Json:
    return {
        "level": one.level,
        "recipient": one.recipient.value,
        "told_at": None if one.told_at is None else one.told_at.isoformat(),
        "told": [{"account": who, "name": names.get(who)} for who in one.told],
        "read_by": [
            {"account": who, "name": names.get(who), "at": at.isoformat()}
            for who, at in one.read_by
        ],
    }


def _party(one: Party) -> Json:
    return {
        "department": one.department_code,
        "name": {"zh": one.department_name_zh, "en": one.department_name_en},
        "role": "assist",
        "state": one.state.value,
        "asked_at": one.asked_at.isoformat(),
        "why": one.asked_why,
        "due_at": one.due_at.isoformat(),
        "signed_at": None if one.signed_at is None else one.signed_at.isoformat(),
        "signed_by": one.signed_by,
        "note": one.note,
    }


def _entry(entry: LedgerEntry, names: Names) -> Json:
    payload = entry.payload
    return {
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "actor_name": names.get(entry.actor),
        "verb": entry.verb,
        "verb_name": _verb_name(entry.verb),
        "from": payload.get("from"),
        "to": payload.get("to"),
        "version": payload.get("version"),
        "why": payload.get("why") or "",
    }


def _verb_name(verb: str) -> dict[str, str] | None:
    known = {one.value for one in Verb}
    kind, _, name = verb.partition(".")
    return VERB_WORDS[Verb(name)].as_dict() if kind == "ticket" and name in known else None


def _clock(one: ExplainedClock) -> Json:
    clock = one.clock
    return {
        "stage": clock.stage.value,
        "clock": clock.clock.value,
        "time_limit_s": clock.time_limit.total_seconds(),
        "started_at": clock.started_at.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "stopped_at": None if clock.stopped_at is None else clock.stopped_at.isoformat(),
    }


def _event(link: LinkedEvent) -> Json:
    event = link.event
    return {
        "id": event.event_id,
        "source": event.source.value,
        "category": event.category_code,
        "severity": event.severity,
        "change": event.change.value,
        "title": {"zh": event.title_zh, "en": event.title_en},
        "description": event.description,
        "occurred_at": event.occurred_at.isoformat(),
        "linked_at": link.linked_at.isoformat(),
        "linked_by": link.actor,
        "because": link.because.as_dict(),
        "score": link.score,
        "unlinked_at": None if link.unlinked_at is None else link.unlinked_at.isoformat(),
    }


def _names(zh: str | None, en: str | None) -> dict[str, str] | None:
    return None if zh is None or en is None else {"zh": zh, "en": en}
