"""Where the water of an outfall comes from: step by step upstream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Traced:
    """A source that an outfall's project found; the facility upstream where it is one."""

    number: str
    component_id: int
    name_zh: str
    name_en: str
    lon: float
    lat: float
    source: str
    party: str
    settled: bool
    upstream_id: int | None
    upstream_code: str | None
    upstream_zh: str | None
    upstream_en: str | None
    upstream_lon: float | None
    upstream_lat: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step upstream: ``depth`` 0 is what runs into the outfall itself."""

    depth: int
    source: Traced


def upstream(found: Sequence[Traced], component_id: int) -> list[Step]:
    """What an outfall's water comes from, each followed by what that comes from in its turn.

    What runs in a circle, as people may have noted it, is told once.
    """
    steps: list[Step] = []
    _follow(found, component_id, 0, {component_id}, steps)
    return steps


def beginnings(found: Sequence[Traced]) -> list[int]:
    """The outfalls (component_id) from which every trace is told once: those that are no source of
    another one, and one of each circle that none of them leads to."""
    below = {one.upstream_id for one in found}
    own = list(dict.fromkeys(one.component_id for one in found))
    begun: list[int] = []
    told: set[int] = set()
    for key in [*(one for one in own if one not in below), *own]:
        if key not in told:
            begun.append(key)
            told.add(key)
            told.update(step.source.component_id for step in upstream(found, key))
    return begun


def _follow(
    found: Sequence[Traced], component_id: int, depth: int, seen: set[int], steps: list[Step]
) -> None:
    for one in found:
        if one.component_id != component_id:
            continue
        steps.append(Step(depth=depth, source=one))
        if one.upstream_id is not None and one.upstream_id not in seen:
            seen.add(one.upstream_id)
            _follow(found, one.upstream_id, depth + 1, seen, steps)
