"""Who governs the demo city: departments, duties, crews with their shifts, accounts."""

from dataclasses import dataclass

from command_center.demo.communities import DISTRICT_CODE, STREETS

_ALL_WEEK = (1, 2, 3, 4, 5, 6, 7)
_DAY = (("07:00", "19:00"),)
_NIGHT = (("19:00", "07:00"),)
_AROUND_THE_CLOCK = _DAY + _NIGHT


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoDepartment:
    """A department and the area it answers for."""

    code: str
    name_zh: str
    name_en: str
    area: str = DISTRICT_CODE


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoDuty:
    """A rule: category or family (None for everything) x area (None: everywhere) x times."""

    department: str
    area: str | None = None
    category: str | None = None
    family: str | None = None
    times: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoCrew:
    """A crew: base in metres on the drawing board, shifts in the city's time."""

    code: str
    department: str
    area: str
    name_zh: str
    name_en: str
    x: float
    y: float
    skills: tuple[str, ...]
    shifts: tuple[tuple[str, str], ...]
    simulated: bool = True
    capacity: int = 6
    weekdays: tuple[int, ...] = _ALL_WEEK


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoAccount:
    """An account; ``human`` ones get a one-time password, the others cannot log in."""

    name: str
    name_zh: str
    name_en: str
    role: str
    human: bool
    department: str | None = None
    crew: str | None = None


DEPARTMENTS = (
    DemoDepartment(code="water", name_zh="区水务局", name_en="Water Bureau"),
    DemoDepartment(
        code="ecology", name_zh="区生态环境局", name_en="Ecology and Environment Bureau"
    ),
    DemoDepartment(
        code="housing", name_zh="区住房和建设局", name_en="Housing and Construction Bureau"
    ),
    DemoDepartment(
        code="city_management", name_zh="区城市管理局", name_en="City Management Bureau"
    ),
    DemoDepartment(code="drainage", name_zh="澄湾排水公司", name_en="Chengwan Drainage Company"),
    DemoDepartment(code="marine", name_zh="区海洋与渔业局", name_en="Marine and Fishery Bureau"),
    *(
        DemoDepartment(
            code=f"street_{number}",
            name_zh=f"{zh}办事处",
            name_en=f"{en} Office",
            area=DISTRICT_CODE + number,
        )
        for number, zh, en, _ in STREETS
    ),
)

# Streets on the open bay, where what floats is the sea's.
_COASTAL = ("002", "005", "006")

# In this order: the first that matches decides. Exceptions stand before what they are taken from.
DUTIES = (
    DemoDuty(department="water", category="river_level"),
    DemoDuty(department="ecology", category="outfall_discharge"),
    DemoDuty(department="city_management", category="illegal_dumping"),
    # at night and on days off the city's patrols are out, the bureau is not
    DemoDuty(
        department="city_management",
        category="construction_noise",
        times=("after_hours", "rest_days"),
    ),
    DemoDuty(department="housing", category="construction_noise"),
    DemoDuty(department="water", category="flood_station_fault"),
    DemoDuty(department="water", category="flood_data_quality"),
    DemoDuty(department="ecology", category="outfall_data_quality"),
    DemoDuty(department="housing", category="dust_data_quality"),
    DemoDuty(department="drainage", category="sewage_data_quality"),
    DemoDuty(department="ecology", category="outfall_station_fault"),
    DemoDuty(department="housing", category="dust_station_fault"),
    DemoDuty(department="drainage", category="sewage_station_fault"),
    DemoDuty(department="water", category="debris_camera_fault"),
    *(
        DemoDuty(department="marine", family="debris", area=DISTRICT_CODE + number)
        for number in _COASTAL
    ),
    DemoDuty(department="water", family="debris"),
    *(
        DemoDuty(department=f"street_{number}", family=family, area=DISTRICT_CODE + number)
        for number, *_ in STREETS
        for family in ("garbage", "other", "epidemic", "epidemic_site", "epidemic_task")
    ),
    DemoDuty(department="drainage", family="flood"),
    DemoDuty(department="water", family="rain"),
    DemoDuty(department="housing", family="dust"),
    DemoDuty(department="drainage", family="sewage"),
    DemoDuty(department="city_management", family="road"),
    DemoDuty(department="drainage", family="manhole"),
    DemoDuty(department="city_management", family="lamp"),
    DemoDuty(department="city_management"),
)

