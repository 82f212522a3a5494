"""A scenario with its looks, legend and samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from layers.contract.limits import Attributes
from layers.contract.reading import Metric, Series
from layers.contract.rule import Rule
from layers.contract.wording import Words


class Shape(StrEnum):
    """Marker of a layer: told apart without colour."""

    DROP = "drop"
    SQUARE = "square"
    TRIANGLE = "triangle"
    HEXAGON = "hexagon"
    DIAMOND = "diamond"
    CIRCLE = "circle"
    PENTAGON = "pentagon"
    OCTAGON = "octagon"


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
class ProjectStage:
    """A step of a project, for layers that show projects: told apart by colour, by shape, and by
    one character inside (``sign``)."""

    code: str
    names: Words
    sign: Words
    colour: str
    shape: Shape


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
    ``finds``. Values come every ``every_s`` seconds; None: no reading came. The flags are one
    letter for each value; without them all are normal."""

    rule: str
    every_s: int
    quiet: tuple[float | None, ...]
    loud: tuple[float | None, ...]
    finds: tuple[Expected, ...]
    attributes: Attributes = field(default_factory=dict)
    quiet_flags: str = ""
    loud_flags: str = ""

    def series(self, values: tuple[float | None, ...]) -> Series:
        """Return ``quiet`` or ``loud`` as readings, the first at time 0."""
        flags = self.loud_flags if values is self.loud else self.quiet_flags
        came = [(place, value) for place, value in enumerate(values) if value is not None]
        return Series.of(
            [place * self.every_s * 1_000 for place, _ in came],
            [value for _, value in came],
            [flags[place].encode() for place, _ in came] if flags else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A scenario: what is measured, what is wrong, which category answers, how it looks.

    One that measures nothing shows tickets by ``stages``, or ``facilities`` (kinds of components)
    with what they have in store and the tasks around them.
    """

    code: str
    names: Words
    purpose: Words
    style: Style
    metrics: tuple[Metric, ...] = ()
    rules: tuple[Rule, ...] = ()
    legend: tuple[Legend, ...] = ()
    stages: tuple[Stage, ...] = ()
    projects: tuple[ProjectStage, ...] = ()
    facilities: tuple[str, ...] = ()
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
