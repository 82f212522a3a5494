"""The demo city's control sites, what they have in store, and the tasks that are under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from command_center.demo.communities import STREETS
from command_center.demo.stations import DemoComponent
from events.actions.count_supplies import count_supplies
from events.actions.record import record
from events.model.actor import Actor
from events.model.event import EventDraft, Source
from events.model.supply import SupplyCount
from events.store import supplies

# Community (its place in the street), kind of site, names, hours, capacity.
_SITES = (
    (0, "testing", "采样点", "Testing Point", "08:00-20:00", 120),
    (2, "vaccination", "疫苗接种点", "Vaccination Point", "08:30-17:30", 80),
    (4, "supply_depot", "防疫物资库", "Supply Depot", "00:00-24:00", 0),
)  # fmt: skip
# Item, names, unit, least, and how much of the least a site has, one after the other.
_ITEMS = (
    ("n95", "N95 口罩", "N95 masks", "只", 300, (2.4, 1.2, 0.6, 3.0, 1.6)),
    ("suit", "防护服", "Protective suits", "套", 60, (1.5, 2.0, 1.1, 0.5, 1.3)),
    ("antigen", "抗原试剂", "Antigen tests", "份", 500, (3.0, 1.4, 2.2, 1.8, 0.0)),
    ("disinfectant", "消毒液", "Disinfectant", "L", 40, (1.8, 1.1, 2.5, 1.2, 2.0)),
)  # fmt: skip
_TASKS = (
    ("epidemic_task", "环境消杀：菜市场和公厕", "Disinfect the market and the public toilets"),
    ("epidemic_task", "入户告知：接种安排", "Tell the households when they are vaccinated"),
    ("epidemic_site", "采样点断电，无法开放", "The testing point has no power and stays closed"),
)  # fmt: skip


def control_sites() -> Iterator[DemoComponent]:
    """The control sites: three in each street."""
    for street, _, _, members in STREETS:
        for place, kind, zh, en, hours, capacity in _SITES:
            name_zh, name_en, x, y = members[place % len(members)]
            yield DemoComponent(
                code=f"CW-EC-{street}{place}", kind="control_site",
                name_zh=f"{name_zh.removesuffix('社区')}{zh}",
                name_en=f"{name_en.removesuffix(' Community')} {en}", x=x + 60, y=y + 40,
                owner=f"street_{street}",
                attributes={"site_type": kind, "hours": hours, "capacity": capacity,
                            "open": not (street == "003" and place == 0)},
            )  # fmt: skip


def put_supplies(conn: Connection, *, by: Actor, now: datetime) -> None:
    """Count what the sites have in store, and record the tasks of some communities."""
    sites = list(control_sites())
    counted_at = (now - timedelta(hours=3)).replace(microsecond=0)
    counts = [
        SupplyCount(
            component_code=site.code, item=item, name_zh=zh, name_en=en, unit=unit, least=least,
            stock=round(least * shares[number % len(shares)]), counted_at=counted_at,
        )
        for number, site in enumerate(sites)
        for item, zh, en, unit, least, shares in _ITEMS
    ]  # fmt: skip
    count_supplies(conn, counts, by=by, now=now)
    known = supplies.places(conn, [one.code for one in sites])
    drafts = []
    for number, site in enumerate(sites[::4]):
        category, zh, en = _TASKS[number % len(_TASKS)]
        place = known[site.code]
        drafts.append(EventDraft(
            key=f"demo:epidemic:{site.code}", source=Source.PATROL, category_code=category,
            severity=2, occurred_at=now - timedelta(hours=2, minutes=7 * number),
            lon=place.lon, lat=place.lat, title_zh=zh, title_en=en,
            component_id=place.component_id, cell_id=place.cell_id, area_id=place.area_id,
        ))  # fmt: skip
    record(conn, drafts, by=by, now=now)
