"""What must be proven before a project goes on: the check-list of its next stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from events.model.project_reason import ProjectReason
from events.model.projects.project import MEASURES
from events.model.projects.stage import Kind, Method, Verb
from events.model.projects.water import is_worse
from events.model.projects.workflow import MOVES, Guard, Move
from events.model.proof import PhotoProof, place_and_time
from events.model.refusal import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from events.model.projects.project import Parts, Photo, Project


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A project with its parts, at an instant; ``by_asking``: the move only asks for acceptance."""

    project: Project
    parts: Parts
    now: datetime
    by_asking: bool


def lacking(move: Move, project: Project, parts: Parts, now: datetime) -> tuple[Refusal, ...]:
    """All that stands against a move; empty when everything is there."""
    subject = Subject(project=project, parts=parts, now=now, by_asking=move.verb is Verb.SUBMIT)
    reasons = (reason for guard in move.guards for reason in _GUARDS[guard](subject))
    return tuple(Refusal(reason=one, field=str(one)) for one in reasons)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A line of the check-list; ``lacks`` is empty when it is met."""

    guard: Guard
    lacks: tuple[ProjectReason, ...]


# What leads a project on, in each kind and stage.
AHEAD = (Verb.SURVEY, Verb.MONITOR, Verb.TRACE, Verb.CARRY_OUT, Verb.SUBMIT, Verb.ACCEPT,
         Verb.FINISH)  # fmt: skip


def next_move(project: Project) -> Move | None:
    """The move that leads the project on; None where it is over, or only waits for a decision."""
    rows = (MOVES.get((project.kind, project.stage, verb)) for verb in AHEAD)
    return next((one for one in rows if one is not None), None)


def check_list(project: Project, parts: Parts, now: datetime) -> tuple[Item, ...]:
    """What the next stage asks for, and what of it is there."""
    move = next_move(project)
    if move is None:
        return ()
    subject = Subject(project=project, parts=parts, now=now, by_asking=move.verb is Verb.SUBMIT)
    return tuple(
        Item(guard=guard, lacks=tuple(_GUARDS[guard](subject)))
        for guard in move.guards
        if guard is not Guard.NOT_WHO_ASKED and _asked_for(guard, project)
    )


def _asked_for(guard: Guard, project: Project) -> bool:
    """Whether a guard says anything here: what is abolished or merged lets nothing out."""
    of_water = guard in (Guard.SAMPLED_AFTER, Guard.CLASS_REACHED)
    return not of_water or _flows_on(project)


def _flows_on(project: Project) -> bool:
    """Whether water still comes out afterwards; where no method is known, it does."""
    return project.method not in (Method.ABOLISH, Method.MERGE)


Reasons = list[ProjectReason]
_NEEDED_PHOTOS = (
    ("before", ProjectReason.NEEDS_PHOTO_BEFORE), ("after", ProjectReason.NEEDS_PHOTO_AFTER),
)  # fmt: skip
# How near a photo is taken (a site is large), and how wrong a clock may be.
GEOFENCE_M: Mapping[Kind, float] = {Kind.OUTFALL: 200.0, Kind.SITE: 500.0}
_SLIP = timedelta(minutes=15)
_KNOWN_WRONG = {
    Reason.PHOTO_FAR: ProjectReason.PHOTO_FAR,
    Reason.PHOTO_OTHER_TIME: ProjectReason.PHOTO_OTHER_TIME,
}


def _nothing(_subject: Subject) -> Reasons:
    return []


def _sampled_before(subject: Subject) -> Reasons:
    there = any(one.phase == "before" for one in subject.parts.samples)
    return [] if there else [ProjectReason.SAMPLE_BEFORE]


def _sources_known(subject: Subject) -> Reasons:
    return [] if subject.parts.sources else [ProjectReason.SOURCES_UNKNOWN]


def _sources_settled(subject: Subject) -> Reasons:
    open_ones = [one for one in subject.parts.sources if one.settled_at is None]
    return [ProjectReason.SOURCES_UNSETTLED] if open_ones else []


def _checked(subject: Subject) -> Reasons:
    seen = {one.item for one in subject.parts.checks}
    return [] if seen >= set(MEASURES) else [ProjectReason.ITEMS_UNCHECKED]


def _checks_met(subject: Subject) -> Reasons:
    met = {one.item for one in subject.parts.checks if one.met}
    return [] if met >= set(MEASURES) else [ProjectReason.ITEMS_UNMET]


def _photos(subject: Subject) -> Reasons:
    """Who asks cannot wait for photos to be decoded; who accepts has seen them.

    What a photo says of place and time must not be wrong. One that says nothing is taken: those
    who answer for it send what they were given, and nobody can vouch for a project.
    """
    found: Reasons = []
    shown: list[PhotoProof] = []
    for kind, missing in _NEEDED_PHOTOS:
        best = _best_photo(subject, kind)
        if best is None:
            found.append(missing)
        else:
            shown.append(best)
    wrong = [_KNOWN_WRONG.get(check.lacks) for check in place_and_time(shown) if check.lacks]
    return [*found, *(one for one in wrong if one is not None)]


def _best_photo(subject: Subject, kind: str) -> PhotoProof | None:
    """The photo of a kind of which least is known to be wrong, the newest of those."""
    states = ("ready", "waiting") if subject.by_asking else ("ready",)
    since = subject.project.rectify_at if kind == "after" else None
    found = [
        one for one in subject.parts.photos
        if one.kind == kind and one.state in states and (since is None or one.created_at >= since)
    ]  # fmt: skip
    ranked = [(_proof_of(one, subject.project, since), one.created_at) for one in found]
    best = max(ranked, key=lambda one: (not _is_wrong(one[0]), one[1]), default=None)
    return None if best is None else best[0]


def _proof_of(photo: Photo, project: Project, since: datetime | None) -> PhotoProof:
    taken = photo.taken_at
    return PhotoProof(
        kind=photo.kind,
        state=photo.state,
        has_place=photo.away_m is not None,
        is_placed=photo.away_m is not None and photo.away_m <= GEOFENCE_M[project.kind],
        has_time=taken is not None,
        is_timed=taken is not None
        and (since is None or taken >= since - _SLIP)
        and taken <= photo.created_at + _SLIP,
    )


def _is_wrong(photo: PhotoProof) -> bool:
    far = photo.has_place and not photo.is_placed
    return far or (photo.has_time and not photo.is_timed)


def _sampled_after(subject: Subject) -> Reasons:
    project = subject.project
    missing = _flows_on(project) and project.after_class is None
    return [ProjectReason.SAMPLE_AFTER] if missing else []


def _class_reached(subject: Subject) -> Reasons:
    """As good as its target; where none was set, at least no worse than before."""
    project = subject.project
    after, aim = project.after_class, project.target_class or project.before_class
    if not _flows_on(project) or after is None or aim is None:
        return []
    return [ProjectReason.CLASS_NOT_REACHED] if is_worse(after, aim) else []


def _tickets_closed(subject: Subject) -> Reasons:
    quiet = [one for one in subject.parts.tickets if one.is_open and not one.waits_for_sensors]
    return [ProjectReason.TICKETS_OPEN] if quiet else []


def _sensors_quiet(subject: Subject) -> Reasons:
    loud = any(one.waits_for_sensors for one in subject.parts.tickets)
    return [ProjectReason.SENSORS_LOUD] if loud else []


def _watched(subject: Subject) -> Reasons:
    until = subject.project.watch_until
    return [ProjectReason.STILL_WATCHED] if until is not None and subject.now < until else []


def _reduced(subject: Subject) -> Reasons:
    result = subject.project.result or {}
    good = bool(result) and result["after"] <= result["target"]
    return [] if good else [ProjectReason.NOT_REDUCED]


_GUARDS: Mapping[Guard, Callable[[Subject], Reasons]] = {
    Guard.NOT_WHO_ASKED: _nothing,
    Guard.SAMPLED_BEFORE: _sampled_before,
    Guard.SOURCES_KNOWN: _sources_known,
    Guard.CHECKED: _checked,
    Guard.PHOTOS: _photos,
    Guard.SOURCES_SETTLED: _sources_settled,
    Guard.SAMPLED_AFTER: _sampled_after,
    Guard.CHECKS_MET: _checks_met,
    Guard.CLASS_REACHED: _class_reached,
    Guard.TICKETS_CLOSED: _tickets_closed,
    Guard.SENSORS_QUIET: _sensors_quiet,
    Guard.WATCHED: _watched,
    Guard.REDUCED: _reduced,
}
