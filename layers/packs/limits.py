"""Limits as data: which number counts for which device, by which clause, in which hours, since
when. An entry is one table, or an array of tables: its versions, each from its date on."""

import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from layers.contract import Attributes, Bound, Hours, Words, zone_of
from layers.packs.reading import Fields, PackError, load

_ENTRY = (
    "standard",
    "source",
    "effective_from",
    "sure",
    "carried_from",
    "strict",
    "margin",
    "margin_share",
    "sustain",
    "calm",
    "window",
    "share",
    "point",
    "rests_at",
    "members_at_least",
    "time_zone",
    "silent_intervals",
    "silent_at_least",
    "bounds",
)
_BOUND = (
    "level",
    "clause",
    "label",
    "value",
    "attribute",
    "by",
    "values",
    "default",
    "factor",
    "offset",
    "window",
    "hours",
    "flags",
)
_SURE = ("read", "second-hand", "own")


class BadAttribute(ValueError):
    """A device's attribute is not what a limit needs; tells it in ``zh`` and ``en``."""

    def __init__(self, attribute: str, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.attribute = attribute
        self.zh = zh
        self.en = en


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundSpec:
    """Where a bound's number comes from: the device's ``attribute``, else ``values`` chosen by
    the attribute ``by``, else ``value``; times ``factor``, plus ``offset``."""

    level: int
    clause: str
    label: Words
    value: float | None
    attribute: str | None
    by: str | None
    values: MappingProxyType[str, float]
    default: str | None
    factor: float
    offset: float
    window_ms: int
    hours: Hours | None
    flags: str

    def number(self, attributes: Attributes) -> tuple[float | None, str]:
        """Return the limit for a device (None: it has none) and the chosen key of ``values``.

        Raises BadAttribute.
        """
        number, key = self.value, ""
        if self.by is not None:
            key = _choice(attributes, self.by, self.values, self.default)
            number = self.values[key]
        if self.attribute is not None and attributes.get(self.attribute) is not None:
            number = _number(attributes, self.attribute)
        return (None if number is None else number * self.factor + self.offset), key

    def told(self) -> str:
        """Describe where the number comes from: "2: warning_m - 0.2"."""
        choice = ", ".join(f"{key} {value:g}" for key, value in self.values.items())
        source = f"{self.by} ({choice})" if self.by else ""
        if self.value is not None:
            source = f"{self.value:g}"
        if self.attribute is not None:
            source = f"{self.attribute}{f' (else {source})' if source else ''}"
        factor = f" × {self.factor:g}" if self.factor != 1 else ""
        offset = f" {self.offset:+g}" if self.offset else ""
        if self.flags:
            source = f"flags {self.flags}"
        window = f" in {_span(self.window_ms)}" if self.window_ms else ""
        hours = f" at {self.hours.told()}" if self.hours else ""
        return f"{self.level}: {source}{factor}{offset}{window}{hours}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One version of a rule's limits in a pack. ``sure``: "read" in the standard itself,
    "second-hand", or the city's "own" figure; ``carried_from``: the older standard whose numbers
    stand in for those of this one, which nobody here has seen."""

    name: str
    standard: str
    source: str
    effective_from: date
    sure: str
    carried_from: str | None
    strict: bool
    margin: float
    margin_share: float
    sustain_ms: int
    calm_ms: int
    window_ms: int
    share: float
    point: float
    rests_at: float | None
    members_at_least: int
    time_zone: str
    silent_intervals: float
    silent_at_least_ms: int
    specs: tuple[BoundSpec, ...]

    def bounds(self, attributes: Attributes, sign: int) -> tuple[Bound, ...]:
        """Return the device's bounds from the mildest to the worst; ``sign`` is -1 where smaller
        is worse. Empty where none applies. Raises BadAttribute."""
        found = []
        for spec in self.specs:
            number, key = spec.number(attributes)
            if number is not None:
                margin = self.margin + self.margin_share * abs(number)
                found.append(
                    Bound(
                        level=spec.level,
                        value=number,
                        calm=number - sign * margin,
                        clause=f"{self.named}, {spec.clause}",
                        label=Words(
                            zh=spec.label.zh.format(key=key), en=spec.label.en.format(key=key)
                        ),
                        window_ms=spec.window_ms,
                        hours=spec.hours,
                        flags=spec.flags,
                    )
                )
        return tuple(found)

    @property
    def named(self) -> str:
        """The standard as findings cite it; says so where its numbers are an older one's."""
        if self.carried_from is None:
            return self.standard
        return f"{self.standard}（沿用 values of {self.carried_from}）"

    def zone(self, attributes: Attributes) -> str:
        """Return the time zone of the device's local day (IANA): its own or the city's, else the
        pack's. Raises BadAttribute."""
        if attributes.get("time_zone") is None:
            return self.time_zone
        known = zone_of(attributes["time_zone"])
        if known is None:
            raise _bad("time_zone", attributes["time_zone"])
        return known


def interval_ms(attributes: Attributes) -> int:
    """Return the time between two readings of a device, one minute where nobody says."""
    if attributes.get("interval_s") is None:
        return 60_000
    seconds = _number(attributes, "interval_s")
    if seconds <= 0:
        raise _bad("interval_s", seconds)
    return max(1, round(seconds * 1_000))


@cache
def versions(name: str) -> tuple[Entry, ...]:
    """Return the versions of the limits ``PACK.RULE``, e.g. "flood.river_level", the oldest
    first. Raises PackError."""
    pack, _, rule = name.partition(".")
    found = _pack(pack)
    if rule not in found:
        raise PackError(f"{pack}.toml has no limits {rule!r}")
    return found[rule]


def entry(name: str) -> Entry:
    """Return the newest version of the limits ``PACK.RULE``. Raises PackError."""
    return versions(name)[-1]


def entries(pack: str) -> dict[str, Entry]:
    """Return the newest limits of a pack by the rule's name. Raises PackError."""
    return {rule: found[-1] for rule, found in _pack(pack).items()}


@cache
def _pack(pack: str) -> dict[str, tuple[Entry, ...]]:
    return {
        rule: all_made(f"{pack}.{rule}", told, f"{pack}.toml: {rule}")
        for rule, told in load(pack).items()
    }


def all_made(name: str, told: Any, where: str) -> tuple[Entry, ...]:
    """Make the versions of one rule's limits of its table or tables. Raises PackError."""
    if isinstance(told, dict):
        return (made(name, Fields(told, where)),)
    tables = Fields({"versions": told}, where).tables("versions")
    found = tuple(made(name, fields) for fields in tables)
    dates = [one.effective_from for one in found]
    if not dates or dates != sorted(set(dates)):
        raise PackError(f"{where}: versions must have rising dates effective_from")
    if len(found) > 1 and any(one.silent_intervals or one.silent_at_least_ms for one in found):
        raise PackError(f"{where}: patience with silence has one version")
    return found


def made(name: str, fields: Fields) -> Entry:
    """Make one version of a rule's limits of its table. Raises PackError."""
    fields.known(_ENTRY)
    sustain_ms = fields.ms("sustain", 0)
    limits = Entry(
        name=name,
        standard=fields.text("standard"),
        source=fields.text("source"),
        effective_from=fields.day("effective_from"),
        sure=fields.one_of("sure", _SURE),
        carried_from=fields.text("carried_from", None),
        strict=fields.truth("strict", False),
        margin=fields.number("margin", 0.0),
        margin_share=fields.number("margin_share", 0.0),
        sustain_ms=sustain_ms,
        calm_ms=fields.ms("calm", sustain_ms),
        window_ms=fields.ms("window", 0),
        share=fields.number("share", 0.0),
        point=fields.number("point", 0.0),
        rests_at=fields.number("rests_at", None),
        members_at_least=fields.whole("members_at_least", 0),
        time_zone=fields.text("time_zone", "UTC"),
        silent_intervals=fields.number("silent_intervals", 0.0),
        silent_at_least_ms=fields.ms("silent_at_least", 0),
        specs=tuple(_spec(inner) for inner in fields.tables("bounds")),
    )
    if not _levels_rise(limits.specs):
        raise PackError(f"{fields.where}: bounds must have rising levels")
    if limits.margin < 0 or not 0 <= limits.margin_share < 1 or not 0 <= limits.share <= 1:
        raise PackError(f"{fields.where}: margin, margin_share or share is out of range")
    if zone_of(limits.time_zone) is None:
        raise PackError(f"{fields.where}: time_zone {limits.time_zone!r} is no IANA name")
    return limits


def _levels_rise(specs: tuple[BoundSpec, ...]) -> bool:
    """Whether levels rise among the bounds that hold at the same hour, at every hour."""
    marks = {mark for spec in specs if spec.hours for mark in (spec.hours.start, spec.hours.end)}
    for minute in marks or {0}:
        levels = [spec.level for spec in specs if spec.hours is None or minute in spec.hours]
        if levels != sorted(set(levels)):
            return False
    return bool(specs)


def _spec(fields: Fields) -> BoundSpec:
    fields.known(_BOUND)
    made = BoundSpec(
        level=fields.whole("level"),
        clause=fields.text("clause"),
        label=fields.words("label"),
        value=fields.number("value", None),
        attribute=fields.text("attribute", None),
        by=fields.text("by", None),
        values=MappingProxyType(fields.numbers("values")),
        default=fields.text("default", None),
        factor=fields.number("factor", 1.0),
        offset=fields.number("offset", 0.0),
        window_ms=fields.ms("window", 0),
        hours=fields.hours("hours"),
        flags=fields.text("flags", ""),
    )
    if not 1 <= made.level <= 4:
        raise PackError(f"{fields.where}: level must be 1, 2, 3 or 4")
    if made.by is not None and (made.default is None or made.default not in made.values):
        raise PackError(f"{fields.where}: default must be one of values")
    if made.value is None and made.attribute is None and made.by is None:
        raise PackError(f"{fields.where}: value, attribute or by is missing")
    return made


def _span(span_ms: int) -> str:
    if span_ms % 3_600_000:
        return f"{span_ms // 60_000} min"
    return f"{span_ms // 3_600_000} h"


def _bad(attribute: str, value: object) -> BadAttribute:
    return BadAttribute(
        attribute,
        zh=f"设备属性 {attribute} 的值 {value!r} 不可用",
        en=f"device attribute {attribute} cannot be {value!r}",
    )


def _number(attributes: Attributes, name: str) -> float:
    value: Any = attributes[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad(name, value)
    return float(value)


def _choice(
    attributes: Attributes, name: str, values: MappingProxyType[str, float], default: str | None
) -> str:
    value = attributes.get(name, default)
    if not isinstance(value, str) or value not in values:
        raise _bad(name, value)
    return value
