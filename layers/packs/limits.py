"""Limits as data: which number counts for which device, by which clause, since when."""

import math
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from layers.contract import Attributes, Bound, Words
from layers.packs.reading import Fields, PackError, load

_ENTRY = (
    "standard",
    "source",
    "effective_from",
    "sure",
    "strict",
    "margin",
    "margin_share",
    "sustain",
    "calm",
    "window",
    "share",
    "point",
    "utc_offset",
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
        window = f" in {self.window_ms // 3_600_000} h" if self.window_ms else ""
        return f"{self.level}: {source}{factor}{offset}{window}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One rule's limits in a pack. ``sure``: "read" in the standard itself, "second-hand", or the
    city's "own" figure."""

    name: str
    standard: str
    source: str
    effective_from: date
    sure: str
    strict: bool
    margin: float
    margin_share: float
    sustain_ms: int
    calm_ms: int
    window_ms: int
    share: float
    point: float
    utc_offset_ms: int
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
                        clause=f"{self.standard}, {spec.clause}",
                        label=Words(
                            zh=spec.label.zh.format(key=key), en=spec.label.en.format(key=key)
                        ),
                        window_ms=spec.window_ms,
                    )
                )
        return tuple(found)


def interval_ms(attributes: Attributes) -> int:
    """Return the time between two readings of a device, one minute where nobody says."""
    if attributes.get("interval_s") is None:
        return 60_000
    seconds = _number(attributes, "interval_s")
    if seconds <= 0:
        raise _bad("interval_s", seconds)
    return max(1, round(seconds * 1_000))


@cache
def entry(name: str) -> Entry:
    """Return the limits ``PACK.RULE``, e.g. "flood.river_level". Raises PackError."""
    pack, _, rule = name.partition(".")
    entries = _pack(pack)
    if rule not in entries:
        raise PackError(f"{pack}.toml has no limits {rule!r}")
    return entries[rule]


def entries(pack: str) -> dict[str, Entry]:
    """Return all limits of a pack by the rule's name. Raises PackError."""
    return dict(_pack(pack))


@cache
def _pack(pack: str) -> dict[str, Entry]:
    return {
        rule: made(f"{pack}.{rule}", Fields(table, f"{pack}.toml: {rule}"))
        for rule, table in load(pack).items()
    }


def made(name: str, fields: Fields) -> Entry:
    """Make one rule's limits of its table. Raises PackError."""
    fields.known(_ENTRY)
    sustain_ms = fields.ms("sustain", 0)
    limits = Entry(
        name=name,
        standard=fields.text("standard"),
        source=fields.text("source"),
        effective_from=fields.day("effective_from"),
        sure=fields.one_of("sure", _SURE),
        strict=fields.truth("strict", False),
        margin=fields.number("margin", 0.0),
        margin_share=fields.number("margin_share", 0.0),
        sustain_ms=sustain_ms,
        calm_ms=fields.ms("calm", sustain_ms),
        window_ms=fields.ms("window", 0),
        share=fields.number("share", 0.0),
        point=fields.number("point", 0.0),
        utc_offset_ms=fields.ms("utc_offset", 0),
        silent_intervals=fields.number("silent_intervals", 0.0),
        silent_at_least_ms=fields.ms("silent_at_least", 0),
        specs=tuple(_spec(inner) for inner in fields.tables("bounds")),
    )
    levels = [spec.level for spec in limits.specs]
    if not levels or levels != sorted(set(levels)):
        raise PackError(f"{fields.where}: bounds must have rising levels")
    if limits.margin < 0 or not 0 <= limits.margin_share < 1 or not 0 <= limits.share <= 1:
        raise PackError(f"{fields.where}: margin, margin_share or share is out of range")
    return limits


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
    )
    if not 1 <= made.level <= 4:
        raise PackError(f"{fields.where}: level must be 1, 2, 3 or 4")
    if made.by is not None and (made.default is None or made.default not in made.values):
        raise PackError(f"{fields.where}: default must be one of values")
    if made.value is None and made.attribute is None and made.by is None:
        raise PackError(f"{fields.where}: value, attribute or by is missing")
    return made


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
