"""The demo city's simulated people: crews that work, verifiers that look, residents that report.

``python -m command_center.demo.crews --speed N``. They act through the same doors as real people
(events.actions.act, POST /api/v1/reports) and leave the tickets of real crews alone.
"""

import argparse
import io
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from command_center.demo.crew_steps import Step, next_step
from command_center.demo.people import SIMULATED_DISPATCHER, VERIFIERS
from command_center.demo.photo import draw_photo
from command_center.demo.projects import ProjectWorker
from command_center.demo.residents import Residents
from command_center.photos.files import PhotoFiles
from command_center.settings import Settings, read_settings
from events.actions.act import act
from events.model.actor import Actor
from events.model.crew import Crew
from events.model.distance import metres
from events.model.problems import Refused
from events.model.report import PhotoDraft
from events.model.ticket import Ticket
from events.model.workflow import Verb
from events.store import accounts, crew_work, departments, rules
from grid.store.postgis import make_engine, reading
from grid.store.process import leave, stop_when_told
from iot_ingest.model.worker import client_id
from iot_ingest.store import devices

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_MOST_AT_ONCE = 200
_AFTER_TROUBLE_S = 2.0
# What was refused is not tried again at every look.
_AFTER_REFUSAL = timedelta(seconds=30)
# A play never takes the processor from the city itself.
_NICE = 10
# The desk has this long for what a crew handed back; then the simulated dispatcher sends it on.
_DESK_PATIENCE = timedelta(minutes=3)


