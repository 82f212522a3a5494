"""Photos, as we re-encoded them; never as they came."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from command_center.access.context import logged_in
from command_center.errors import Missing
from command_center.photos.worker import PhotoWorker
from command_center.services import Services
from events.model.access import Actor, Permission, allowed, in_scope
from events.model.projects.access import in_scope as sees_project
from events.store import attachments, events, tickets
from events.store.projects import rows
from grid.store.postgis import reading


def router(services: Services, photos: PhotoWorker) -> APIRouter:
    """The route /attachments/{attachment_id}."""
    routes = APIRouter(tags=["tickets"])

    @routes.get("/attachments/{attachment_id}", summary="A photo (JPEG)")
    def get_attachment(attachment_id: UUID) -> Response:
        if not _may_see(services, logged_in(), attachment_id):
            raise Missing
        path = photos.files.ready(attachment_id)
        if not path.is_file():
            raise Missing
        return FileResponse(
            path,
            media_type="image/jpeg",
            headers={"Cache-Control": "private, max-age=86400", "Content-Disposition": "inline"},
        )

    return routes


def _may_see(services: Services, actor: Actor, attachment_id: UUID) -> bool:
    with reading(services.engine) as conn:
        found = attachments.by_id(conn, attachment_id)
        if found is None or found.state != "ready":
            return False
        project_id = attachments.project_of(conn, attachment_id)
        if project_id is not None:
            return sees_project(actor, rows.by_id(conn, project_id))
        ticket_id = attachments.holder(conn, attachment_id)
        if ticket_id is None:
            # its report waits for a ticket; whoever files may look
            inside = actor.area_id in events.area_path(conn, found.area_id)
            return inside and allowed(actor, Permission.VIEW_DESK)
        return in_scope(actor, tickets.by_id(conn, ticket_id))
