"""A ticket's story for people: how far it is, who did what and why, what can be done now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from command_center.problem import Language
from command_center.views.moments import clock_text
from command_center.wording import words
from events.model.access import verbs_for
from events.model.actor import ROLE_WORDS, Actor
from events.model.ledger import LedgerEntry
from events.model.objective import TERM_WORDS
from events.model.proposal import Outcome, Proposal, verdicts_for
from events.model.rating import Rating
from events.model.ticket import Ticket
from events.model.workflow import MOVES, STATE_WORDS, VERB_WORDS, Need, State, Verb

# The way of a ticket that goes well, with the moment at which it came to each state.
_WAY = (
    (State.REPORTED, "created_at"),
    (State.FILED, "filed_at"),
    (State.DISPATCHED, "dispatched_at"),
    (State.ACCEPTED, "accepted_at"),
    (State.DISPOSED, "disposed_at"),
    (State.VERIFIED, "verified_at"),
    (State.CLOSED, "closed_at"),
)
# What one does next, as a rule; comment and supervise stand behind.
_MAIN = frozenset({Verb.FILE, Verb.DISPATCH, Verb.ACCEPT, Verb.DISPOSE, Verb.VERIFY, Verb.CLOSE})
# Minutes from which a part of what a crew costs is told.
_A_PART = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of the way: ``look`` is done, now, wait or off (it went another way)."""

    state: State
    name: str
    at: str
    look: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the history."""

    at: str
    what: str
    who: str
    why: str
    verb: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names by id, for what the ledger keeps as numbers; accounts by their key."""

    departments: Mapping[int, str]
    crews: Mapping[int, str]
    accounts: Mapping[str, str]


