"""What a scenario layer is made of: the nouns, without a single number of any city.

Times are epoch milliseconds (int64) because rules compute over arrays; everything is pure, and
"now" is a parameter. See docs/layers.md for how to write a layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Attributes = Mapping[str, Any]
"""What is known of one device: its own attributes and ``interval_s``, seconds between readings."""

FLAG_NORMAL = b"N"
"""The only flag whose readings may raise a pollution or flood alarm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str

    def told(self, language: str) -> str:
        """Return the text in ``language`` ("zh", anything else is English)."""
        return self.zh if language == "zh" else self.en

    def as_dict(self) -> dict[str, str]:
        """Return ``{"zh": ..., "en": ...}``."""
        return {"zh": self.zh, "en": self.en}


def words(zh: str, en: str) -> Words:
    """Short for ``Words(zh=..., en=...)``: layer files are full of them."""
    return Words(zh=zh, en=en)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A measured quantity; values outside ``lowest..highest`` cannot be true."""

    name: str
    unit: str
    decimals: int
    lowest: float
    highest: float
    name_zh: str
    name_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One measured value; ``ts_ms`` is the time of measurement."""

    ts_ms: int
    value: float
    flag: str = "N"


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Readings of one device and metric: ``ts`` int64 ms, strictly increasing; ``value`` finite
    float64; ``flag`` S1; three arrays of one length."""

    ts: NDArray[np.int64]
    value: NDArray[np.float64]
    flag: NDArray[np.bytes_]

    @classmethod
    def of(
        cls,
        ts: Sequence[int] | NDArray[np.int64],
        value: Sequence[float] | NDArray[np.float64],
        flag: Sequence[bytes] | NDArray[np.bytes_] | None = None,
    ) -> Self:
        """Sort by time, keep the first of equal times, drop values that are not finite."""
        times = np.asarray(ts, dtype=np.int64)
        values = np.asarray(value, dtype=np.float64)
        flags = np.full(len(times), FLAG_NORMAL, "S1") if flag is None else np.asarray(flag, "S1")
        finite = np.isfinite(values)
        times, first = np.unique(times[finite], return_index=True)
        return cls(ts=times, value=values[finite][first], flag=flags[finite][first])

    @classmethod
    def of_readings(cls, readings: Sequence[Reading]) -> Self:
        """Make a series of single readings in any order."""
        return cls.of(
            [reading.ts_ms for reading in readings],
            [reading.value for reading in readings],
            [reading.flag.encode() for reading in readings],
        )

    def __len__(self) -> int:
        return len(self.ts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A stretch of readings someone must act on: open on ``[onset_ms, ended_ms)``.

    The onset is the reading at which the condition was fulfilled (after its minimum duration, if
    it has one), the end the reading at which all was calm again; ``None`` while it lasts.
    ``level``, ``bound`` and ``clause`` are those of the peak, so they only rise while it lasts.
    A provisional finding disappears when readings that are still under way arrive.
    """

    rule: str
    onset_ms: int
    ended_ms: int | None
    level: int
    peak: float
    peak_ms: int
    bound: float
    clause: str
    provisional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """The finding that is open just before the time from which a rule judges."""

    onset_ms: int
    level: int
    peak: float
    peak_ms: int
    bound: float
    clause: str

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Carry an open finding on."""
        return cls(
            onset_ms=finding.onset_ms,
            level=finding.level,
            peak=finding.peak,
            peak_ms=finding.peak_ms,
            bound=finding.bound,
            clause=finding.clause,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """One limit of a rule for one device: passing ``value`` means ``level``; a finding ends when
    the measured quantity is back inside ``calm``. ``window_ms`` where each limit has its own."""

    level: int
    value: float
    calm: float
    clause: str
    label: Words
    window_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Everything a rule needs to know of one device, from its pack and the device's attributes.

    ``lookback_ms`` says how far before the first judged reading a rule must read.
    """

    bounds: tuple[Bound, ...]
    lookback_ms: int
    interval_ms: int
    strict: bool = False
    sustain_ms: int = 0
    calm_ms: int = 0
    gap_ms: int = 0
    window_ms: int = 0
    share: float = 0.0
    point: float = 0.0
    utc_offset_ms: int = 0
    silent_after_ms: int = 0

    def bound(self, level: int) -> Bound:
        """Return the limit of ``level`` (of the nearest lower one, if a pack dropped it)."""
        chosen = self.bounds[0]
        for bound in self.bounds:
            if bound.level <= level:
                chosen = bound
        return chosen


