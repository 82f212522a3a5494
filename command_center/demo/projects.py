"""The demo city's projects: those it begins with, and the people who bring them on."""

import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from command_center.demo.people import CREWS
from command_center.demo.photo import draw_photo
from command_center.demo.project_steps import NextStep, next_step
from command_center.demo.recurrence import recurrence_rules
from command_center.photos.files import PhotoFiles
from events.actions.configure import put_recurrence
from events.actions.projects.act import act_on_project
from events.actions.projects.import_list import Listed, put_listed
from events.actions.projects.move import load_city
from events.actions.projects.relate import relate_ticket
from events.model.access import Scope
from events.model.actor import Actor, Role
from events.model.problems import Refused
from events.model.projects.project import Parts, Project
from events.model.projects.stage import Kind, Method, Stage
from events.model.report import PhotoDraft
from events.model.ticket import Ticket
from events.store import departments
from events.store.projects import parts as part_store
from events.store.projects import rows
from events.store.projects.rows import ProjectQuery
from events.store.search import TicketQuery, search
from grid.model.component import Component, ComponentDraft
from grid.store import components
from grid.store.postgis import reading, transaction
from layers.packs import load_standards

_log = logging.getLogger(__name__)

_TYPES = {
    "stormwater": "town_rain", "sewage_works": "sewage_works", "industrial": "industrial",
    "agricultural": "irrigation",
}  # fmt: skip
# How far the list says that each is, one after the other; how many steps more are made for it.
_OUTFALLS = ("survey", "survey", "survey", "done", "survey", "watch", "survey", "done")
_OUTFALL_STEPS = (0, 1, 3, 0, 5, 0, 9, 0)
_SITES = ("survey", "survey", "survey", "watch")
_SITE_STEPS = (0, 8, 0, 0, 0, 12, 2, 0)
_BEGAN = timedelta(days=40)
_LATELY = timedelta(days=9)
_MOST_TICKETS = 2_000
_SEVERAL = 3
# One of so many projects is left for whoever visits the city.
_FOR_VISITORS = 3
_STEP_EVERY = timedelta(seconds=40)


def begin(engine: Engine, *, data: Path, by: str, now: datetime) -> int:
    """Open the city's projects and bring some of them on (``engine`` works as cc_admin); how many.

    Those who act are the crews' accounts, which are made later.
    """
    with transaction(engine, by) as conn:
        put_recurrence(conn, recurrence_rules(), now=now)
        places = [
            one for one in components.all(conn) if one.kind in ("outfall", "construction_site")
        ]
        city = load_city(conn)
        listed = [_listed(number, one) for number, one in enumerate(places)]
        for number, one in enumerate(listed):
            # what is only just listed is new; what has come far began long ago
            began = now - (_LATELY if _steps(one.kind, number) == 0 else _BEGAN)
            began += timedelta(hours=5 * (number % 40))
            put_listed(conn, [one], now=began, city=city)
        for ticket_id in _to_look_at(search(conn, TicketQuery(limit=_MOST_TICKETS), Scope()).items):
            relate_ticket(conn, ticket_id, now=now, city=city)
        offices = {one.code: one.department_id for one in departments.all(conn)}
        projects = rows.find(conn, ProjectQuery(now=now, limit=1_000), Scope())
    area_id = projects[0].area_path[0] if projects else 0
    leads = {one.department: one.code.lower() for one in reversed(CREWS) if one.simulated}
    team = {
        number: Actor(kind="account", name=f"crew.{leads[code]}", role=Role.FIELD,
                      department_id=number, area_id=area_id)
        for code, number in offices.items() if code in leads
    }  # fmt: skip
    worker = ProjectWorker(engine, PhotoFiles(data), team, ())
    for project in projects:
        _bring_on(worker, project, now=now)
    return len(projects)


def _to_look_at(tickets: Sequence[Ticket]) -> list[int]:
    """One ticket of each facility where a family came several times, and those along the streets
    that may recur in neighbouring cells."""
    at_facility: dict[tuple[str, int], list[int]] = {}
    along_streets = []
    for one in tickets:
        if one.component_id is not None:
            at_facility.setdefault((one.family, one.component_id), []).append(one.ticket_id)
        elif one.family in ("garbage", "road"):
            along_streets.append(one.ticket_id)
    several = [max(ids) for ids in at_facility.values() if len(ids) >= _SEVERAL]
    return sorted([*several, *along_streets])


def _bring_on(worker: "ProjectWorker", project: Project, *, now: datetime) -> None:
    """Make the steps that were made before the city was shown."""
    if project.kind is Kind.ROOT_CAUSE:
        steps = 2 if project.project_id % 2 else 0
    else:
        steps = _steps(project.kind, project.project_id - 1)
    since = project.opened_at
    for step in range(steps):
        at = since + (now - since) * (step + 1) / (steps + 1)
        if not worker.step(project.project_id, now=at):
            return