def steps(ticket: Ticket, language: Language, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    """The way of the ticket, with what is behind it and where it is."""
    order = [state for state, _ in _WAY]
    place = order.index(ticket.state) if ticket.state in order else -1
    found = []
    for index, (state, moment) in enumerate(_WAY):
        at = getattr(ticket, moment) if index <= place or place < 0 else None
        look = "done" if index < place or (place < 0 and at is not None) else "wait"
        if index == place:
            look = "now"
        found.append(
            Step(
                state=state,
                name=STATE_WORDS[state].told(language),
                at=clock_text(at, zone, now=now) if at is not None else "",
                look=look,
            )
        )
    if place < 0:
        name = STATE_WORDS[ticket.state].told(language)
        at_text = clock_text(ticket.updated_at, zone, now=now)
        found = [one for one in found if one.look == "done"]
        found.append(Step(state=ticket.state, name=name, at=at_text, look="off"))
    return tuple(found)


def history(
    entries: Iterable[LedgerEntry],
    names: Names,
    language: Language,
    zone: ZoneInfo,
    now: datetime | None,
) -> tuple[Line, ...]:
    """What happened, the newest first; without ``now`` each time with its date."""
    lines = [
        Line(
            at=clock_text(entry.at, zone, now=now),
            what=_what(entry, names, language),
            who=actor_name(entry.actor, names, language),
            why=_why(entry.payload, language),
            verb=entry.verb.rpartition(".")[2],
        )
        for entry in entries
    ]
    return tuple(reversed(lines))


def actor_name(key: str, names: Names, language: Language) -> str:
    """Who an actor key of the ledger is, for people."""
    kind, _, name = key.partition(":")
    if kind == "account":
        return names.accounts.get(key) or name
    known = {
        "resident": "story.by_resident",
        "system": f"story.by_system_{name}" if name in _SYSTEMS else "story.by_system",
        "device": "story.by_device",
    }
    return words(known[kind], language) if kind in known else key


# What the ledger keeps beside people's verbs.
_OTHER = {
    "ticket.create": "created",
    "ticket.import": "imported",
    "link.add": "linked",
    "link.remove": "unlinked",
    "report.create": "reported",
}
_SYSTEMS = ("dispatch", "recovery", "judge")


def _what(entry: LedgerEntry, names: Names, language: Language) -> str:
    verb = entry.verb.rpartition(".")[2]
    if entry.verb in _OTHER:
        return words(f"story.{_OTHER[entry.verb]}", language)
    told = VERB_WORDS[Verb(verb)].told(language) if verb in set(Verb) else entry.verb
    changed = entry.payload.get("set", {})
    about = entry.payload.get("proposal", {}).get("verb")
    if about in set(Verb):
        return words(
            "story.verdict", language, verdict=told, verb=VERB_WORDS[Verb(about)].told(language)
        )
    party = entry.payload.get("party", {}).get("department_id")
    who = [
        names.departments.get(party, ""),
        str(entry.payload.get("part") or entry.payload.get("other") or ""),
        names.departments.get(changed.get("department_id"), ""),
        names.crews.get(changed.get("crew_id"), ""),
    ]
    towards = " · ".join(one for one in who if one)
    return f"{told} → {towards}" if towards else told


def _why(payload: Mapping[str, Any], language: Language) -> str:
    routing = payload.get("set", {}).get("routing") or {}
    parts = because(routing, language) if not routing.get("by_hand") else []
    why = payload.get("why") or ""
    if isinstance(why, Mapping):
        why = why.get(language) or why.get("zh") or ""
    return "；".join(parts) if parts and language == "zh" else " · ".join(parts) or str(why)


def because(routing: Mapping[str, Any] | None, language: Language) -> list[str]:
    """Why this department and this crew, as the engine kept it."""
    found = []
    for part in ("department", "crew"):
        reason = ((routing or {}).get(part) or {}).get("because") or {}
        if reason.get(language):
            found.append(str(reason[language]))
    return found


def cost(considered: Mapping[str, Any], language: Language) -> str:
    """What sending a crew would have cost, and the parts of it that count; "" for old tickets."""
    terms = considered.get("terms") or {}
    parts = [
        f"{TERM_WORDS[name].told(language)} {minutes:.0f}"
        for name, minutes in terms.items() if name in TERM_WORDS and minutes >= _A_PART
    ]  # fmt: skip
    if not terms:
        return ""
    total = words("story.cost", language, minutes=f"{considered['cost_min']:.0f}")
    return joined([total, *parts])


def actions(
    actor: Actor, ticket: Ticket, proposals: Iterable[Proposal], language: Language
) -> list[dict[str, Any]]:
    """What ``actor`` may do now, decisions first, then the next step; for ``Actions``."""
    found = []
    for verb in verbs_for(actor, ticket):
        move = MOVES[ticket.state, verb]
        label = VERB_WORDS[verb].told(language)
        if move.levels:
            label = words("story.propose", language, verb=label)
        one: dict[str, Any] = {
            "key": verb.value, "verb": verb.value, "label": label,
            "needs": [need.value for need in move.needs], "main": verb in _MAIN,
            "proposed": bool(move.levels),
        }  # fmt: skip
        if verb is Verb.SUPERVISE:
            one["supervised"] = not ticket.supervised
            if ticket.supervised:
                one["label"] = words("story.end_supervision", language)
        found.append(one)
    ordered = sorted(found, key=lambda one: (not one["main"], Need.REASON in one["needs"]))
    return _decisions(actor, ticket, proposals, language) + ordered


def _decisions(
    actor: Actor, ticket: Ticket, proposals: Iterable[Proposal], language: Language
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for proposal in proposals:
        for verdict in verdicts_for(actor, proposal, ticket):
            about = VERB_WORDS[proposal.verb].told(language)
            label = words("story.verdict", language, verdict=VERB_WORDS[verdict].told(language),
                          verb=about)  # fmt: skip
            needs = [] if verdict is Verb.WITHDRAW else [Need.REASON.value]
            found.append({
                "key": f"{verdict}:{proposal.proposal_id}", "verb": verdict.value, "label": label,
                "needs": needs, "main": verdict is Verb.APPROVE, "proposal": proposal.proposal_id,
            })  # fmt: skip
    return found


def proposal_told(proposal: Proposal, names: Names, language: Language) -> str:
    """What became of a proposal, in one line."""
    if proposal.outcome is Outcome.PENDING:
        mark = "：" if language == "zh" else ":"
        named = [ROLE_WORDS[one].told(language).partition(mark)[0] for one in proposal.deciders]
        roles = " / ".join(named)
        return words("story.proposal_waits", language, roles=roles)
    who = actor_name(proposal.decided_by or "", names, language)
    return words(f"story.proposal_{proposal.outcome}", language, who=who)


def rating_line(one: Rating, language: Language) -> str:
    """How a resident rated the end, in one line."""
    solved = words("story.rated_solved" if one.solved else "story.rated_unsolved", language)
    satisfied = words(
        "story.rated_content" if one.satisfied else "story.rated_discontent", language
    )
    stars = words("story.rated_stars", language, stars=one.stars)
    return joined([one.report_number, solved, satisfied, stars, one.words])


def titled(row: Any, field: str, language: Language) -> str:
    """``row.<field>_zh`` or ``_en``, whichever the reader wants and the row has."""
    other = "en" if language == "zh" else "zh"
    text = getattr(row, f"{field}_{language}") or getattr(row, f"{field}_{other}") or ""
    return str(text)


def joined(parts: Sequence[str]) -> str:
    """The non-empty parts, with a dot between them."""
    return " · ".join(one for one in parts if one)
