"""What past tickets would have become under other duties: who right, who wrong, who more to do."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
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


# The department and the rule that decided; (None, None): nobody.
_Decided = tuple[str | None, int | None]


class Backtest:
    """The counts, while tickets go through them; ``against`` is the version compared with."""

    def __init__(self, version: int, against: int) -> None:
        """Nothing is counted yet."""
        self.version, self.against = version, against
        self.tickets = 0
        # (before, after, who solved) -> tickets
        self._tally: Counter[tuple[_Decided, _Decided, str | None]] = Counter()
        self._examples: dict[tuple[str | None, str | None], list[Example]] = defaultdict(list)

    def add(self, one: PastRouting, before: _Decided, after: _Decided) -> None:
        """Count one ticket."""
        self.tickets += 1
        self._tally[before, after, one.solved_by] += 1
        if before[0] != after[0]:
            kept = self._examples[before[0], after[0]]
            if len(kept) < _PER_FLOW:
                kept.append(Example(
                    number=one.number, category=one.category_code, before=before[0],
                    before_rule=before[1], after=after[0], after_rule=after[1],
                    solved_by=one.solved_by,
                ))  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """For programs, and as kept; shares are None where nothing was solved."""
        was: Counter[str | None] = Counter()
        will: Counter[str | None] = Counter()
        solvers: Counter[str | None] = Counter()
        hits: Counter[int] = Counter()
        flows: Counter[tuple[str | None, str | None]] = Counter()
        right: Counter[tuple[bool, bool]] = Counter()
        for (before, after, solver), count in self._tally.items():
            was[before[0]] += count
            will[after[0]] += count
            if after[1] is not None:
                hits[after[1]] += count
            if solver is not None:
                solvers[solver] += count
                right[before[0] == solver, after[0] == solver] += count
            if before[0] != after[0]:
                flows[before[0], after[0]] += count
        solved, both = solvers.total(), right[True, True]
        ordered = [flow for flow, _ in flows.most_common()]
        examples = [one for flow in ordered for one in self._examples[flow]]
        return {
            "version": self.version, "against": self.against, "tickets": self.tickets,
            "solved": solved, "moved": flows.total(),
            "better": right[False, True], "worse": right[True, False],
            "accuracy_before": _share(both + right[True, False], solved),
            "accuracy_after": _share(both + right[False, True], solved),
            "nobody_before": was[None], "nobody_after": will[None],
            "load": [
                {"department": one, "before": was[one], "after": will[one], "solved": solvers[one]}
                for one in sorted({*was, *will, *solvers}, key=lambda one: (one is None, one or ""))
            ],
            "flows": [{"from": old, "to": new, "tickets": flows[old, new]}
                      for old, new in ordered],
            "rules": [{"rule": rule, "tickets": n} for rule, n in sorted(hits.items())],
            "examples": [one.as_dict() for one in examples[:_EXAMPLES]],
        }  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


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
        self._decided: dict[tuple[object, ...], tuple[_Decided, _Decided]] = {}

    def add(self, past: Iterable[PastRouting]) -> None:
        """Route these tickets and count them."""
        for one in past:
            # any class will do where no rule asks for it
            time = TimeClass.OFFICE_HOURS
            if self._asks_time:
                time = time_class(one.filed_at, self._calendar)
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
