"""Projects: found, opened, read whole, acted upon."""

from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, Json

from command_center.access.context import logged_in
from command_center.api import project_json as views
from command_center.api.tickets import actor_names
from command_center.api.uploads import (
    PhotoFacts,
    checked,
    forget_unknown,
    is_form,
    keep_photos,
    read_form,
    read_json,
    texts_of,
    with_facts,
)
from command_center.errors import Invalid, Missing
from command_center.photos.files import PhotoFiles
from command_center.photos.worker import PhotoWorker
from command_center.services import Services
from events.actions.projects.act import act_on_project, open_by_hand
from events.model.access import Actor, scope
from events.model.problems import Refused
from events.model.projects.access import in_scope
from events.model.projects.project import Project
from events.model.projects.stage import Kind, Stage
from events.model.report import PhotoDraft
from events.store import attachments, departments, ledger
from events.store.projects import parts, rows
from grid.store.postgis import reading
from layers.packs import load_standards

Text = Annotated[str | None, Field(max_length=4_000)]
Code = Annotated[str | None, Field(max_length=64)]
Values = dict[Annotated[str, Field(max_length=64)], FiniteFloat]


class OpenIn(BaseModel):
    """A project to be opened: the facility by its code; its owner, where no department is named."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    kind: Annotated[str, Field(max_length=32)]
    component: Annotated[str, Field(max_length=64)]
    department: Code = None
    why: Annotated[str, Field(max_length=4_000)] = ""


class ProjectActionIn(BaseModel):
    """An action on a project: ``version`` is the one that was seen; ``why`` reason or note.

    Which fields a verb needs: `verbs` of the project, and docs/rectification.md.
    """

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    verb: Annotated[str, Field(max_length=32)]
    version: Annotated[int, Field(ge=1, le=2_000_000_000)]
    why: Annotated[str, Field(max_length=4_000)] = ""
    outfall_type: Code = None
    receives: Annotated[str | None, Field(max_length=200)] = None
    water: Code = None
    target_class: Code = None
    method: Code = None
    into: Code = None
    cause: Text = None
    measures: Text = None
    reduce_to: FiniteFloat | None = None
    values: Annotated[Values | None, Field(max_length=40)] = None
    taken_at: AwareDatetime | None = None
    laboratory: Annotated[str | None, Field(max_length=200)] = None
    source: Code = None
    party: Annotated[str | None, Field(max_length=300)] = None
    upstream: Code = None
    settles: Annotated[int | None, Field(ge=1, le=2**62)] = None
    item: Code = None
    met: bool | None = None
    department: Code = None
    days: Annotated[int | None, Field(ge=-1_000, le=10_000)] = None
    ticket: Code = None


class ProjectFormIn(ProjectActionIn):
    """The same as a form beside photos: ``values`` is JSON there."""

    values: Json[Annotated[Values, Field(max_length=40)]] | None = None


def router(services: Services, photos: PhotoWorker) -> APIRouter:
    """The routes /api/v1/projects, /api/v1/projects/{number} and its actions."""
    routes = APIRouter(prefix="/api/v1", tags=["projects"])

    @routes.get("/projects", summary="Projects as GeoJSON, the most urgent first")
    def get_projects(
        kind: Kind | None = None,
        stage: Annotated[list[Stage] | None, Query()] = None,
        *,
        department: Annotated[str | None, Query(max_length=64)] = None,
        component: Annotated[str | None, Query(max_length=64)] = None,
        show: Literal["live", "late", "over", "all"] = "all",
        cursor: Annotated[str | None, Query(max_length=9)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        if cursor is not None and not cursor.isdecimal():
            raise Invalid(("cursor", "errors.bad_cursor"))
        first = int(cursor or 0)
        with reading(services.engine) as conn:
            owner = None
            if department is not None:
                owner = departments.id_of(conn, department) or -1
            query = rows.ProjectQuery(
                now=services.now(), kind=kind, stages=stage, department_id=owner,
                live={"live": True, "over": False}.get(show), late=show == "late",
                component_code=component, first=first, limit=limit + 1,
            )  # fmt: skip
            found = rows.find(conn, query, scope(logged_in()))
        following = first + limit if len(found) > limit else None
        return views.collection(found[:limit], following, services.now())

    @routes.get("/projects/{number}", summary="A project with all that belongs to it")
    def get_project(number: str) -> dict[str, Any]:
        return read_project(services, number, logged_in())

    @routes.post("/projects", summary="Open the rectification of an outfall or a site")
    def post_project(sent: OpenIn) -> dict[str, Any]:
        project = open_by_hand(
            services.engine, sent.kind, sent.component, sent.department, by=logged_in(),
            why=sent.why, now=services.now(),
        )  # fmt: skip
        return views.feature(project, services.now())

    @routes.post(
        "/projects/{number}/actions",
        summary="Act on a project; 409 with its current state when the version is old",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ProjectActionIn.model_json_schema()}},
            }
        },
    )
    async def post_action(
        number: str,
        request: Request,
        idempotency_key: Annotated[str | None, Header(max_length=128)] = None,
    ) -> dict[str, Any]:
        actor = logged_in()
        kept: tuple[PhotoDraft, ...] = ()
        if is_form(request):
            async with read_form(request) as form:
                sent: ProjectActionIn = checked(ProjectFormIn, texts_of(form))
                facts = checked(PhotoFacts, texts_of(form))
                kept = await keep_photos(form, photos.files, kind="other")
                kept = with_facts(kept, facts, now=services.now())
        else:
            sent = checked(ProjectActionIn, await read_json(request))
        project = await to_thread.run_sync(
            lambda: _act(
                services, photos.files, number, sent, kept=kept, key=idempotency_key, actor=actor
            )
        )
        if kept:
            photos.wake()
        return views.feature(project, services.now())

    return routes


def read_project(services: Services, number: str, actor: Actor) -> dict[str, Any]:
    """One project as JSON values. Raises Missing when there is none that ``actor`` may see."""
    with reading(services.engine) as conn:
        project = rows.by_number(conn, number[:64])
        if project is None or not in_scope(actor, project):
            raise Missing
        below = project.component_id
        return views.story(
            project,
            parts.of_project(conn, project.project_id),
            ledger.of_object(conn, "project", project.number),
            attachments.of_project(conn, project.project_id),
            () if below is None else parts.downstream(conn, below),
            actor=actor,
            names=actor_names(conn),
            now=services.now(),
        )


def _act(
    services: Services,
    files: PhotoFiles,
    number: str,
    sent: ProjectActionIn,
    *,
    kept: tuple[PhotoDraft, ...],
    key: str | None,
    actor: Actor,
) -> Project:
    given = sent.model_dump(exclude={"verb", "version", "why"})
    try:
        project = act_on_project(
            services.engine, number[:64], sent.verb, by=actor, version=sent.version,
            now=services.now(), key=key, why=sent.why, photos=kept,
            standards=load_standards(), **given,
        )  # fmt: skip
    except Refused:
        files.forget(kept)
        raise
    forget_unknown(services.engine, files, kept)
    return project
