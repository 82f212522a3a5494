"""Where the tour stops: who looks at what, and what is done there before it is looked at."""

from dataclasses import dataclass
from typing import Literal

WALL = ((3840, 2160), (1920, 1080), (1024, 768))
PHONE = ((390, 844),)

_ROW = ".cc-rows tbody tr"
_TICKET = ".cc-attention .cc-item"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One thing to look at. ``do``: what is done first, one after the other.

    A step is ("click", selector), ("key", name), ("type", text) or ("run", JavaScript).
    """

    name: str
    path: str = "/"
    account: str | None = "operator"
    sizes: tuple[tuple[int, int], ...] = WALL
    do: tuple[tuple[Literal["click", "key", "type", "run"], str], ...] = ()
    light: bool = False
    shows: str = ""  # what must be visible at the end, if anything


def _select(found: str) -> str:
    return f"() => {{ {found} }}"


_RIVER = _select(
    "const all = [...cc_wall.live.devices.values()];"
    " const river = all.find((one) => one.metrics.includes('water_level'));"
    " cc_wall.live.select({ kind: 'device', id: river.id });"
)
_STREET = _select(
    "const street = [...cc_wall.areas.values()].find((one) => one.kind === 'street');"
    " cc_wall.live.select({ kind: 'area', id: street.code });"
)
_CELL = _select(
    "const one = [...cc_wall.live.tickets.values()].find((ticket) => ticket.cell_id);"
    " cc_wall.live.select({ kind: 'cell', id: one.cell_id });"
)
_POLYGON = _select(
    "const map = cc_wall.city.map; const { lng, lat } = map.getCenter();"
    " const d = 0.02; cc_wall.live.select({ kind: 'polygon', id:"
    " [lng - d, lat - d, lng + d, lat - d, lng, lat + d].map((n) => n.toFixed(5)).join() });"
)
_STORY = "#side .cc-story"
_PROJECTS = "/rectification?kind="

STOPS = (
    Stop(name="login", path="/login", account=None, sizes=(*WALL, *PHONE)),
    Stop(name="wall"),
    Stop(name="wall-light", light=True),
    Stop(name="wall-cells", path="/?cells=open", sizes=WALL[:2], shows=".cc-cells-by li"),
    Stop(name="wall-ticket", do=(("click", _TICKET),), shows=_STORY),
    Stop(name="wall-ticket-light", do=(("click", _TICKET),), light=True, shows=_STORY),
    Stop(name="wall-device", do=(("run", _RIVER),), shows="#chart .main-svg"),
    Stop(name="wall-street", do=(("run", _STREET),), shows="#area-on-time"),
    Stop(name="wall-cell", do=(("run", _CELL),), shows=_STORY),
    Stop(name="wall-polygon", do=(("run", _POLYGON),), shows="[data-polygon]"),
    Stop(name="wall-search", do=(("key", "/"), ("type", "3502")), shows="#search [role=option]"),
    Stop(name="wall-screen", do=(("click", "#screen > button"),), shows=".cc-screen-menu"),
    Stop(name="wall-past", do=(("key", "t"),), shows=".cc-past-slider"),
    Stop(name="wall-past-light", do=(("key", "t"),), light=True, shows=".cc-past-slider"),
    Stop(name="flood", path="/?layer=flood", shows=_STORY),
    Stop(name="dust", path="/?layer=construction_dust", shows=_STORY),
    Stop(name="outfall", path="/?layer=outfall", shows=_STORY),
    Stop(name="outfall-light", path="/?layer=outfall", light=True, shows=_STORY),
    Stop(name="epidemic", path="/?layer=epidemic_control", shows=_STORY),
    Stop(name="desk", path="/desk"),
    Stop(name="desk-ticket", path="/desk", do=(("click", "tbody tr"),)),
    Stop(name="desk-light", path="/desk", light=True),
    Stop(name="outfalls", path=f"{_PROJECTS}outfall", account="supervisor", do=(("click", _ROW),)),
    Stop(name="sites", path=f"{_PROJECTS}construction", account="supervisor"),
    Stop(name="causes", path=f"{_PROJECTS}root_cause", account="supervisor", do=(("click", _ROW),)),
    Stop(name="evaluation", path="/evaluation", account="supervisor"),
    Stop(name="evaluation-light", path="/evaluation", account="supervisor", light=True),
    Stop(name="duties", path="/duties", account="supervisor", do=(("click", _ROW),)),
    Stop(name="devices", path="/devices", account="admin", do=(("click", _ROW),)),
    Stop(name="device-form", path="/devices", account="admin", do=(("click", "#device-add"),)),
    Stop(name="quarantine", path="/quarantine", account="admin"),
    Stop(name="losses", path="/losses", account="supervisor", do=(("click", _ROW),)),
    Stop(name="record", path="/record/{number}", sizes=((1920, 1080),)),
    Stop(name="city", path="/city", account=None, sizes=(*WALL, *PHONE)),
    Stop(name="report", path="/report", account=None, sizes=PHONE),
    Stop(name="field", path="/field", account="field", sizes=PHONE),
)
