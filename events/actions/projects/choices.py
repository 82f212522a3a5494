"""What was given with a project's verb, checked: which columns it changes, what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from events.model.access import in_scope as sees_ticket
from events.model.problems import Incomplete
from events.model.project_reason import ProjectReason
from events.model.projects.given import LONGEST_TEXT, MOST_DAYS
from events.model.projects.project import MEASURES, OUTFALL_TYPES, SOURCES, WATERS, SampleDraft
from events.model.projects.recurrence import rate, rule_for
from events.model.projects.stage import Kind, Method, Stage, Verb
from events.model.projects.water import classify, is_class, standard_at
from events.model.refusal import Reason, Refusal
from events.store import departments, tickets
from events.store.projects import parts, relate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from events.actions.projects.move import ProjectCity
    from events.model.actor import Actor
    from events.model.projects.given import ProjectGiven
    from events.model.projects.project import Project
    from events.model.projects.water import Standard

MOST_PH = 14.0
# No sample is older: a year that is before this is a slip.
FIRST_SAMPLE = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectStep:
    """A verb that somebody does to a project, with all that was given."""

    conn: Connection
    project: Project
    verb: Verb
    by: Actor
    now: datetime
    why: str
    given: ProjectGiven
    city: ProjectCity
    standards: tuple[Standard, ...]
    photos: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Columns that the move sets, and what the ledger tells beside them."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)


def choose(step: ProjectStep) -> Choice:
    """Check what was given, and write what belongs to the project. Raises Incomplete."""
    key = (step.project.kind, step.verb)
    chooser = _OF_KIND.get(key) or _CHOOSERS.get(step.verb)
    return Choice() if chooser is None else chooser(step)


def incomplete(reason: ProjectReason | Reason, name: str) -> Incomplete:
    """The refusal of a field."""
    return Incomplete(Refusal(reason=reason, field=name))


def text_of(value: str | None, missing: ProjectReason, name: str) -> str:
    """A text that must be there, of a length that can be kept."""
    text = (value or "").strip()
    if not text:
        raise incomplete(missing, name)
    if len(text) > LONGEST_TEXT:
        raise incomplete(Reason.TEXT_TOO_LONG, name)
    return text


def survey_facts(
    facts: Mapping[str, Any], given: ProjectGiven, target_class: str | None
) -> tuple[dict[str, Any], str]:
    """What is known of an outfall with what was given now, and its target class."""
    outfall_type = given.outfall_type or facts.get("type")
    if outfall_type not in OUTFALL_TYPES:
        raise incomplete(ProjectReason.UNKNOWN_TYPE, "outfall_type")
    water = given.water or facts.get("water")
    if water not in WATERS:
        raise incomplete(ProjectReason.UNKNOWN_WATER, "water")
    target = given.target_class or target_class
    if target is None or not is_class(target, water):
        raise incomplete(ProjectReason.UNKNOWN_CLASS, "target_class")
    receives = str(given.receives or facts.get("receives") or "").strip()[:200]
    return {**facts, "type": outfall_type, "water": water, "receives": receives}, target


def _survey(step: ProjectStep) -> Choice:
    facts, target = survey_facts(step.project.facts, step.given, step.project.target_class)
    return Choice(changes={"facts": facts, "target_class": target})


def _trace(step: ProjectStep) -> Choice:
    try:
        method = Method(step.given.method or "")
    except ValueError:
        raise incomplete(ProjectReason.UNKNOWN_METHOD, "method") from None
    into_id = None
    if method is Method.MERGE:
        into_id = component_id(step.conn, step.given.into, "into", missing=True)
        if into_id == step.project.component_id:
            raise incomplete(ProjectReason.INTO_MISSING, "into")
    return Choice(changes={"method": method, "into_id": into_id})


def component_id(
    conn: Connection, code: str | None, name: str, *, missing: bool = False
) -> int | None:
    """The id of a facility by its code; ``missing``: there must be one."""
    text = (code or "").strip()
    if not text:
        if missing:
            raise incomplete(ProjectReason.INTO_MISSING, name)
        return None
    found = parts.component(conn, text[:64])
    if found is None:
        raise incomplete(ProjectReason.NO_SUCH_COMPONENT, name)
    return found[0]


def _analyse(step: ProjectStep) -> Choice:
    project = step.project
    cause = text_of(step.given.cause, ProjectReason.CAUSE_MISSING, "cause")
    measures = text_of(step.given.measures, ProjectReason.MEASURES_MISSING, "measures")
    rule = rule_for(step.city.recurrence, project.category_code or "", project.family or "")
    share = step.given.reduce_to
    if share is None:
        share = 0.5 if rule is None else rule.reduce_to
    if not isfinite(share) or not 0 <= share < 1:
        raise incomplete(ProjectReason.BAD_SHARE, "reduce_to")
    before = float(project.opened_why.get("rate", 0.0))
    result = {"before": before, "target": round(before * share, 2)}
    return Choice(changes={"cause": cause, "measures": measures, "result": result})


def _judge(step: ProjectStep) -> Choice:
    """How often it came in the time that was observed, beside how often before."""
    project = step.project
    rule = rule_for(step.city.recurrence, project.category_code or "", project.family or "")
    around = rule is not None and rule.around == "neighbours"
    place = relate.place_of_project(step.conn, project, neighbours=around)
    found = relate.same(step.conn, project.family or "", rule, place, since=project.stage_at)
    count = len(found)
    after = rate(count, project.stage_at, step.now)
    return Choice(changes={"result": {**(project.result or {}), "after": after, "count": count}})


def _sample(step: ProjectStep) -> Choice:
    draft = _sample_draft(step)
    water = step.project.facts.get("water") or step.given.water or ""
    standard = standard_at(step.standards, water, step.city.day(draft.taken_at))
    if standard is None:
        raise incomplete(ProjectReason.NO_STANDARD, "values")
    for name, value in draft.values.items():
        if name not in standard.bounds:
            raise incomplete(ProjectReason.UNKNOWN_SUBSTANCE, f"values.{name}")
        if not isfinite(value) or value < 0 or (name == "ph" and value > MOST_PH):
            raise incomplete(ProjectReason.BAD_VALUE, f"values.{name}")
    found = classify(draft.values, standard)
    sample_id = parts.add_sample(step.conn, step.project.project_id, draft, found, now=step.now)
    told = {"id": sample_id, "phase": draft.phase, "taken_at": draft.taken_at,
            "values": dict(draft.values), "class": found.water_class,
            "standard": found.standard}  # fmt: skip
    # a list may have brought an outfall whose survey is over without saying where it flows
    changes: dict[str, Any] = {"facts": {**step.project.facts, "water": water}}
    if draft.phase != "watch":
        changes[f"{draft.phase}_class"] = found.water_class
    return Choice(changes=changes, told={"sample": told})


def _sample_draft(step: ProjectStep) -> SampleDraft:
    given, project = step.given, step.project
    if not given.values:
        raise incomplete(ProjectReason.VALUES_MISSING, "values")
    phase = "before"
    if project.stage in (Stage.RECTIFY, Stage.ACCEPT):
        phase = "after"
    elif project.stage is Stage.WATCH:
        phase = "watch"
    taken_at = given.taken_at
    since = {"after": project.rectify_at, "watch": project.accepted_at}.get(phase)
    if taken_at is None or not (since or FIRST_SAMPLE) <= taken_at <= step.now:
        raise incomplete(ProjectReason.TAKEN_AT, "taken_at")
    return SampleDraft(phase=phase, taken_at=taken_at, values=given.values,
                       laboratory=(given.laboratory or "").strip()[:200])  # fmt: skip


def _source(step: ProjectStep) -> Choice:
    given = step.given
    if given.source not in SOURCES:
        raise incomplete(ProjectReason.UNKNOWN_SOURCE, "source")
    party = text_of(given.party, ProjectReason.PARTY_MISSING, "party")[:300]
    upstream = component_id(step.conn, given.upstream, "upstream")
    if upstream is not None and upstream == step.project.component_id:
        raise incomplete(ProjectReason.NO_SUCH_COMPONENT, "upstream")
    source_id = parts.add_source(step.conn, step.project.project_id, source=given.source,
                                 party=party, upstream_id=upstream, now=step.now)  # fmt: skip
    told = {"id": source_id, "source": given.source, "party": party, "upstream": upstream,
            "settled": False}  # fmt: skip
    return Choice(told={"source": told})


def _settle(step: ProjectStep) -> Choice:
    source_id = step.given.settles or 0
    if not parts.settle(step.conn, step.project.project_id, source_id, note=step.why, now=step.now):
        raise incomplete(ProjectReason.NO_SUCH_SOURCE, "settles")
    return Choice(told={"source": {"id": source_id, "settled": True}})


def _check(step: ProjectStep) -> Choice:
    item, met = step.given.item, step.given.met
    if item not in MEASURES or met is None:
        raise incomplete(ProjectReason.UNKNOWN_ITEM, "item")
    parts.check(step.conn, step.project.project_id, item, met=met, note=step.why, now=step.now)
    return Choice(told={"check": {"item": item, "met": met}})


def _evidence(step: ProjectStep) -> Choice:
    if not step.photos:
        raise incomplete(ProjectReason.PHOTOS_MISSING, "photos")
    return Choice(told={"photos": step.photos})


def _assign(step: ProjectStep) -> Choice:
    code = step.given.department
    if not code:
        raise incomplete(Reason.DEPARTMENT_MISSING, "department")
    found = departments.id_of(step.conn, code)
    if found is None:
        raise incomplete(Reason.UNKNOWN_DEPARTMENT, "department")
    return Choice(changes={"department_id": found})


def _extend(step: ProjectStep) -> Choice:
    days = step.given.days or 0
    if not 1 <= days <= MOST_DAYS:
        raise incomplete(ProjectReason.DAYS, "days")
    due_at = max(step.project.due_at or step.now, step.now) + timedelta(days=days)
    return Choice(changes={"due_at": due_at, "overdue_at": None, "told_level": 0},
                  told={"days": days})  # fmt: skip


def _link(step: ProjectStep) -> Choice:
    ticket = _ticket(step)
    linked = parts.link(step.conn, step.project.project_id, [ticket[0]],
                        {"by": "hand", "why": step.why}, now=step.now)  # fmt: skip
    if not linked:
        raise incomplete(ProjectReason.TICKET_LINKED, "ticket")
    return Choice(told={"tickets": [{"number": ticket[1], "linked": True}]})


def _unlink(step: ProjectStep) -> Choice:
    ticket = _ticket(step)
    if not parts.unlink(step.conn, step.project.project_id, ticket[0], why=step.why, now=step.now):
        raise incomplete(ProjectReason.TICKET_NOT_LINKED, "ticket")
    return Choice(told={"tickets": [{"number": ticket[1], "linked": False}]})


def _ticket(step: ProjectStep) -> tuple[int, str]:
    ticket = tickets.by_number(step.conn, (step.given.ticket or "")[:64])
    if ticket is None or not sees_ticket(step.by, ticket):
        raise incomplete(Reason.NO_SUCH_TICKET, "ticket")
    return ticket.ticket_id, ticket.number


_CHOOSERS: Mapping[Verb, Callable[[ProjectStep], Choice]] = {
    Verb.SAMPLE: _sample,
    Verb.SOURCE: _source,
    Verb.SETTLE: _settle,
    Verb.CHECK: _check,
    Verb.EVIDENCE: _evidence,
    Verb.ASSIGN: _assign,
    Verb.EXTEND: _extend,
    Verb.LINK: _link,
    Verb.UNLINK: _unlink,
}
# Verbs that ask for something else in each kind.
_OF_KIND: Mapping[tuple[Kind, Verb], Callable[[ProjectStep], Choice]] = {
    (Kind.OUTFALL, Verb.SURVEY): _survey,
    (Kind.OUTFALL, Verb.TRACE): _trace,
    (Kind.ROOT_CAUSE, Verb.TRACE): _analyse,
    (Kind.ROOT_CAUSE, Verb.SUBMIT): _judge,
}