_WATER = ("flood", "rain", "debris", "device")
_ECOLOGY = ("discharge", "device")
_HOUSING = ("dust", "noise", "device")
_CITY = ("road", "lamp", "garbage", "discharge", "noise", "other")
_DRAINAGE = ("flood", "sewage", "manhole", "device")
_STREET = ("garbage", "other", "road", "epidemic", "epidemic_site", "epidemic_task")

CREWS = (
    DemoCrew(code="SW-1", department="water", area=DISTRICT_CODE, name_zh="水务巡查一班",
             name_en="Water Patrol 1", x=4_300, y=6_100, skills=_WATER, shifts=_DAY),
    DemoCrew(code="SW-2", department="water", area=DISTRICT_CODE, name_zh="水务巡查二班",
             name_en="Water Patrol 2", x=9_700, y=7_600, skills=_WATER, shifts=_DAY),
    DemoCrew(code="SW-3", department="water", area=DISTRICT_CODE, name_zh="水务夜巡班",
             name_en="Water Night Patrol", x=6_800, y=6_300, skills=_WATER, shifts=_NIGHT,
             capacity=8),
    DemoCrew(code="HB-1", department="ecology", area=DISTRICT_CODE, name_zh="生态执法一队",
             name_en="Ecology Inspectors 1", x=5_000, y=4_900, skills=_ECOLOGY, shifts=_DAY),
    DemoCrew(code="HB-2", department="ecology", area=DISTRICT_CODE, name_zh="生态执法二队",
             name_en="Ecology Inspectors 2", x=10_300, y=6_400, skills=_ECOLOGY, shifts=_DAY),
    DemoCrew(code="HB-3", department="ecology", area=DISTRICT_CODE, name_zh="生态夜查队",
             name_en="Ecology Night Inspectors", x=7_200, y=5_000, skills=_ECOLOGY, shifts=_NIGHT,
             capacity=8),
    DemoCrew(code="ZJ-1", department="housing", area=DISTRICT_CODE, name_zh="工地督查一组",
             name_en="Site Inspectors 1", x=6_900, y=4_700, skills=_HOUSING, shifts=_DAY),
    DemoCrew(code="ZJ-2", department="housing", area=DISTRICT_CODE, name_zh="工地督查二组",
             name_en="Site Inspectors 2", x=2_100, y=2_900, skills=_HOUSING, shifts=_DAY),
    DemoCrew(code="ZJ-3", department="housing", area=DISTRICT_CODE, name_zh="工地夜查组",
             name_en="Site Night Inspectors", x=7_900, y=6_600, skills=_HOUSING, shifts=_NIGHT,
             capacity=8),
    DemoCrew(code="CG-1", department="city_management", area=DISTRICT_CODE + "002",
             name_zh="城管望海班", name_en="City Management Wanghai Crew", x=7_050, y=4_500,
             skills=_CITY, shifts=_AROUND_THE_CLOCK, simulated=False),
    DemoCrew(code="CG-2", department="city_management", area=DISTRICT_CODE, name_zh="市政维护一班",
             name_en="Road Maintenance 1", x=4_100, y=5_300, skills=_CITY, shifts=_DAY),
    DemoCrew(code="CG-3", department="city_management", area=DISTRICT_CODE, name_zh="市政维护二班",
             name_en="Road Maintenance 2", x=12_300, y=5_900, skills=_CITY, shifts=_DAY),
    DemoCrew(code="CG-4", department="city_management", area=DISTRICT_CODE, name_zh="市政夜间班",
             name_en="Road Night Crew", x=6_000, y=6_200, skills=_CITY, shifts=_NIGHT, capacity=8),
    DemoCrew(code="PS-1", department="drainage", area=DISTRICT_CODE, name_zh="排水抢险一班",
             name_en="Drainage Response 1", x=5_150, y=4_450, skills=_DRAINAGE, shifts=_DAY),
    DemoCrew(code="PS-2", department="drainage", area=DISTRICT_CODE, name_zh="排水抢险二班",
             name_en="Drainage Response 2", x=9_250, y=6_900, skills=_DRAINAGE, shifts=_DAY),
    DemoCrew(code="PS-3", department="drainage", area=DISTRICT_CODE, name_zh="排水抢险三班",
             name_en="Drainage Response 3", x=8_800, y=3_300, skills=_DRAINAGE,
             shifts=_AROUND_THE_CLOCK),
    DemoCrew(code="PS-4", department="drainage", area=DISTRICT_CODE, name_zh="排水夜间班",
             name_en="Drainage Night Crew", x=4_700, y=7_300, skills=_DRAINAGE, shifts=_NIGHT,
             capacity=8),
    DemoCrew(code="HY-1", department="marine", area=DISTRICT_CODE, name_zh="海洋保洁一队",
             name_en="Marine Cleaning 1", x=8_500, y=2_300, skills=("debris",), shifts=_DAY),
    DemoCrew(code="HY-2", department="marine", area=DISTRICT_CODE, name_zh="海洋保洁二队",
             name_en="Marine Cleaning 2", x=3_000, y=2_100, skills=("debris",),
             shifts=_AROUND_THE_CLOCK),
    *(
        DemoCrew(code=f"JD-{number[-1]}", department=f"street_{number}",
                 area=DISTRICT_CODE + number, name_zh=f"{zh.removesuffix('街道')}街道综合队",
                 name_en=f"{en.removesuffix(' Subdistrict')} Street Crew", x=members[1][2],
                 y=members[1][3], skills=_STREET, shifts=_AROUND_THE_CLOCK, capacity=10)
        for number, zh, en, members in STREETS
    ),
)  # fmt: skip

