"""Write the demo city's past: fourteen days of tickets, twenty-four hours of readings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
from sqlalchemy import Connection, Engine

from command_center.demo.incidents import Incident, past_incidents
from command_center.demo.past_lives import Answer, Place, live
from command_center.demo.roads import Roads
from command_center.demo.stations import DemoComponent
from events.actions.import_past import import_past
from events.model.actor import Actor
from events.model.category import Category
from events.model.crew import Crew
from events.model.crew_choice import choose_crew
from events.model.duty import Subject, time_class
from events.model.event import Source
from events.model.past import PastTicket
from events.model.routing import Candidate, route
from events.store import duties, rules
from grid.store import areas, cells, components
from grid.store.postgis import transaction
from iot_ingest.model.behaviour import history
from iot_ingest.model.reading import to_us
from iot_ingest.store import devices as device_store
from iot_ingest.store import metrics as metric_store
from iot_ingest.store import readings as reading_store
from iot_ingest.store.binary import INCOMING

PAST_READINGS = timedelta(days=1)


def write_past_tickets(
    engine: Engine, roads: Roads, made: Sequence[DemoComponent], *, by: Actor, now: datetime
) -> int:
    """Bring in the tickets of the last fourteen days; how many."""
    with transaction(engine, by.key) as conn:
        city = rules.load(conn)
        incidents = past_incidents(roads, made, now=now, zone=city.calendar.zone)
        desk = _Desk.open(conn, incidents, now)
        tickets = [
            desk.live(number, incident, city, now) for number, incident in enumerate(incidents)
        ]
        return import_past(conn, tickets, by=by, now=now).imported


@dataclass(slots=True)
class _Desk:
    """What is needed to route the past: places of the incidents, crews, duties, components."""

    places: list[Place]
    paths: Mapping[int, tuple[int, ...]]
    crews: tuple[Crew, ...]
    duties: tuple[int, tuple[Candidate, ...]]

    @classmethod
    def open(cls, conn: Connection, incidents: Sequence[Incident], now: datetime) -> "_Desk":
        located = cells.locate_many(
            conn, [one.lon for one in incidents], [one.lat for one in incidents]
        )
        known = {one.code: one.component_id for one in components.all(conn)}
        every = areas.all_areas(conn)
        fallback = every[0].area_id
        places = [
            Place(
                cell_id=int(cell_id) or None,
                area_id=int(area_id) or fallback,
                component_id=known.get(incident.component or ""),
            )
            for incident, cell_id, area_id in zip(
                incidents, located.cell_ids, located.area_ids, strict=True
            )
        ]
        version = duties.in_force(conn, now=now) or 0
        return cls(
            places=places,
            paths={one.area_id: one.path for one in every},
            crews=rules.crews(conn),
            duties=(version, duties.rules(conn, version)),
        )

    def live(
        self, number: int, incident: Incident, city: rules.CityRules, now: datetime
    ) -> PastTicket:
        category = city.categories[incident.category]
        place = self.places[number]
        return live(
            incident,
            number=number,
            category=category,
            place=place,
            answer=self._answer(incident, category, place, city),
            calendar=city.calendar,
            random=np.random.default_rng([2026, number]),
            now=now,
        )

    def _answer(
        self, incident: Incident, category: Category, place: Place, city: rules.CityRules
    ) -> Answer:
        routed = route(
            self.duties[0],
            self.duties[1],
            Subject(
                category_code=category.code,
                family=category.family,
                layer=category.layer,
                area_path=self.paths[place.area_id],
                severity=category.severity,
                source=Source.IMPORT,
                time=time_class(incident.at, city.calendar),
            ),
            category,
        )
        if routed.department_id is None:
            raise LookupError(f"nobody in the demo city answers for {category.code}")
        choice = choose_crew(
            [one for one in self.crews if one.department_id == routed.department_id],
            category,
            lon=incident.lon,
            lat=incident.lat,
            at=incident.at,
            zone=city.calendar.zone,
            severity=category.severity,
            due_at=None,
        )
        crew = next(one for one in self.crews if one.crew_id == choice.crew_id)
        account = f"account:crew.{crew.code.lower()}" if crew.simulated else "account:field"
        # Departments differ: the evaluation has something to show.
        diligence = 0.78 + crc32(str(routed.department_id).encode()) % 20 / 100
        return Answer(
            department_id=routed.department_id,
            crew_id=crew.crew_id,
            account=account,
            routing={"department": routed.as_dict(), "crew": choice.as_dict()},
            diligence=diligence,
        )


def write_past_readings(engine: Engine, *, by: Actor, now: datetime) -> int:
    """Store a quiet day of readings for every station, without waking a rule; how many.

    They are what the simulated stations would have measured, so that they go on from there.
    """
    start = now - PAST_READINGS
    for offset in range(PAST_READINGS.days + 2):
        with transaction(engine, by.key) as conn:
            reading_store.ensure_partition(conn, (start + timedelta(days=offset)).date())
    with transaction(engine, by.key) as conn:
        numbers = {name: one.metric_no for name, one in metric_store.all(conn).items()}
        rows = [
            (0, device.device_no, numbers[name], us, value, b"N", us)
            for device in device_store.all(conn)
            for at, values in history(device, start, now)
            for us in (to_us(at),)
            for name, value in values.items()
        ]
        everything = np.array(rows, dtype=INCOMING)
        everything["n"] = np.arange(everything.size)
        return reading_store.keep(conn, everything, judged=()).stored
