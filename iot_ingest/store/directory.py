"""The registry as people look through it: page by page, by words, layer, model and state."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)

State = Literal["online", "offline", "never", "disabled"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which devices are looked for; None: any. ``words`` are part of an id or of a name."""

    words: str | None = None
    layer: str | None = None
    model: str | None = None
    state: State | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A device in the list. ``online`` is None for one that never sent anything."""

    device_no: int
    device_id: str
    model: str
    layer: str
    name_zh: str
    name_en: str
    interval_s: float
    disabled_at: datetime | None
    online: bool | None
    since: datetime | None
    last_message_at: datetime | None

    @property
    def state(self) -> State:
        """One word for how it is."""
        return state_of(self.disabled_at, self.online)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is registered of a device beside `iot_ingest.model.device.Device`, and how it is."""

    device_no: int
    device_id: str
    source_crs: str
    cell_code: str | None
    area_zh: str
    area_en: str
    component_code: str | None
    disabled_at: datetime | None
    changed_by: str
    changed_at: datetime
    online: bool | None
    since: datetime | None
    last_message_at: datetime | None

    @property
    def state(self) -> State:
        """One word for how it is."""
        return state_of(self.disabled_at, self.online)


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """A device that was found by what it is called, with the area and place where it stands."""

    device_no: int
    device_id: str
    layer: str
    name_zh: str
    name_en: str
    area_zh: str
    area_en: str
    lon: float
    lat: float


def state_of(disabled_at: datetime | None, online: bool | None) -> State:
    """One word for how a device is; as the statements say it."""
    if disabled_at is not None:
        return "disabled"
    if online is None:
        return "never"
    return "online" if online else "offline"


def page(conn: Connection, wanted: Wanted, *, after: str, most: int) -> list[Listed]:
    """Devices with ids behind ``after`` ("": from the first), in the order of their ids."""
    rows = _SQL.rows(conn, "page", **_asked(wanted), state=wanted.state, after_id=after, most=most)
    return [Listed(**row._mapping) for row in rows]


def counts(conn: Connection, wanted: Wanted) -> dict[State, int]:
    """How many devices are in each state; the wanted state itself does not count here."""
    found = {row.state: row.devices for row in _SQL.rows(conn, "counts", **_asked(wanted))}
    return {state: found.get(state, 0) for state in STATES}


def models(conn: Connection) -> list[str]:
    """Every model that a device has, sorted."""
    return [row.model for row in _SQL.rows(conn, "models")]


def entry(conn: Connection, device_no: int) -> Entry | None:
    """One device; None when there is none of this number."""
    row = _SQL.maybe(conn, "entry", device_no=device_no)
    return None if row is None else Entry(**row._mapping)


def called(conn: Connection, words: str, *, most: int) -> list[Called]:
    """Devices in use with ``words`` in id, names or MN; the best of the first 500."""
    return [Called(**row._mapping) for row in _SQL.rows(conn, "called", words=words, most=most)]


def _asked(wanted: Wanted) -> dict[str, str | None]:
    asked = asdict(wanted)
    del asked["state"]
    words = asked.pop("words")
    return {**asked, "pattern": None if not words else f"%{_literal(words)}%"}


def _literal(words: str) -> str:
    """``words`` so that LIKE takes every letter for itself."""
    for letter in ("\\", "%", "_"):
        words = words.replace(letter, f"\\{letter}")
    return words.replace("\x00", "")