class Rule(Protocol):
    """How one metric of one device is judged. Implementations are in ``layers.rules``."""

    @property
    def name(self) -> str:
        """Unique over all layers; stored with findings, so it is never renamed."""

    @property
    def metric(self) -> str: ...

    @property
    def category(self) -> str:
        """Code of the category of the events it raises."""

    @property
    def pack(self) -> str:
        """Which limits it uses, e.g. "flood.river_level"."""

    @property
    def names(self) -> Words: ...

    @property
    def title(self) -> Words:
        """Template of an event's title; see ``layers.titles``."""

    @property
    def recovery(self) -> Words | None:
        """Template of the sentence when it is over; None: the usual one."""

    @property
    def below(self) -> bool:
        """True where smaller values are worse."""

    @property
    def decimals(self) -> int | None:
        """Decimals of peak and bound, where they differ from the metric's."""

    @property
    def clock_driven(self) -> bool:
        """True if it must also be judged while no reading comes."""

    def limits(self, attributes: Attributes) -> Limits | None:
        """Return this device's limits, None where the rule does not apply to it.

        Raises ``layers.packs.BadAttribute`` when an attribute is not what the pack expects.
        """

    def judge(
        self,
        series: Series,
        limits: Limits,
        seed: Seed | None = None,
        now_ms: int = 0,
        *,
        since_ms: int | None = None,
    ) -> tuple[Finding, ...]:
        """Return the findings open at or after ``since_ms`` (default: the first reading), by
        onset, never overlapping. Readings before it are context: they fill windows but neither
        open nor close a finding; ``seed`` is what is open there. Judging a part from its seed
        gives the same as judging the whole, in whatever order the readings arrived."""


class Shape(StrEnum):
    """Marker of a layer: told apart without colour."""

    DROP = "drop"
    SQUARE = "square"
    TRIANGLE = "triangle"
    HEXAGON = "hexagon"
    DIAMOND = "diamond"
    CIRCLE = "circle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How a layer looks on a dark map: ``colour`` as #rrggbb, ``icon`` as the path data of an
    SVG of 24 x 24, drawn filled."""

    colour: str
    shape: Shape
    icon: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Severity:
    """One of the four warning colours, the same in all layers."""

    level: int
    colour: str
    names: Words


SEVERITY: Mapping[int, Severity] = {
    1: Severity(level=1, colour="#4da3ff", names=Words(zh="蓝色（提示）", en="Blue (notice)")),
    2: Severity(level=2, colour="#ffd53d", names=Words(zh="黄色（一般）", en="Yellow (moderate)")),
    3: Severity(level=3, colour="#ff8f1f", names=Words(zh="橙色（较重）", en="Orange (serious)")),
    4: Severity(level=4, colour="#ff4d4f", names=Words(zh="红色（严重）", en="Red (severe)")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Legend:
    """One line of a layer's legend, with the warning colour it explains (None: quiet)."""

    level: int | None
    text: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A step of handling, for layers that show tickets: the ticket states it stands for."""

    code: str
    names: Words
    states: tuple[str, ...]
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """A finding the loud series must give; onset and end as places in it (``ended`` None: it
    lasts)."""

    level: int
    onset: int
    ended: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Two short series of a rule: in ``quiet`` it must find nothing, in ``loud`` exactly
    ``finds``. Values come every ``every_s`` seconds; None: no reading came."""

    rule: str
    every_s: int
    quiet: tuple[float | None, ...]
    loud: tuple[float | None, ...]
    finds: tuple[Expected, ...]
    attributes: Attributes = field(default_factory=dict)

    def series(self, values: tuple[float | None, ...]) -> Series:
        """Return ``quiet`` or ``loud`` as readings, the first at time 0."""
        came = [(place, value) for place, value in enumerate(values) if value is not None]
        return Series.of(
            [place * self.every_s * 1_000 for place, _ in came], [value for _, value in came]
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A scenario: what is measured, what is wrong, which category answers, how it looks."""

    code: str
    names: Words
    purpose: Words
    style: Style
    metrics: tuple[Metric, ...] = ()
    rules: tuple[Rule, ...] = ()
    legend: tuple[Legend, ...] = ()
    stages: tuple[Stage, ...] = ()
    samples: tuple[Sample, ...] = ()

    @property
    def name_zh(self) -> str:
        """Chinese name."""
        return self.names.zh

    @property
    def name_en(self) -> str:
        """English name."""
        return self.names.en

    @property
    def categories(self) -> dict[str, str]:
        """Category code by the name of the rule."""
        return {rule.name: rule.category for rule in self.rules}
