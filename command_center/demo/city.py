"""Make the demo city in an empty database: ground, people, stations, a past, accounts."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from command_center.demo import seeding
from command_center.demo.communities import CITY_CODE, DISTRICT_CODE, draw_areas
from command_center.demo.history import write_past_readings, write_past_tickets
from command_center.demo.holidays import calendar_days
from command_center.demo.ladder import ladder_levels
from command_center.demo.land import draw_land
from command_center.demo.people import ACCOUNTS
from command_center.demo.projects import begin as begin_projects
from command_center.demo.roads import draw_roads
from command_center.demo.stations import place_stations
from command_center.demo.supplies import control_sites, put_supplies
from command_center.demo.warnings import put_warnings
from command_center.problem import Language
from events.actions import accounts, configure, duties
from events.model.actor import Role, system
from events.store import accounts as account_store
from events.store import duties as duty_store
from grid.actions.make_cells import make_cells
from grid.actions.put import put_areas, put_basemap, put_city, put_components
from grid.store import city as city_store
from grid.store.postgis import reading, transaction
from iot_ingest.store.registration import register_devices

CELL_SIZE_M = 100.0
MAKER = system("demo")


def ensure(
    engine: Engine, *, data: Path, language: Language, told: Callable[[str], None]
) -> dict[str, str]:
    """Make the demo city when the database has none (``engine`` works as cc_admin).

    Returns the one-time passwords of the accounts made now, by name; {} when the city is there
    already, or when the database governs another city. Every step can be done again, so that a
    start that was broken off goes on. The devices' secrets go to ``data/secrets/devices.json``.
    """
    if not _is_wanted(engine):
        return {}
    say = _Teller(language, told)
    now = datetime.now(UTC)
    say("正在生成演示城市…", "making the demo city ...")
    land = draw_land()
    roads = draw_roads(land)
    components, devices = place_stations(land, roads)
    put_areas(engine, seeding.area_rows(draw_areas(land, roads)), by=MAKER.key)
    made = make_cells(engine, area_code=CITY_CODE, size_m=CELL_SIZE_M, by=MAKER.key)
    put_basemap(engine, seeding.basemap_rows(land, roads), by=MAKER.key)
    put_components(engine, seeding.component_rows([*components, *control_sites()]), by=MAKER.key)
    put_city(engine, seeding.city_row(land), by=MAKER.key)
    say(f"单元网格 {made.made} 个", f"{made.made} unit cells")
    _configure(engine, now)
    _keep_secrets(data, register_devices(engine, seeding.device_rows(devices), by=MAKER.key))
    tickets = write_past_tickets(engine, roads, components, by=MAKER, now=now)
    readings = write_past_readings(engine, by=MAKER, now=datetime.now(UTC))
    with transaction(engine, MAKER.key) as conn:
        put_warnings(conn, now=now)
        put_supplies(conn, by=MAKER, now=now)
    projects = begin_projects(engine, data=data, by=MAKER.key, now=now)
    say(f"整治项目 {projects} 个", f"{projects} projects")
    say(
        f"监测站点 {len(devices)} 个，历史案卷 {tickets} 件，历史读数 {readings} 条",
        f"{len(devices)} stations, {tickets} past tickets, {readings} past readings",
    )
    return _add_accounts(engine, now)


def _is_wanted(engine: Engine) -> bool:
    """Whether the database is empty, or holds a demo city that was not finished."""
    with reading(engine) as conn:
        city = city_store.get(conn)
        if city is None:
            return True
        # The accounts come last: with them the city is whole.
        return city.demo and account_store.by_name(conn, ACCOUNTS[0].name) is None


class _Teller:
    """Tell progress in the chosen language."""

    def __init__(self, language: Language, told: Callable[[str], None]) -> None:
        self._language = language
        self._told = told

    def __call__(self, zh: str, en: str) -> None:
        self._told(zh if self._language == "zh" else en)


def _configure(engine: Engine, now: datetime) -> None:
    with transaction(engine, MAKER.key) as conn:
        configure.put_categories(conn, seeding.category_rows(), now=now)
        configure.put_departments(conn, seeding.department_rows(), now=now)
        _put_duties(conn, now)
        configure.put_crews(conn, seeding.crew_rows(), now=now)
        configure.put_calendar(conn, calendar_days(), now=now)
        configure.put_ladder(conn, ladder_levels(), now=now)


def _put_duties(conn: Connection, now: datetime) -> None:
    """The city's first duties, checked like any others; making it again makes no second version."""
    if duty_store.in_force(conn, now=now) is not None:
        return
    version = duties.draft(conn, seeding.duty_rules(), note="演示城市 / the demo city", now=now)
    duties.activate_alone(
        conn,
        version,
        by=MAKER,
        why="建城 / the city is made",
        accepted="兜底条款即可 / the default is right for these",
        now=now,
    )


def _keep_secrets(data: Path, made: Mapping[str, str]) -> None:
    """Add the devices' secrets to the file that the simulated devices log in with."""
    if not made:
        return
    path = data / "secrets" / "devices.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = json.loads(path.read_text()) if path.exists() else {}
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps({**known, **made}, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _add_accounts(engine: Engine, now: datetime) -> dict[str, str]:
    """Add everybody; the passwords of those that people use.

    The simulated ones get a random password that nobody is told: nobody can log in as them.
    """
    passwords: dict[str, str] = {}
    with transaction(engine, MAKER.key) as conn:
        for one in ACCOUNTS:
            password = accounts.add(
                conn,
                name=one.name,
                role=Role(one.role),
                area_code=DISTRICT_CODE,
                by=MAKER,
                now=now,
                name_zh=one.name_zh,
                name_en=one.name_en,
                department_code=one.department,
                crew_code=one.crew,
            )
            if one.human:
                passwords[one.name] = password
    return passwords
