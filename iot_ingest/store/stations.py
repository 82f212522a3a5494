"""Stations that speak HJ 212 or SL 651: which device they are, by the name they send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from grid.store.named_sql import Statements

_SQL = Statements.beside(__file__)

# Attributes of a device that say which station it is, by protocol; no two devices share one.
MN, STATION_CODE = "mn", "station_code"
PROTOCOLS = MappingProxyType({MN: "hj212", STATION_CODE: "sl651"})
# Attributes that are names and passwords even when they look like numbers.
STATION_NAMES = frozenset({MN, STATION_CODE, "profile", "station_password"})
_ADDRESS_DIGITS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Station:
    """What must be known of a station's device when a frame comes.

    ``profile`` names its unit profile (None: by model); ``password`` is what its frames must
    carry (None: anything).
    """

    device_no: int
    device_id: str
    model: str
    disabled: bool
    profile: str | None
    password: str | None


def name_of(attribute: str, attributes: Mapping[str, Any]) -> str | None:
    """The name under which a device with these attributes speaks; None when it has none."""
    value = attributes.get(attribute)
    if value is None:
        return None
    return str(value).upper().zfill(_ADDRESS_DIGITS) if attribute == STATION_CODE else str(value)


def by_names(conn: Connection, protocol: str, names: Iterable[str]) -> dict[str, Station]:
    """The devices of these names (MN, station address); unknown names are missing."""
    found = {}
    statement = {"hj212": "by_hj212", "sl651": "by_sl651"}[protocol]
    for row in _SQL.rows(conn, statement, names=list(names)):
        fields = dict(row._mapping)
        name = fields.pop("name")
        found[name] = Station(**fields)
    return found
