"""What the wall is sent: devices, tickets and events as plain JSON values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from events.model.event import Event
from events.model.projects.project import Project
from events.model.projects.stage import Stage
from events.model.ticket import Ticket, light, yellow_at
from iot_ingest.model.device import Device
from iot_ingest.store.readings import Latest

Json = dict[str, Any]


def device_json(device: Device) -> Json:
    """A device as it is registered; level, online and values come with its readings."""
    return {
        "id": device.device_no,
        "device_id": device.device_id,
        "layer": device.layer,
        "model": device.model,
        "lon": round(device.lon, 6),
        "lat": round(device.lat, 6),
        "name_zh": device.name_zh,
        "name_en": device.name_en,
        "metrics": list(device.metrics),
        "interval_s": device.interval_s,
        "level": 0,
        "online": False,
        "values": {},
    }


def value_json(latest: Latest) -> list[Any]:
    """``[ts in ms since 1970, value, flag]``."""
    return [int(latest.ts.timestamp() * 1000), latest.value, latest.flag]


def ticket_json(ticket: Ticket, now: datetime) -> Json:
    """An open ticket as the wall and the desk list it; ``gone`` when it left their list."""
    told: Json = {
        "id": ticket.ticket_id,
        "number": ticket.number,
        "state": ticket.state.value,
        "version": ticket.version,
        "layer": ticket.layer,
        "category": ticket.category_code,
        "category_zh": ticket.category_name_zh,
        "category_en": ticket.category_name_en,
        "severity": ticket.severity,
        "source": ticket.source,
        "lon": round(ticket.lon, 6),
        "lat": round(ticket.lat, 6),
        "cell": ticket.cell_code,
        "cell_id": ticket.cell_id,
        "area_zh": ticket.area_name_zh,
        "area_en": ticket.area_name_en,
        "areas": list(ticket.area_path),
        "title_zh": ticket.title_zh,
        "title_en": ticket.title_en,
        "department_id": ticket.department_id,
        "department_zh": ticket.department_name_zh,
        "department_en": ticket.department_name_en,
        "crew_zh": ticket.crew_name_zh,
        "crew_en": ticket.crew_name_en,
        "device": ticket.device_no,
        "supervised": ticket.supervised,
        "occurred_at": moment(ticket.occurred_at),
        "created_at": moment(ticket.created_at),
        "updated_at": moment(ticket.updated_at),
        "due_at": moment(ticket.due_at),
        "yellow_at": moment(yellow_at(ticket)),
        "light": light(ticket, now).value,
    }
    if not ticket.is_open:
        told["gone"] = True
    return told


def project_json(project: Project) -> Json:
    """A project as the wall draws it; ``gone`` when there was nothing to be put right."""
    told: Json = {
        "id": project.project_id,
        "number": project.number,
        "kind": project.kind.value,
        "stage": project.stage.value,
        "version": project.version,
        "name_zh": project.name_zh,
        "name_en": project.name_en,
        "lon": round(project.lon, 6),
        "lat": round(project.lat, 6),
        "areas": list(project.area_path),
        "department_id": project.department_id,
        "department_zh": project.department_name_zh,
        "department_en": project.department_name_en,
        "due_at": moment(project.due_at),
        "updated_at": moment(project.updated_at),
    }
    if project.stage is Stage.EXCLUDED:
        told["gone"] = True
    return told


def event_json(event: Event) -> Json:
    """An event as the wall's ticker shows it."""
    return {
        "id": event.event_id,
        "source": event.source,
        "category": event.category_code,
        "severity": event.severity,
        "change": event.change,
        "device": event.device_no,
        "layer": event.layer,
        "cell": event.cell_code,
        "areas": list(event.area_path),
        "ticket": event.ticket_number,
        "ticket_state": event.ticket_state,
        "lon": round(event.lon, 6),
        "lat": round(event.lat, 6),
        "title_zh": event.title_zh,
        "title_en": event.title_en,
        "occurred_at": moment(event.occurred_at),
        "recorded_at": moment(event.recorded_at),
        "late": event.late,
    }


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as browsers read it."""
    if at is None:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def changes_json(
    at: datetime,
    devices: Mapping[int, Json],
    tickets: Mapping[int, Json],
    events: list[Json],
    projects: Mapping[int, Json],
) -> Json:
    """One message of changes; parts without a change are left out."""
    message: Json = {"t": "changes", "at": moment(at)}
    if devices:
        message["devices"] = list(devices.values())
    if tickets:
        message["tickets"] = list(tickets.values())
    if events:
        message["events"] = events
    if projects:
        message["projects"] = list(projects.values())
    return message


def narrowed(message: Json, area_id: int | None) -> Json:
    """``message`` for somebody who may see tickets, events and projects inside ``area_id`` only.

    None: everywhere. Devices and figures are everybody's.
    """
    if area_id is None:
        return message
    found = dict(message)
    for name in ("tickets", "events", "projects"):
        if name in message and isinstance(message[name], list):
            found[name] = [one for one in message[name] if area_id in one["areas"]]
    return found
