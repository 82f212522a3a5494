"""The HTTP API: one file per subject."""

from fastapi import APIRouter

from command_center.access.sessions import Sessions
from command_center.api import (
    attachments,
    cells,
    city,
    clusters,
    configuration,
    device_imports,
    devices,
    evaluation,
    field,
    health,
    past,
    places,
    projects,
    quarantine,
    readings,
    reports,
    screen,
    search,
    tickets,
    tiles,
    trend,
    wall_socket,
    warnings,
)
from command_center.live.hub import Hub
from command_center.photos.worker import PhotoWorker
from command_center.services import Services


def routers(
    services: Services, sessions: Sessions, hub: Hub, photos: PhotoWorker
) -> list[APIRouter]:
    """The routes of every subject."""
    return [
        city.router(services),
        places.router(services),
        search.router(services),
        cells.router(services),
        trend.router(services),
        screen.router(services),
        reports.router(services, photos),
        clusters.router(services),  # (before a ticket by its number)
        tickets.router(services, photos),
        projects.router(services, photos),
        field.router(services),
        attachments.router(services, photos),
        readings.router(services),
        past.router(services),
        configuration.router(services),
        devices.router(services),
        device_imports.router(services),
        quarantine.router(services),
        evaluation.router(services),
        health.router(services, hub),
        tiles.router(services),
        warnings.router(services),
        wall_socket.router(hub, sessions),
    ]
