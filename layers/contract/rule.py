"""How one metric of one device is judged."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from layers.contract.finding import Finding, Seed
from layers.contract.group import Member, Scope
from layers.contract.limits import Attributes, Limits
from layers.contract.reading import Series
from layers.contract.wording import Words


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

    @property
    def scope(self) -> Scope | None:
        """Whom it compares; None: it looks at each device alone."""

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

    def compare(self, members: Sequence[Member], limits: Limits) -> Mapping[int, float]:
        """Return what is judged of each member in one window, where the rule has a scope."""
