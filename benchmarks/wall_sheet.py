"""The table of a run: what was measured, what it must keep, and how near it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Line:
    """A figure. ``most`` or ``least`` is its bound; None of both: it is told only."""

    part: str
    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float | None:
        """Of its bound: 1.0 is just held, and less is better."""
        if self.most is not None:
            return self.value / self.most
        if self.least is not None:
            return self.least / self.value if self.value else float("inf")
        return None

    @property
    def holds(self) -> bool:
        """Whether it keeps its bound."""
        return self.ratio is None or self.ratio <= 1.0

    def told(self, before: float | None) -> str:
        """For people; ``before``: of an earlier run."""
        text = f"  {self.name:58} {_number(self.value):>9} {self.unit:5}"
        if self.ratio is not None:
            bound = f"most {self.most:g}" if self.most is not None else f"least {self.least:g}"
            text += f"  {bound:>12}  x {self.ratio:5.2f}  {'' if self.holds else 'NOT MET'}"
        if before:
            text += f"  (x {self.value / before:.2f} of before)"
        return text


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


@dataclass
class Sheet:
    """Lines, printed as they come."""

    before: dict[str, float] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    part: str = ""

    def begin(self, part: str, about: str) -> None:
        """Say what comes now."""
        self.part = part
        print(f"\n{part}: {about}", flush=True)

    def say(self, text: str) -> None:
        """A line of progress."""
        print(f"  ... {text}", flush=True)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        most: float | None = None,
        least: float | None = None,
    ) -> None:
        """Take and print one figure."""
        line = Line(part=self.part, name=name, value=value, unit=unit, most=most, least=least)
        self.lines.append(line)
        print(line.told(self.before.get(f"{self.part}/{name}")), flush=True)

    @property
    def missed(self) -> list[Line]:
        """Lines that do not keep their bound."""
        return [one for one in self.lines if not one.holds]

    def save(self, file: Path) -> None:
        """Keep the figures for ``--beside``."""
        file.write_text(json.dumps({f"{one.part}/{one.name}": one.value for one in self.lines}))

    def verdict(self) -> str:
        """The last line."""
        bounds = [one for one in self.lines if one.ratio is not None]
        held = len(bounds) - len(self.missed)
        names = "".join(f"\n  NOT MET: {one.part}: {one.name}" for one in self.missed)
        return f"\n{held} of {len(bounds)} bounds hold{names}"
