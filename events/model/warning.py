"""A warning of somebody else about an area: what it says, how grave it is, where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# What a message that says no expiry stands for.
STANDS_FOR = timedelta(hours=24)

# From the words of the standard to the four warning colours: blue, yellow, orange, red.
LEVELS = {"Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4}
COLOURS = {
    "blue": 1, "蓝色": 1, "yellow": 2, "黄色": 2, "orange": 3, "橙色": 3, "red": 4, "红色": 4,
}  # fmt: skip

Ring = tuple[tuple[float, float], ...]
"""A closed ring of (lon, lat), WGS-84."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Circle:
    """Everything within ``radius_km`` of a point (WGS-84)."""

    lon: float
    lat: float
    radius_km: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningArea:
    """Where it holds: drawn as polygons and circles, or named by codes of areas, or in words only.

    ``codes``: digits of administrative divisions, the zeros at their end included.
    """

    description: str
    polygons: tuple[Ring, ...] = ()
    circles: tuple[Circle, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningInfo:
    """What a message says in one language, or of one part. ``level`` None: nobody says."""

    language: str
    categories: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    level: int | None
    headline: str
    description: str
    instruction: str
    sender_name: str
    onset_at: datetime
    ends_at: datetime
    areas: tuple[WarningArea, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class WarningMessage:
    """A CAP message; ``references`` are the (sender, identifier) that it replaces or cancels."""

    identifier: str
    sender: str
    sent_at: datetime
    status: str
    kind: str
    references: tuple[tuple[str, str], ...]
    infos: tuple[WarningInfo, ...]
    sha256: bytes

    @property
    def ends_at(self) -> datetime:
        """When the last of it is over."""
        return max((one.ends_at for one in self.infos), default=self.sent_at + STANDS_FOR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A part of a warning that holds now, as a map shows it.

    ``shapes``: GeoJSON geometries of its areas; ``inside``: whether any of them touches the city.
    """

    warning_id: int
    info_id: int
    sender: str
    identifier: str
    sent_at: datetime
    status: str
    kind: str
    language: str
    event: str
    urgency: str
    severity: str
    certainty: str
    level: int | None
    headline: str
    description: str
    instruction: str
    sender_name: str
    onset_at: datetime
    ends_at: datetime
    areas: str
    shapes: tuple[str, ...]
    inside: bool


def in_language(found: Sequence[Standing], language: str) -> list[Standing]:
    """Of each warning what it says in ``language``; in its first one where it does not."""
    kept: list[Standing] = []
    for warning_id in dict.fromkeys(one.warning_id for one in found):
        infos = [one for one in found if one.warning_id == warning_id]
        wanted = [one for one in infos if one.language.lower().startswith(language)]
        first = infos[0].language
        kept += wanted or [one for one in infos if one.language == first]
    return kept


def level_of(severity: str, told: Sequence[tuple[str, str]]) -> int | None:
    """The warning colour: what a parameter says in so many words, else by the severity.

    ``told``: name and value of each parameter; one that is about a colour, a level or a severity
    counts ("awareness_level" = "3; orange; Severe").
    """
    for name, value in told:
        about = name.lower()
        if any(one in about for one in ("colo", "level", "severity", "颜色", "等级", "级别")):
            said = value.lower()
            for colour, level in COLOURS.items():
                if colour in said:
                    return level
    return LEVELS.get(severity)
