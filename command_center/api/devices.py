"""The registry of devices: added, changed, taken out of service, given new secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from command_center.access.context import current_language, logged_in
from command_center.errors import Answer, Invalid, Missing, problem
from command_center.machine.doors import broker_door
from command_center.services import Services
from command_center.views.devices import connection
from command_center.views.problem import FieldError
from command_center.wording import words
from grid.model.coordinates import coordinate_system, to_wgs84
from grid.store.postgis import reading
from iot_ingest.model.device import Device
from iot_ingest.store import devices
from iot_ingest.store.provisioning import NoSuchDevice, let_in, renew_secret, set_disabled
from iot_ingest.store.registration import DeviceFault, RefusedDevices, register_devices

_FIELDS = Answer(status=422, kind="fields")

Short = Annotated[str, Field(max_length=100)]
Name = Annotated[str, Field(max_length=200)]
Value = Annotated[str, Field(max_length=500)] | float | bool | None


class DeviceIn(BaseModel):
    """A device as a person describes it. ``crs`` names the system of ``lon``, ``lat``.

    ``mn`` and ``station_code`` are the names of stations that speak HJ 212 or SL 651. A
    ``station_password`` that is left out stays as it is; an empty one is taken away.
    """

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    model: Annotated[str, Field(min_length=1, max_length=100)]
    layer: Short
    name_zh: Name = ""
    name_en: Name = ""
    metrics: Annotated[list[Short], Field(min_length=1, max_length=60)]
    interval_s: FiniteFloat
    lon: FiniteFloat
    lat: FiniteFloat
    crs: Short = "EPSG:4326"
    component_code: Short = ""
    mn: Short = ""
    station_code: Short = ""
    profile: Short = ""
    station_password: Short | None = None
    attributes: Annotated[dict[Short, Value], Field(max_length=60)] = {}


class NewDeviceIn(DeviceIn):
    """A device that is not registered yet."""

    device_id: Annotated[str, Field(max_length=64)]


def router(services: Services) -> APIRouter:
    """The routes below /api/v1/devices."""
    routes = APIRouter(prefix="/api/v1", tags=["devices"])

    @routes.post("/devices", status_code=201, summary="Register a device; its secret, once")
    def post_device(sent: NewDeviceIn, request: Request) -> Response:
        row = _row(sent.device_id, sent, {})
        try:
            made = register_devices(
                services.engine, [row], by=logged_in().key, only="new", all_metrics=False
            )
        except RefusedDevices as refused:
            return _refused(request, refused.faults)
        return _told_secret(services, sent.device_id, sent.metrics, made[sent.device_id], 201)

    @routes.post("/devices/{device_id}", summary="Change what is registered of a device")
    def change_device(device_id: str, sent: DeviceIn, request: Request) -> Response:
        known = _known(services, device_id)
        row = _row(device_id, sent, known.attributes)
        try:
            register_devices(
                services.engine, [row], by=logged_in().key, only="known", stay_disabled=True,
                all_metrics=False,
            )  # fmt: skip
        except RefusedDevices as refused:
            return _refused(request, refused.faults)
        return JSONResponse({"device_id": device_id})

    @routes.post("/devices/{device_id}/secret", summary="A new secret, told once")
    def new_secret(device_id: str) -> Response:
        known = _known(services, device_id)
        try:
            secret = renew_secret(services.engine, device_id, by=logged_in().key)
        except NoSuchDevice:
            raise Missing from None
        return _told_secret(services, device_id, known.metrics, secret, 200)

    for name, disabled in (("disable", True), ("enable", False)):
        routes.add_api_route(
            f"/devices/{{device_id}}/{name}", _switch(services, disabled), methods=["POST"],
            summary="Take a device out of service, or back into it", name=name,
        )  # fmt: skip

    @routes.post("/devices/{device_id}/let-in", summary="Let a device in that is cut off")
    def post_let_in(device_id: str) -> dict[str, Any]:
        try:
            changed = let_in(services.engine, device_id, by=logged_in().key)
        except NoSuchDevice:
            raise Missing from None
        return {"device_id": device_id, "changed": changed}

    return routes


def _switch(services: Services, disabled: bool) -> Callable[[str], dict[str, Any]]:
    def switch(device_id: str) -> dict[str, Any]:
        _known(services, device_id)
        changed = set_disabled(services.engine, device_id, disabled, by=logged_in().key)
        return {"device_id": device_id, "disabled": disabled, "changed": changed}

    return switch


def _known(services: Services, device_id: str) -> Device:
    with reading(services.engine) as conn:
        found = devices.by_id(conn, device_id.replace("\x00", ""))
    if found is None:
        raise Missing
    return found


def _row(device_id: str, sent: DeviceIn, known: Any) -> dict[str, Any]:
    """A row for `register_devices`. Raises Invalid for a position that cannot be read."""
    system = coordinate_system(sent.crs)
    if system is None:
        raise Invalid(("crs", "devices.crs_unknown"))
    if not (sent.name_zh or sent.name_en):
        raise Invalid(("name_zh", "devices.name_missing"))
    if not (-180 <= sent.lon <= 180 and -90 <= sent.lat <= 90):
        raise Invalid(("lon", "devices.position_missing"))
    lon, lat = to_wgs84(sent.lon, sent.lat, system)
    attributes = {
        _line(name): _line(value) if isinstance(value, str) else value
        for name, value in sent.attributes.items()
        if value not in ("", None)
    }
    for name in ("mn", "station_code", "profile"):
        attributes.pop(name, None)
        if value := getattr(sent, name):
            attributes[name] = _line(value)
    password = sent.station_password
    attributes.pop("station_password", None)
    if password is None:
        password = known.get("station_password")
    if password:
        attributes["station_password"] = _line(password)
    return {
        "device_id": device_id,
        "model": _line(sent.model),
        "layer": sent.layer,
        "name_zh": _line(sent.name_zh or sent.name_en),
        "name_en": _line(sent.name_en or sent.name_zh),
        "metrics": list(dict.fromkeys(sent.metrics)),
        "interval_s": sent.interval_s,
        "lon": lon,
        "lat": lat,
        "source_crs": system.value,
        "component_code": _line(sent.component_code) or None,
        "attributes": attributes,
    }


def _line(text: str) -> str:
    """``text`` as one line that shows: no control characters."""
    return "".join(one for one in text if one.isprintable()).strip()


def _told_secret(
    services: Services, device_id: str, metrics: Sequence[str], secret: str, status: int
) -> Response:
    door = broker_door(services.settings)
    place = None if door is None else (door.host, door.port, door.tls)
    told = connection(device_id, metrics, place, services.now())
    body = {"device_id": device_id, "secret": secret, "connection": told}
    return JSONResponse(body, status_code=status)


def _refused(request: Request, faults: Sequence[DeviceFault]) -> Response:
    language = current_language()
    errors = tuple(
        FieldError(field=one.field, reason=one.zh if language == "zh" else one.en) for one in faults
    )
    detail = errors[0].reason if len(errors) == 1 else words("errors.fields", language)
    return problem(request, _FIELDS, detail, errors=errors)
