"""Outfalls and a construction site in the town, and people who bring projects on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from events.actions.projects.act import act_on_project, open_by_hand
from events.model.projects.project import MEASURES, Parts, Project
from events.model.report import PhotoDraft
from events.store import attachments
from events.store.projects import parts, rows
from grid.store.postgis import reading, transaction
from layers.packs import load_standards
from tests.events.town import NOW, SIDE, SOUTH, WEST, Town

_PLACES = """
INSERT INTO grid.components (code, kind, name_zh, name_en, position, cell_id, area_id,
    owner_department, attributes, changed_by)
SELECT one.code, one.kind, one.zh, one.en, ST_Point(one.lon, one.lat, 4326), c.cell_id, c.area_id,
    one.owner, CAST(one.facts AS jsonb), 'system:test'
FROM (VALUES
    ('OF-1', 'outfall', '一号排口', 'Outfall 1', 118.2005, 24.6005, 'water',
        '{"type": "town_rain", "receives": "Test River", "water": "surface"}'),
    ('OF-2', 'outfall', '二号排口', 'Outfall 2', 118.2015, 24.6005, 'water', '{"water": "sea"}'),
    ('CS-1', 'construction_site', '一号工地', 'Site 1', 118.2025, 24.6025, 'works', '{}'),
    ('LP-1', 'lamp', '一号路灯', 'Lamp 1', 118.2005, 24.6005, 'works', '{}')
) AS one (code, kind, zh, en, lon, lat, owner, facts)
JOIN grid.cells AS c ON ST_Intersects(c.geometry, ST_Point(one.lon, one.lat, 4326))
"""
STANDARDS = load_standards()
BAD = {"cod": 55.0, "nh3n": 3.2, "dissolved_oxygen": 1.1, "ph": 7.2}
GOOD = {"cod": 12.0, "nh3n": 0.4, "dissolved_oxygen": 6.8, "ph": 7.2}


def with_places(town: Town) -> Town:
    """The town with its outfalls, its site and a lamp."""
    with town.database.superuser() as conn:
        conn.execute(_PLACES)
    return town


class Work:
    """People at work on one project; its clock goes on by an hour with every step."""

    def __init__(self, town: Town, project: Project, *, now: datetime = NOW) -> None:
        self.town = town
        self.project = project
        self.now = now

    @classmethod
    def begin(cls, town: Town, component: str = "OF-1", kind: str = "outfall", **more: Any) -> Work:
        """Open the rectification of a facility."""
        who = town.people[more.pop("who", "dispatcher")]
        now = more.pop("now", NOW)
        project = open_by_hand(town.web, kind, component, more.pop("department", None), by=who,
                               why="巡查发现", now=now)  # fmt: skip
        return cls(town, project, now=now)

    def do(self, verb: str, who: str = "w1", *, why: str = "因为", **given: Any) -> Project:
        """Act on the project as it was seen last."""
        self.now += timedelta(hours=1)
        given.setdefault("version", self.project.version)
        self.project = act_on_project(
            self.town.web, self.project.number, verb, by=self.town.people[who], now=self.now,
            why=why, standards=STANDARDS, **given,
        )  # fmt: skip
        return self.project

    def sample(self, values: Mapping[str, float], who: str = "w1") -> Project:
        """Add a sample that was taken just now."""
        return self.do("sample", who, values=values, taken_at=self.now)

    def photos(self, *kinds: str, who: str = "w1") -> None:
        """Add photos, and decode them."""
        drafts = [PhotoDraft(attachment_id=uuid4(), sha256=b"1" * 32, size=9, kind=one)
                  for one in kinds]  # fmt: skip
        self.do("evidence", who, photos=drafts)
        decode(self.town)

    def to_rectify(self, **method: Any) -> Project:
        """Survey, monitor and trace an outfall."""
        self.do("survey", target_class="III")
        self.sample(BAD)
        self.do("monitor")
        self.do("source", source="mixed_pipes", party="一街管网所")
        return self.do("trace", **(method or {"method": "regulate"}))

    def to_accept(self) -> Project:
        """Rectify an outfall that is traced, and ask for acceptance."""
        for one in self.parts().sources:
            if one.settled_at is None:
                self.do("settle", settles=one.source_id)
        self.sample(GOOD)
        self.photos("before", "after")
        return self.do("submit")

    def to_watch(self) -> Project:
        """Bring an outfall from its survey to the watch."""
        self.to_rectify()
        self.to_accept()
        return self.do("accept", "supervisor")

    def check_all(self, *, met: bool = True, but: str | None = None) -> None:
        """Look at the six measures of a site; ``but``: the one that is not met."""
        for one in MEASURES:
            self.do("check", "p1", item=one, met=met and one != but)

    def parts(self) -> Parts:
        """What belongs to the project."""
        with reading(self.town.web) as conn:
            return parts.of_project(conn, self.project.project_id)

    def again(self) -> Project:
        """The project as it is now."""
        with reading(self.town.web) as conn:
            self.project = rows.by_id(conn, self.project.project_id)
        return self.project


def decode(town: Town) -> None:
    """Call every photo decoded."""
    with transaction(town.web, "system:photos") as conn:
        for one in attachments.claim_waiting(conn, limit=100):
            attachments.decide(conn, one, state="ready")


def here(x: float = 0.5, y: float = 0.5) -> dict[str, float]:
    """A place in the town, in cells from its south-west corner."""
    return {"lon": WEST + SIDE * x, "lat": SOUTH + SIDE * y}
