"""What the numbers of a station mean: factor code -> metric and unit, per device model.

The protocols name what was measured, but stations of one code send different units. A unit
profile is data (TOML): see docs/how-to/protocol-stations.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from iot_ingest.model.reading import FLAGS

PROTOCOLS = frozenset({"hj212", "sl651"})

# A factor whose unit must be told before its values can be used.
UNKNOWN_UNIT = "?"

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,62}")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_BEIJING = timedelta(hours=8)
# Which value of which message becomes a reading when a profile says nothing: the real-time one.
_HJ212_VALUES: Mapping[str, str] = MappingProxyType({"2011": "Rtd"})
_SL651_FUNCTIONS = ("30", "31", "32", "33", "34")
_FIELDS = frozenset(
    {"name", "protocol", "base", "default", "models", "title_zh", "title_en", "utc_offset",
     "values", "factors", "flags", "hour_series"}
)  # fmt: skip


class BadProfile(ValueError):
    """A unit profile that cannot be used; ``zh`` and ``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Use(NamedTuple):
    """What becomes of one value: reading of ``metric`` = value x ``times`` + ``plus``."""

    code: str
    metric: str
    times: float
    plus: float


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitProfile:
    """How the frames of some device models are read.

    ``uses`` maps command (CN, or function code) to value key (``a34002-rtd``, ``39``; lower
    case) to its use. ``known`` are the codes the profile speaks of: those without a use are
    left out on purpose. ``unknown_units`` are codes whose unit must be told first.
    """

    name: str
    protocol: str
    default: bool
    models: frozenset[str]
    title_zh: str
    title_en: str
    utc_offset: timedelta
    uses: Mapping[str, Mapping[str, Use]]
    known: frozenset[str]
    unknown_units: frozenset[str]
    flags: Mapping[str, str] = field(default_factory=dict)
    # SL 651, hourly report: whether its observation time is that of the first value of the hour
    hour_begins: bool = False


def parse_profile(
    document: Mapping[str, Any], base: Mapping[str, Any] | None = None
) -> UnitProfile:
    """Make a profile of a TOML document, on top of ``base`` (the document it names).

    Raises BadProfile.
    """
    whole = merged(document, base)
    name = _text(whole, "name")
    if not _NAME.fullmatch(name):
        raise BadProfile(f"单位方案名称“{name}”无效", f"{name!r} is no name for a unit profile")
    unknown = set(whole) - _FIELDS
    if unknown:
        raise BadProfile(
            f"单位方案 {name}：没有字段 {min(unknown)}",
            f"unit profile {name}: there is no field {min(unknown)}",
        )
    protocol = _text(whole, "protocol")
    if protocol not in PROTOCOLS:
        raise BadProfile(
            f"单位方案 {name}：协议应为 hj212 或 sl651",
            f"unit profile {name}: protocol must be hj212 or sl651",
        )
    factors = {str(code).lower(): spec for code, spec in whole.get("factors", {}).items()}
    commands = _commands(name, protocol, whole.get("values"))
    return UnitProfile(
        name=name,
        protocol=protocol,
        default=bool(document.get("default", False)),
        models=frozenset(str(one) for one in document.get("models", ())),
        title_zh=_text(whole, "title_zh"),
        title_en=_text(whole, "title_en"),
        utc_offset=_offset(name, whole.get("utc_offset")),
        uses=_uses(name, factors, commands),
        known=frozenset(factors),
        unknown_units=frozenset(code for code, spec in factors.items() if spec == UNKNOWN_UNIT),
        flags=_flags(name, whole.get("flags", {})),
        hour_begins=_hour_begins(name, whole.get("hour_series", "ends")),
    )


