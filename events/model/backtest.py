"""What past tickets would have become under other duties: who right, who wrong, who more to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from events.model.duty import Subject, TimeClass, time_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from events.model.calendar import Calendar
    from events.model.category import Category
    from events.model.event import Source
    from events.model.routing import Book

_EXAMPLES = 40
_PER_FLOW = 4


@dataclass(frozen=True, slots=True)
class PastRouting:
    """A ticket that was routed once. ``solved_by``: the code of the department that disposed of it,
    after every hand-back and new dispatch; None where nobody has."""

    number: str
    category_code: str
    area_id: int
    severity: int
    source: Source
    filed_at: datetime
    component: str
    owner: str
    solved_by: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A ticket that would go elsewhere. Departments by code; rules by position; None: nobody."""

    number: str
    category: str
    before: str | None
    before_rule: int | None
    after: str | None
    after_rule: int | None
    solved_by: str | None

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``open``: against who solved it."""
        if self.solved_by is not None and self.after == self.solved_by:
            return "better"
        return "worse" if self.solved_by is not None and self.before == self.solved_by else "open"

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "number": self.number, "category": self.category, "before": self.before,
            "before_rule": self.before_rule, "after": self.after, "after_rule": self.after_rule,
            "solved_by": self.solved_by, "verdict": self.verdict,
        }  # fmt: skip


@dataclass(slots=True)
class Backtest:
    """The counts, while tickets go through them. ``against`` is compared with: what is in force.

    ``load``: department -> (before, after, solved); None is nobody. ``hits``: rule of the new
    version -> tickets that it decided.
    """

    version: int
    against: int
    tickets: int = 0
    solved: int = 0
    moved: int = 0
    right_before: int = 0
    right_after: int = 0
    better: int = 0
    worse: int = 0
    before: Counter[str | None] = field(default_factory=Counter)
    after: Counter[str | None] = field(default_factory=Counter)
    solvers: Counter[str] = field(default_factory=Counter)
    hits: Counter[int] = field(default_factory=Counter)
    flows: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    examples: dict[tuple[str | None, str | None], list[Example]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, one: PastRouting, old: _Decided, new: _Decided) -> None:
        """Count one ticket."""
        self.tickets += 1
        self.before[old[0]] += 1
        self.after[new[0]] += 1
        if new[1] is not None:
            self.hits[new[1]] += 1
        if one.solved_by is not None:
            self.solved += 1
            self.solvers[one.solved_by] += 1
            self.right_before += old[0] == one.solved_by
            self.right_after += new[0] == one.solved_by
        if old[0] == new[0]:
            return
        self.moved += 1
        flow = (old[0], new[0])
        self.flows[flow] += 1
        example = Example(
            number=one.number, category=one.category_code, before=old[0], before_rule=old[1],
            after=new[0], after_rule=new[1], solved_by=one.solved_by,
        )  # fmt: skip
        self.better += example.verdict == "better"
        self.worse += example.verdict == "worse"
        kept = self.examples[flow]
        if len(kept) < _PER_FLOW:
            kept.append(example)

    def as_dict(self) -> dict[str, Any]:
        """For programs, and as kept; shares are None where nothing was solved."""

        def share(right: int) -> float | None:
            return round(right / self.solved, 4) if self.solved else None

        every = {*self.before, *self.after, *self.solvers}
        load = [
            {"department": one, "before": self.before[one], "after": self.after[one],
             "solved": self.solvers[one] if one is not None else 0}
            for one in sorted(every, key=lambda each: (each is None, each or ""))
        ]  # fmt: skip
        flows = [
            {"from": old, "to": new, "tickets": count}
            for (old, new), count in self.flows.most_common()
        ]
        examples = [one for flow, _ in self.flows.most_common() for one in self.examples[flow]]
        return {
            "version": self.version, "against": self.against, "tickets": self.tickets,
            "solved": self.solved, "moved": self.moved, "better": self.better,
            "worse": self.worse, "accuracy_before": share(self.right_before),
            "accuracy_after": share(self.right_after), "nobody_before": self.before[None],
            "nobody_after": self.after[None], "load": load, "flows": flows,
            "rules": [{"rule": rule, "tickets": n} for rule, n in sorted(self.hits.items())],
            "examples": [one.as_dict() for one in examples[:_EXAMPLES]],
        }  # fmt: skip


_Decided = tuple[str | None, int | None]


class Replayer:
    """Routes past tickets under two versions; what is alike is decided once."""

    def __init__(
        self, old: Book, new: Book, *, categories: Mapping[str, Category],
        paths: Mapping[int, tuple[int, ...]], calendar: Calendar,
    ) -> None:  # fmt: skip
        """``paths``: area_id -> ids from the city down to the area."""
        self.result = Backtest(version=new.version, against=old.version)
        self._books = (old, new)
        self._categories = categories
        self._paths = paths
        self._calendar = calendar
        self._asks_time = any(book.asks_for_time for book in self._books)
        self._times: dict[datetime, TimeClass] = {}
        self._decided: dict[tuple[object, ...], tuple[_Decided, _Decided]] = {}

    def add(self, past: Iterable[PastRouting]) -> None:
        """Route these tickets and count them."""
        for one in past:
            time = self._time(one.filed_at)
            key = (one.category_code, one.area_id, one.severity, one.source, time, one.component,
                   one.owner)  # fmt: skip
            decided = self._decided.get(key)
            if decided is None:
                decided = self._decided[key] = self._decide(one, time)
            self.result.add(one, *decided)

    def _decide(self, one: PastRouting, time: TimeClass) -> tuple[_Decided, _Decided]:
        category = self._categories[one.category_code]
        subject = Subject(
            category_code=category.code, family=category.family, layer=category.layer,
            area_path=self._paths[one.area_id], severity=one.severity, source=one.source,
            time=time, component=one.component, owner=one.owner,
        )  # fmt: skip
        old, new = (book.decide(subject) for book in self._books)
        return (
            (None, None) if old is None else (old.department_code, old.position),
            (None, None) if new is None else (new.department_code, new.position),
        )

    def _time(self, at: datetime) -> TimeClass:
        """Its class of time, by the minute; any where no rule asks for it."""
        if not self._asks_time:
            return TimeClass.OFFICE_HOURS
        minute = at.replace(second=0, microsecond=0)
        found = self._times.get(minute)
        if found is None:
            found = self._times[minute] = time_class(minute, self._calendar)
        return found
