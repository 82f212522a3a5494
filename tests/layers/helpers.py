"""Short ways to a rule, its limits and a series."""

from collections.abc import Mapping, Sequence
from typing import Any

import layers
from layers.contract import Finding, Limits, Rule, Series

SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000

Spans = list[tuple[int, int | None, int]]


def rule(name: str) -> Rule:
    """Find a rule of any layer by its name."""
    return next(
        one for layer in layers.discover().values() for one in layer.rules if one.name == name
    )


def limits_of(name: str, interval_s: float = 60, **attributes: Any) -> Limits:
    """Limits of a rule for a device; fails where it has none."""
    found = rule(name).limits({**attributes, "interval_s": interval_s})
    assert found is not None
    return found


def series(
    values: Mapping[int, float] | Sequence[float], step_ms: int = MINUTE, flags: str = ""
) -> Series:
    """Make a series from values every ``step_ms``, or from values by place."""
    places = dict(enumerate(values)) if not isinstance(values, Mapping) else dict(values)
    letters = [letter.encode() for letter in flags] or None
    return Series.of([place * step_ms for place in places], list(places.values()), letters)


def spans(findings: Sequence[Finding], step_ms: int = MINUTE) -> Spans:
    """Describe findings as (onset place, end place, level)."""
    return [
        (
            one.onset_ms // step_ms,
            None if one.ended_ms is None else one.ended_ms // step_ms,
            one.level,
        )
        for one in findings
    ]