# The people who verify on the spot what others put right: not in any department.
VERIFIERS = ("hecha1", "hecha2")
# Sends on what was handed back when nobody at the desk does.
SIMULATED_DISPATCHER = "paiqian1"

ACCOUNTS = (
    DemoAccount(name="operator", name_zh="值班员", name_en="Operator", role="operator", human=True),
    DemoAccount(
        name="dispatcher", name_zh="派遣员", name_en="Dispatcher", role="dispatcher", human=True
    ),
    DemoAccount(
        name="field",
        name_zh="城管望海班 小林",
        name_en="Lin (Wanghai Crew)",
        role="field",
        human=True,
        department="city_management",
        crew="CG-1",
    ),
    DemoAccount(
        name="supervisor", name_zh="督查主任", name_en="Supervisor", role="supervisor", human=True
    ),
    DemoAccount(
        name="admin", name_zh="系统管理员", name_en="Administrator", role="admin", human=True
    ),
    DemoAccount(
        name=SIMULATED_DISPATCHER,
        name_zh="派遣员一",
        name_en="Dispatcher 1",
        role="dispatcher",
        human=False,
    ),
    *(
        DemoAccount(
            name=name,
            name_zh=f"核查员{number}",
            name_en=f"Verifier {number}",
            role="operator",
            human=False,
        )
        for number, name in enumerate(VERIFIERS, start=1)
    ),
    *(
        DemoAccount(
            name=f"crew.{crew.code.lower()}",
            name_zh=f"{crew.name_zh}班长",
            name_en=f"{crew.name_en} Lead",
            role="field",
            human=False,
            department=crew.department,
            crew=crew.code,
        )
        for crew in CREWS
        if crew.simulated
    ),
)
