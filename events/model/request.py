"""Requests of another system (311, hotline): which of its columns mean what, and one row of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from events.model.words import Words

OTHER = "other"
_REQUIRED = ("key", "created", "type", "lon", "lat")
_OPTIONAL = ("target", "closed", "status", "description", "address")


class BadMapping(ValueError):
    """A mapping that cannot be used; ``words`` says what to correct."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


class RowRefusal(StrEnum):
    """Why a row is not brought in."""

    NO_KEY = "no_key"
    KEY_TWICE = "key_twice"
    NO_TIME = "no_time"
    BAD_TIME = "bad_time"
    CLOSED_BEFORE_CREATED = "closed_before_created"
    NO_POSITION = "no_position"
    OUTSIDE = "outside"
    UNKNOWN_STATUS = "unknown_status"


REFUSAL_WORDS: Mapping[RowRefusal, Words] = {
    RowRefusal.NO_KEY: Words(zh="缺少编号", en="it has no number"),
    RowRefusal.KEY_TWICE: Words(zh="编号在文件中重复", en="its number occurs twice in the file"),
    RowRefusal.NO_TIME: Words(zh="缺少受理时间", en="it has no time of receipt"),
    RowRefusal.BAD_TIME: Words(zh="时间无法识别", en="this is not a time"),
    RowRefusal.CLOSED_BEFORE_CREATED: Words(
        zh="办结时间早于受理时间", en="it was closed before it was received"
    ),
    RowRefusal.NO_POSITION: Words(zh="缺少经纬度", en="it has no position"),
    RowRefusal.OUTSIDE: Words(zh="位置不在本市辖区内", en="it lies outside all areas of this city"),
    RowRefusal.UNKNOWN_STATUS: Words(
        zh="状态未在映射文件的 [status] 中列出",
        en="the mapping's [status] does not list this status",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestMapping:
    """Which columns mean what. ``columns`` and ``keep``: our name -> theirs.

    ``categories``: (pattern, our category), the first that fits wins, case does not matter.
    """

    columns: Mapping[str, str]
    keep: Mapping[str, str] = field(default_factory=dict)
    open_words: frozenset[str] = frozenset()
    closed_words: frozenset[str] = frozenset()
    categories: tuple[tuple[str, str], ...] = ()
    zone: ZoneInfo
    key_prefix: str

    def required(self) -> tuple[str, ...]:
        """Their columns without which nothing can be brought in."""
        return tuple(self.columns[name] for name in _REQUIRED)

    def category(self, kind: str) -> str:
        """Our category for a type of theirs; ``other`` when none fits."""
        wanted = kind.casefold().strip()
        for pattern, category in self.categories:
            if fnmatchcase(wanted, pattern):
                return category
        return OTHER


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One row, understood. Times are aware UTC; positions as given, in the file's system.

    ``closed_at`` None: it is still open.
    """

    row: int
    key: str
    kind: str
    category: str
    created_at: datetime
    target_at: datetime | None
    closed_at: datetime | None
    description: str
    lon: float
    lat: float
    attributes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedRow:
    """One row that is not brought in: its number in the file (from 1), their column, the reason."""

    row: int
    field: str
    refusal: RowRefusal


def read_mapping(document: Mapping[str, Any]) -> RequestMapping:
    """Make a mapping from a TOML document. Raises BadMapping."""
    columns = {str(k): str(v) for k, v in dict(document.get("columns", {})).items()}
    missing = [name for name in _REQUIRED if name not in columns]
    unknown = [name for name in columns if name not in _REQUIRED + _OPTIONAL]
    if missing or unknown:
        names = ", ".join(missing or unknown)
        raise BadMapping(
            Words(zh=f"映射文件 [columns] 缺少：{names}", en=f"[columns] lacks: {names}")
            if missing
            else Words(
                zh=f"映射文件 [columns] 有未知项：{names}", en=f"[columns] has unknown: {names}"
            )
        )
    status = dict(document.get("status", {}))
    try:
        zone = ZoneInfo(str(document.get("time_zone", "UTC")))
    except (ZoneInfoNotFoundError, ValueError) as trouble:
        raise BadMapping(
            Words(zh="映射文件的 time_zone 不是有效时区", en="time_zone is not a time zone")
        ) from trouble
    return RequestMapping(
        columns=columns,
        keep={str(k): str(v) for k, v in dict(document.get("keep", {})).items()},
        open_words=frozenset(str(one).casefold() for one in status.get("open", ())),
        closed_words=frozenset(str(one).casefold() for one in status.get("closed", ())),
        categories=tuple(
            (str(pattern).casefold(), str(category))
            for category, patterns in dict(document.get("categories", {})).items()
            for pattern in patterns
        ),
        zone=zone,
        key_prefix=str(document.get("key_prefix", "import:")),
    )


class _Refused(Exception):
    def __init__(self, name: str, refusal: RowRefusal) -> None:
        super().__init__(name)
        self.name = name
        self.refusal = refusal


def read_row(number: int, row: Mapping[str, Any], mapping: RequestMapping) -> Request | RefusedRow:
    """Understand one row (their column -> value, None or NaN where empty)."""
    given = {
        name: None if _empty(row.get(theirs)) else row.get(theirs)
        for name, theirs in mapping.columns.items()
    }
    try:
        return _understand(number, row, given, mapping)
    except _Refused as refused:
        theirs = mapping.columns.get(refused.name, refused.name)
        return RefusedRow(row=number, field=theirs, refusal=refused.refusal)


def _understand(
    number: int, row: Mapping[str, Any], given: Mapping[str, Any], mapping: RequestMapping
) -> Request:
    if given["key"] is None:
        raise _Refused("key", RowRefusal.NO_KEY)
    created_at, target_at, closed_at = (
        _time(name, given.get(name), mapping.zone) for name in ("created", "target", "closed")
    )
    if created_at is None:
        raise _Refused("created", RowRefusal.NO_TIME)
    if closed_at is not None and closed_at < created_at:
        raise _Refused("closed", RowRefusal.CLOSED_BEFORE_CREATED)
    lon, lat = _position(given["lon"], given["lat"])
    is_closed = _is_closed(given.get("status"), closed_at, mapping)
    kind = str(given["type"] or "")
    kept = {ours: _kept(row.get(theirs)) for ours, theirs in mapping.keep.items()}
    kept |= {"type": kind or None, "address": _kept(given.get("address"))}
    return Request(
        row=number,
        key=mapping.key_prefix + _text(given["key"]),
        kind=kind,
        category=mapping.category(kind),
        created_at=created_at,
        target_at=target_at,
        closed_at=(closed_at or created_at) if is_closed else None,
        description=str(given.get("description") or ""),
        lon=lon,
        lat=lat,
        attributes={name: value for name, value in kept.items() if value is not None},
    )


def _is_closed(status: Any, closed_at: datetime | None, mapping: RequestMapping) -> bool:
    if status is None:
        return closed_at is not None
    word = str(status).strip().casefold()
    if word not in mapping.closed_words | mapping.open_words:
        raise _Refused("status", RowRefusal.UNKNOWN_STATUS)
    return word in mapping.closed_words


def _position(lon: Any, lat: Any) -> tuple[float, float]:
    try:
        x, y = float(lon), float(lat)
    except (TypeError, ValueError):
        raise _Refused("lat", RowRefusal.NO_POSITION) from None
    if not (-180 <= x <= 180 and -90 <= y <= 90) or (x, y) == (0.0, 0.0):
        raise _Refused("lat", RowRefusal.NO_POSITION)
    return x, y


def _time(name: str, value: Any, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        aware = read if read.tzinfo is not None else read.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Refused(name, RowRefusal.BAD_TIME) from None


def _empty(value: Any) -> bool:
    # NaN and NaT are the only values that differ from themselves.
    return value is None or value != value or (isinstance(value, str) and not value.strip())  # noqa: PLR0124


def _text(value: Any) -> str:
    """A number that a reader made a float of is a whole number again."""
    return (
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    )


def _kept(value: Any) -> str | None:
    return None if _empty(value) else _text(value)
