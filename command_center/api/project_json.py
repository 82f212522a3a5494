"""Projects as other programs read them: GeoJSON, and one project with its whole story."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from command_center.api.ticket_json import evidence
from events.model.access import Actor
from events.model.attachment import Attachment
from events.model.ledger import LedgerEntry
from events.model.project_reason import PROJECT_SENTENCES
from events.model.projects.access import verbs_for
from events.model.projects.project import LinkedTicket, Parts, Project, Sample, Source
from events.model.projects.proof import check_list
from events.model.projects.stage import (
    KIND_WORDS,
    METHOD_WORDS,
    Verb,
    stage_words,
    verb_words,
    way_of,
)
from events.model.projects.water import is_worse
from events.model.projects.words import MEASURE_WORDS, SOURCE_WORDS, class_words
from events.model.projects.workflow import MOVES

Json = dict[str, Any]
Names = Mapping[str, Mapping[str, str]]

_TIMES = (
    "opened_at", "updated_at", "stage_at", "rectify_at", "due_at", "overdue_at", "submitted_at",
    "accepted_at", "watch_until", "ended_at",
)  # fmt: skip


def feature(project: Project, now: datetime) -> Json:
    """A project as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": project.number,
        "geometry": {"type": "Point", "coordinates": [project.lon, project.lat]},
        "properties": properties(project, now),
    }


def collection(projects: Iterable[Project], following: int | None, now: datetime) -> Json:
    """A page of projects as a GeoJSON feature collection."""
    return {
        "type": "FeatureCollection",
        "features": [feature(one, now) for one in projects],
        "next_cursor": None if following is None else str(following),
    }


def properties(project: Project, now: datetime) -> Json:
    """What there is to say about a project in one row; times in ISO 8601, UTC."""
    told: Json = {
        "number": project.number,
        "kind": project.kind.value,
        "kind_name": KIND_WORDS[project.kind].as_dict(),
        "stage": project.stage.value,
        "stage_name": stage_words(project.kind, project.stage).as_dict(),
        "version": project.version,
        "name": {"zh": project.name_zh, "en": project.name_en},
        "component": project.component_code,
        "category": project.category_code,
        "cell": project.cell_code,
        "area": {"zh": project.area_name_zh, "en": project.area_name_en},
        "department": project.department_code,
        "department_name": {"zh": project.department_name_zh, "en": project.department_name_en},
        "method": None if project.method is None else project.method.value,
        "method_name": None if project.method is None else METHOD_WORDS[project.method].as_dict(),
        "into": project.into_code,
        "facts": dict(project.facts),
        "cause": project.cause,
        "measures": project.measures,
        "target_class": project.target_class,
        "before_class": project.before_class,
        "after_class": project.after_class,
        "class_reached": _reached(project),
        "result": None if project.result is None else dict(project.result),
        "relapses": project.relapses,
        "late": project.is_late(now),
        "told_level": project.told_level,
        "opened_why": dict(project.opened_why),
    }
    for name in _TIMES:
        at: datetime | None = getattr(project, name)
        told[name] = None if at is None else at.isoformat()
    return told


def _reached(project: Project) -> bool | None:
    """Whether the water is as good as it should become; None while that is not known."""
    aim = project.target_class or project.before_class
    if project.after_class is None or aim is None:
        return None
    return not is_worse(project.after_class, aim)


def story(
    project: Project, parts: Parts, entries: Iterable[LedgerEntry],
    photos: Iterable[Attachment], downstream: Iterable[str], *, actor: Actor, names: Names,
    now: datetime,
) -> Json:  # fmt: skip
    """A project with all that belongs to it; ``verbs``: what ``actor`` may do now.

    ``downstream``: the projects that were traced to this facility.
    """
    return {
        **feature(project, now),
        "verbs": [
            {
                "verb": one.value,
                "name": verb_words(project.kind, one).as_dict(),
                "needs": [
                    need.value for need in MOVES[project.kind, project.stage, one].needs
                ],
            }
            for one in verbs_for(actor, project)
        ],
        "way": [
            {"stage": one.value, "name": stage_words(project.kind, one).as_dict()}
            for one in way_of(project.kind)
        ],
        "missing": [
            {"item": item.guard.value, "met": not item.lacks,
             "lacks": [PROJECT_SENTENCES[one].as_dict() for one in item.lacks]}
            for item in check_list(project, parts, now)
        ],
        "samples": [_sample(one) for one in parts.samples],
        "sources": [_source(one) for one in parts.sources],
        "checks": [
            {"item": one.item, "name": MEASURE_WORDS[one.item].as_dict(), "met": one.met,
             "note": one.note, "at": one.at.isoformat(), "by": one.actor}
            for one in parts.checks
        ],
        "tickets": [_ticket(one) for one in parts.tickets],
        "downstream": list(downstream),
        "evidence": [{**evidence(one), "item": one.item} for one in photos],
        "history": [_entry(project, one, names) for one in entries],
    }  # fmt: skip


def _sample(one: Sample) -> Json:
    return {
        "phase": one.phase,
        "taken_at": one.taken_at.isoformat(),
        "values": dict(one.values),
        "water_class": one.water_class,
        "water_class_name": class_words(one.water_class).as_dict(),
        "standard": one.standard,
        "decided_by": list(one.decided_by),
        "laboratory": one.laboratory,
        "by": one.actor,
    }


def _source(one: Source) -> Json:
    return {
        "id": one.source_id,
        "source": one.source,
        "name": SOURCE_WORDS[one.source].as_dict(),
        "party": one.party,
        "upstream": one.upstream_code,
        "settled_at": None if one.settled_at is None else one.settled_at.isoformat(),
        "settled_by": one.settled_by,
        "settled_note": one.settled_note,
    }


def _ticket(one: LinkedTicket) -> Json:
    return {
        "number": one.number,
        "state": one.state,
        "title": {"zh": one.title_zh, "en": one.title_en},
        "occurred_at": one.occurred_at.isoformat(),
        "linked_at": one.linked_at.isoformat(),
        "linked_by": one.actor,
    }


def _entry(project: Project, entry: LedgerEntry, names: Names) -> Json:
    verb = entry.verb.partition(".")[2]
    known = verb in set(Verb)
    return {
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "actor_name": names.get(entry.actor),
        "verb": entry.verb,
        "verb_name": verb_words(project.kind, Verb(verb)).as_dict() if known else None,
        "from": entry.payload.get("from"),
        "to": entry.payload.get("to"),
        "version": entry.payload.get("version"),
        "why": entry.payload.get("why") or "",
    }