def _steps(kind: Kind, number: int) -> int:
    steps = _OUTFALL_STEPS if kind is Kind.OUTFALL else _SITE_STEPS
    return steps[number % len(steps)]


def _listed(number: int, place: Component) -> Listed:
    site = place.kind == "construction_site"
    stages = _SITES if site else _OUTFALLS
    stage = Stage(stages[number % len(stages)])
    facts = {} if site else _facts(place)
    over = stage in (Stage.WATCH, Stage.DONE)
    sea = facts.get("water") == "sea"
    listed = Listed(
        component=ComponentDraft(
            code=place.code, kind=place.kind, name_zh=place.name_zh, name_en=place.name_en,
            lon=place.lon, lat=place.lat,
        ),
        kind=Kind.SITE if site else Kind.OUTFALL,
        department=_owner(number, place), facts=facts, stage=stage,
    )  # fmt: skip
    if site:
        return listed
    return replace(
        listed,
        target_class="3" if sea else "IV",
        before_class=("4-" if sea else "V-") if over else None,
        after_class=("2" if sea else "III") if over else None,
        method=Method.REGULATE if over else None,
    )


def _owner(number: int, place: Component) -> str:
    """As the registry says; what is dumped at some outfalls is the city management's matter."""
    if place.kind == "outfall" and number % 7 == 3:
        return "city_management"
    return place.owner_department or "ecology"


def _facts(place: Component) -> dict[str, str]:
    water = str(place.attributes.get("receives", ""))
    kind = str(place.attributes.get("outfall_type", ""))
    name = place.name_zh.partition("号")[0].rstrip("0123456789")
    return {
        "type": _TYPES.get(kind, "other"),
        "water": "sea" if water == "sea" else "surface",
        "receives": "澄湾 Chengwan Bay" if water == "sea" else name,
    }


class ProjectWorker:
    """People who bring projects on: field staff by department, and verifiers."""

    def __init__(
        self,
        engine: Engine,
        photos: PhotoFiles,
        owners: Mapping[int, Actor],
        verifiers: Sequence[Actor],
    ) -> None:
        self._engine = engine
        self._photos = photos
        self._owners = owners
        self._verifiers = verifiers
        self._next_at: datetime | None = None

    def turn(self, now: datetime, speed: float) -> None:
        """Make one step now and then, at the project that waits longest."""
        if self._next_at is not None and now < self._next_at:
            return
        self._next_at = now + _STEP_EVERY / speed
        with reading(self._engine) as conn:
            found = rows.find(conn, ProjectQuery(now=now, live=True, limit=500), Scope())
        ours = [one for one in found if one.project_id % _FOR_VISITORS]
        for project in sorted(ours, key=lambda one: one.updated_at):
            if self.step(project.project_id, now=now):
                return

    def step(self, project_id: int, *, now: datetime) -> bool:
        """Make the next step at a project; False where there is none for these people."""
        with reading(self._engine) as conn:
            project = rows.by_id(conn, project_id)
            parts = part_store.of_project(conn, project_id)
        chosen = next_step(project, parts, now)
        actor = None if chosen is None else self._actor(project, chosen)
        if chosen is None or actor is None:
            return False
        return self._do(project, parts, chosen, actor, now)

    def _actor(self, project: Project, step: NextStep) -> Actor | None:
        if step.by == "owner":
            return self._owners.get(project.department_id)
        others = [one for one in self._verifiers if one.key != project.submitted_by]
        return others[project.project_id % len(others)] if others else None

    def _do(
        self, project: Project, parts: Parts, step: NextStep, actor: Actor, now: datetime
    ) -> bool:
        photos = self._pictures(project, parts, now) if step.photos else ()
        try:
            act_on_project(
                self._engine, project.number, step.verb, by=actor, version=project.version,
                now=now, why=step.why, photos=photos, standards=load_standards(), **step.given,
            )  # fmt: skip
        except Refused as refused:
            # Somebody real was faster, or something is missing: look again another time.
            self._photos.forget(photos)
            _log.info("%s %s: %s", project.number, step.verb, refused)
            return False
        return True

    def _pictures(self, project: Project, parts: Parts, now: datetime) -> tuple[PhotoDraft, ...]:
        """Drawn pictures of the same place: from after, and from before where none is there."""
        family = "discharge" if project.kind is Kind.OUTFALL else "dust"
        kinds = (
            ["after"] if any(one.kind == "before" for one in parts.photos) else ["before", "after"]
        )
        drawn = [
            (kind, draw_photo(family, solved=kind == "after", seed=project.project_id))
            for kind in kinds
        ]
        kept = [self._photos.keep(io.BytesIO(picture), kind=kind) for kind, picture in drawn]
        return tuple(replace(one, taken_at=now, lon=project.lon, lat=project.lat) for one in kept)