class Radio:
    """Tells the simulated devices that somebody has mended the cause (MQTT, QoS 1)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        user, password = unquote(parts.username or "cc_crews"), unquote(parts.password or "")
        name = client_id(user, password)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.username_pw_set(user, password)
        if parts.scheme == "mqtts":
            self._client.tls_set()
        self._client.connect_async(parts.hostname or "127.0.0.1", parts.port or 1883)
        self._client.loop_start()

    def relieve(self, device_id: str) -> None:
        """End what goes on at a station; queued while the broker is away."""
        self._client.publish(f"cc/demo/relief/{device_id}", b"1", qos=1)

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()


class People:
    """The simulated people of one database: who they are, and what they do next."""

    def __init__(self, engine: Engine, settings: Settings, radio: Radio, speed: float) -> None:
        self._engine = engine
        self._photos = PhotoFiles(settings.data)
        self._chinese = settings.language == "zh"
        self._radio = radio
        self._speed = speed
        self._crews: dict[int, Crew] = {}
        self._leads: dict[int | None, Actor] = {}
        self._verifiers: list[Actor] = []
        self._dispatcher: Actor | None = None
        self._not_before: dict[int, datetime] = {}
        self._projects: ProjectWorker | None = None

    def turn(self, now: datetime) -> None:
        """Do everything that is due. Raises SQLAlchemyError when the database is away."""
        if not self._verifiers:
            self._meet()
        with reading(self._engine) as conn:
            found = crew_work.with_simulated_crews(conn, limit=_MOST_AT_ONCE)
            returned = crew_work.handed_back_before(
                conn, now - _DESK_PATIENCE / self._speed, limit=5
            )
        self._not_before = {no: until for no, until in self._not_before.items() if until > now}
        for ticket in found:
            if ticket.ticket_id not in self._not_before:
                self._consider(ticket, now)
        for ticket in returned:
            self._send_on(ticket, now)
        if self._projects is not None:
            self._projects.turn(now, self._speed)

    def _meet(self) -> None:
        """Learn who is who; again at the next turn when the city is not there yet."""
        with reading(self._engine) as conn:
            known = {one.name: one.actor for one in accounts.all(conn)}
            self._crews = {one.crew_id: one for one in rules.crews(conn)}
        simulated = {one.crew_id for one in self._crews.values() if one.simulated}
        self._leads = {one.crew_id: one for one in known.values() if one.crew_id in simulated}
        self._verifiers = [known[name] for name in VERIFIERS if name in known]
        self._dispatcher = known.get(SIMULATED_DISPATCHER)
        owners = {one.department_id: one for one in self._leads.values() if one.department_id}
        self._projects = ProjectWorker(self._engine, self._photos, owners, self._verifiers)

    def _consider(self, ticket: Ticket, now: datetime) -> None:
        crew = self._crews.get(ticket.crew_id or 0)
        if crew is None or ticket.crew_id not in self._leads:
            return
        way_m = metres(crew.lon, crew.lat, ticket.lon, ticket.lat)
        step = next_step(ticket, way_m=way_m, speed=self._speed)
        if step is None or step.due_at > now:
            return
        if step.by_verifier:
            actor = self._verifiers[ticket.ticket_id % len(self._verifiers)]
        else:
            actor = self._leads[crew.crew_id]
        self._do(ticket, step, actor, now)

    def _do(self, ticket: Ticket, step: Step, actor: Actor, now: datetime) -> None:
        photos: tuple[PhotoDraft, ...] = ()
        if step.verb is Verb.DISPOSE:
            self._relieve(ticket)
            photos = self._before_and_after(ticket, now)
        note = step.note_zh if self._chinese else step.note_en
        try:
            act(self._engine, ticket.number, step.verb, by=actor, version=ticket.version, now=now,
                why=note, photos=photos)  # fmt: skip
        except Refused as refused:
            # Somebody real was faster, the engine changed it, or its photos are not ready yet.
            self._photos.forget(photos)
            self._not_before[ticket.ticket_id] = now + _AFTER_REFUSAL / self._speed
            _log.info("%s %s: %s", ticket.number, step.verb, refused)

    def _relieve(self, ticket: Ticket) -> None:
        if ticket.device_no is None:
            return
        with reading(self._engine) as conn:
            for device in devices.by_nos(conn, [ticket.device_no]):
                self._radio.relieve(device.device_id)

    def _before_and_after(self, ticket: Ticket, now: datetime) -> tuple[PhotoDraft, ...]:
        """Two drawn pictures of the same street, taken on the spot."""
        seed = ticket.ticket_id
        before = draw_photo(ticket.family, solved=False, seed=seed)
        after = draw_photo(ticket.family, solved=True, seed=seed)
        kept = (
            self._photos.keep(io.BytesIO(before), kind="before"),
            self._photos.keep(io.BytesIO(after), kind="after"),
        )
        return tuple(replace(one, taken_at=now, lon=ticket.lon, lat=ticket.lat) for one in kept)

    def _send_on(self, ticket: Ticket, now: datetime) -> None:
        """Dispatch what was handed back, to the same department, for another crew to take."""
        if self._dispatcher is None or ticket.department_id is None:
            return
        with reading(self._engine) as conn:
            known = {one.department_id: one.code for one in departments.all(conn)}
        try:
            act(self._engine, ticket.number, Verb.DISPATCH, by=self._dispatcher,
                version=ticket.version, now=now, department=known[ticket.department_id],
                why="权属已核实" if self._chinese else "Ownership checked")  # fmt: skip
        except Refused as refused:
            _log.info("%s dispatch: %s", ticket.number, refused)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m command_center.demo.crews")
    parser.add_argument("--speed", type=float, default=1.0, help="work N times as fast")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = read_settings(os.environ)
    if not settings.database_url or not settings.broker_url or options.speed <= 0:
        parser.error(
            "set COMMAND_CENTER_DATABASE_URL and COMMAND_CENTER_BROKER_URL; a speed is above 0"
        )
    stop = stop_when_told()
    os.nice(_NICE)
    engine = make_engine(
        settings.database_url, role="cc_web", pool_size=2, application_name="cc crews"
    )
    radio = Radio(settings.broker_url)
    residents = Residents(settings, options.speed, stop)
    residents.start()
    _work(People(engine, settings, radio, options.speed), stop)
    residents.join(4)
    radio.close()
    engine.dispose()
    return 0


def _work(people: People, stop: threading.Event) -> None:
    while not stop.is_set():
        started = time.monotonic()
        try:
            people.turn(datetime.now(UTC))
        except SQLAlchemyError as trouble:
            _log.warning("the database is away: %s", type(trouble).__name__)
            stop.wait(_AFTER_TROUBLE_S)
        stop.wait(max(0.05, _LOOK_EVERY_S - (time.monotonic() - started)))


if __name__ == "__main__":
    leave(main())