def merged(document: Mapping[str, Any], base: Mapping[str, Any] | None) -> dict[str, Any]:
    """``document`` on top of ``base``: tables are joined, everything else is replaced."""
    whole = dict(base or {})
    for key, value in document.items():
        if isinstance(value, Mapping) and isinstance(whole.get(key), Mapping) and key != "values":
            whole[key] = {**whole[key], **value}
        else:
            whole[key] = value
    return whole


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise BadProfile(f"单位方案缺少 {key}", f"a unit profile lacks {key}")
    return value


def _commands(name: str, protocol: str, values: object) -> dict[str, str]:
    """Command -> the suffix of its values that is taken ("" for SL 651, which has none)."""
    if protocol == "sl651":
        return dict.fromkeys(_SL651_FUNCTIONS, "")
    if values is None:
        return dict(_HJ212_VALUES)
    if not isinstance(values, Mapping) or not all(isinstance(one, str) for one in values.values()):
        raise BadProfile(
            f'单位方案 {name}：values 应为“命令编号 = 后缀”，如 2011 = "Rtd"',
            f'unit profile {name}: values must be command = suffix, as in 2011 = "Rtd"',
        )
    return {str(command): suffix for command, suffix in values.items()}


def _uses(
    name: str, factors: Mapping[str, object], commands: Mapping[str, str]
) -> dict[str, dict[str, Use]]:
    uses: dict[str, dict[str, Use]] = {command: {} for command in commands}
    for code, spec in factors.items():
        if spec in ("", UNKNOWN_UNIT):
            continue
        table = {"metric": spec} if isinstance(spec, str) else spec
        if not isinstance(table, Mapping) or set(table) - {
            "metric", "times", "plus", "suffix", "commands"
        }:  # fmt: skip
            raise _bad_factor(name, code)
        use = Use(code, _metric(name, code, table), *_line(name, code, table))
        for command, suffix in commands.items():
            if command in [str(one) for one in table.get("commands", commands)]:
                wanted = str(table.get("suffix", suffix)).lower()
                uses[command][f"{code}-{wanted}" if wanted else code] = use
    return uses


def _metric(name: str, code: str, table: Mapping[str, Any]) -> str:
    metric = table.get("metric")
    if not isinstance(metric, str) or not _METRIC.fullmatch(metric):
        raise _bad_factor(name, code)
    return metric


def _line(name: str, code: str, table: Mapping[str, Any]) -> tuple[float, float]:
    times, plus = table.get("times", 1.0), table.get("plus", 0.0)
    for value in (times, plus):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _bad_factor(name, code)
        if not math.isfinite(value):
            raise _bad_factor(name, code)
    if not times:
        raise _bad_factor(name, code)
    return float(times), float(plus)


def _bad_factor(name: str, code: str) -> BadProfile:
    return BadProfile(
        f"单位方案 {name}：因子 {code} 应写成指标名，或"
        " { metric, times, plus, suffix, commands }",
        f"unit profile {name}: factor {code} must be a metric's name or"
        " { metric, times, plus, suffix, commands }",
    )


def _offset(name: str, text: object) -> timedelta:
    if text is None:
        return _BEIJING
    found = _OFFSET.fullmatch(str(text))
    if found is None:
        raise BadProfile(
            f"单位方案 {name}：utc_offset 应形如 +08:00",
            f"unit profile {name}: utc_offset must look like +08:00",
        )
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -offset if found[1] == "-" else offset


def _flags(name: str, flags: object) -> dict[str, str]:
    if not isinstance(flags, Mapping) or not all(flag in FLAGS for flag in flags.values()):
        raise BadProfile(
            f"单位方案 {name}：flags 只能对应到 N、F、M、S、D、C、T、B",
            f"unit profile {name}: flags must map to N, F, M, S, D, C, T or B",
        )
    return {str(sent).lower(): str(flag) for sent, flag in flags.items()}


def _hour_begins(name: str, text: object) -> bool:
    if text not in ("begins", "ends"):
        raise BadProfile(
            f"单位方案 {name}：hour_series 应为 begins 或 ends",
            f"unit profile {name}: hour_series must be begins or ends",
        )
    return text == "begins"
