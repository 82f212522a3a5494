"""Look for rules of a list of duties that never decide, or decide by their order alone.

Exact over everything that a rule can ask for: every category, every area that is open, every
source, severity and class of time, every kind and owner of a facility that some rule names, and
one of each that none names.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from events.model.duty import NONE, DutyRule, TimeClass, When, scopes_of
from events.model.duty_finding import (
    FindingKind,
    gap,
    names_nothing,
    no_default,
    overlap,
    shadowed,
    unreachable,
)
from events.model.event import Source
from events.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from events.model.category import Category
    from events.model.duty_finding import Finding

# A kind or an owner that no rule names; a space cannot be in a code.
_OTHER = "other than named"
_SEVERITIES = range(1, 5)
# No codes of areas: the whole city, and what lies in none of the areas that rules name.
_EVERYWHERE, _ELSEWHERE = "*", ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaFacts:
    """An area as far as it matters here. ``path``: codes from the city down to itself."""

    code: str
    name_zh: str
    name_en: str
    path: tuple[str, ...]
    is_closed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Universe:
    """What there is to be routed and who there is to answer.

    ``departments``: code -> whether it is disabled. ``components`` and ``owners``: those that some
    facility has (of those that the rules name; others need not be here).
    """

    categories: tuple[Category, ...]
    areas: tuple[AreaFacts, ...]
    departments: Mapping[str, bool]
    components: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()


class Conditions:
    """Conditions as sets: one bit for each combination of source, severity, time and facility."""

    def __init__(self, rules: Iterable[DutyRule]) -> None:
        """Make room for every kind and owner that ``rules`` name."""
        given = [one.when for one in rules]
        kinds = sorted({kind for one in given for kind in one.components} - {NONE})
        owners = sorted({owner for one in given for owner in one.owners} - {NONE})
        self.facilities = [(NONE, NONE)] + [
            (kind, owner) for kind in [*kinds, _OTHER] for owner in [NONE, *owners, _OTHER]
        ]
        self._width = len(self.facilities)
        self.whole = (1 << len(Source) * len(_SEVERITIES) * len(TimeClass) * self._width) - 1
        self._known: dict[When, int] = {}

    def mask(self, when: When) -> int:
        """The combinations that meet all conditions."""
        found = self._known.get(when)
        if found is None:
            found = self._known[when] = self._made(when)
        return found

    def _made(self, when: When) -> int:
        one = 0
        for n, (kind, owner) in enumerate(self.facilities):
            if kind in (when.components or {kind}) and owner in (when.owners or {owner}):
                one |= 1 << n
        found = shift = 0
        for source in Source:
            for severity in _SEVERITIES:
                for time in TimeClass:
                    if (
                        source in (when.sources or {source})
                        and severity >= when.severity_from
                        and time in (when.times or {time})
                    ):
                        found |= one << shift
                    shift += self._width
        return found


@dataclass(slots=True)
class _Seen:
    """What is known of one rule after all places were looked at."""

    reaches: bool = False
    decides: bool = False
    takers: set[int] = field(default_factory=set)
    # earlier rules of other departments it meets, with the first category and area where it does
    meets: dict[int, tuple[str, str]] = field(default_factory=dict)


def check(rules: Sequence[DutyRule], universe: Universe) -> tuple[Finding, ...]:
    """Everything that was found, errors first, each in the order of the rules."""
    found = [*names_gone(rules, universe)]
    lost = {one.rules[0] for one in found if one.is_error and one.kind not in _STILL_REACHED}
    if not any(one.is_default for one in rules):
        found.append(no_default())
    walk = _Walk(rules, universe)
    found += walk.findings(lost)
    return tuple(sorted(found, key=lambda one: (not one.is_error, one.rules[:1] or (0,))))


# A rule that names nobody to send matches as before.
_STILL_REACHED = frozenset({FindingKind.UNKNOWN_DEPARTMENT, FindingKind.DISABLED_DEPARTMENT})


def names_gone(rules: Sequence[DutyRule], universe: Universe) -> Iterator[Finding]:
    """Rules that name what is not there, or is no more."""
    categories = {one.code for one in universe.categories}
    families = {one.family for one in universe.categories}
    layers = {one.layer for one in universe.categories}
    areas = {one.code: one for one in universe.areas}
    kinds, owners = universe.components | {NONE}, universe.owners | {NONE}
    for rule in rules:
        at = rule.position
        disabled = universe.departments.get(rule.department_code)
        if disabled is None:
            yield names_nothing(FindingKind.UNKNOWN_DEPARTMENT, at, rule.department_code)
        elif disabled:
            yield names_nothing(FindingKind.DISABLED_DEPARTMENT, at, rule.department_code)
        if rule.area_code is not None and rule.area_code not in areas:
            yield names_nothing(FindingKind.UNKNOWN_AREA, at, rule.area_code)
        elif rule.area_code is not None and areas[rule.area_code].is_closed:
            yield names_nothing(FindingKind.CLOSED_AREA, at, rule.area_code)
        for kind, name, known in (
            (FindingKind.UNKNOWN_CATEGORY, rule.category_code, categories),
            (FindingKind.UNKNOWN_FAMILY, rule.family, families),
            (FindingKind.UNKNOWN_LAYER, rule.layer, layers),
        ):
            if name is not None and name not in known:
                yield names_nothing(kind, at, name)
        for kind, named, there in (
            (FindingKind.NO_COMPONENT, rule.when.components, kinds),
            (FindingKind.NO_OWNER, rule.when.owners, owners),
        ):
            for name in sorted(named - there):
                yield names_nothing(kind, at, name)


class _Walk:
    """Go through every category and every group of areas that the rules treat alike."""

    def __init__(self, rules: Sequence[DutyRule], universe: Universe) -> None:
        self._rules = rules
        self._universe = universe
        self._conditions = Conditions(rules)
        self._masks = {one.position: self._conditions.mask(one.when) for one in rules}
        self._by_position = {one.position: one for one in rules}
        self._areas = {one.code: one for one in universe.areas}
        self._seen = {one.position: _Seen() for one in rules}
        self._groups: dict[frozenset[str], tuple[tuple[str, ...], ...]] = {}
        self._held: dict[str | None, frozenset[str]] = {}
        default = next((one for one in rules if one.is_default), None)
        self._default = None if default is None else default.position
        # (areas, partly) -> categories that only the default takes there
        self._gaps: dict[tuple[tuple[str, ...], bool], list[str]] = defaultdict(list)
        # the categories that each scope is about
        self._about: dict[str, set[str]] = defaultdict(set)
        for one in universe.categories:
            for scope in scopes_of(one.code, one.family, one.layer):
                self._about[scope].add(one.code)

    def findings(self, lost: Collection[int]) -> list[Finding]:
        """What was found; ``lost``: rules of which it was said already that they name nothing."""
        by_scope: dict[str, list[DutyRule]] = defaultdict(list)
        for one in self._rules:
            by_scope[one.scope].append(one)
        for category in self._universe.categories:
            scopes = scopes_of(category.code, category.family, category.layer)
            self._category(category.code, [one for scope in scopes for one in by_scope[scope]])
        return [*self._dead(lost), *self._overlaps(), *self._left_to_default()]

    def _category(self, code: str, rules: list[DutyRule]) -> None:
        by_area: dict[str | None, list[DutyRule]] = defaultdict(list)
        for one in rules:
            by_area[one.area_code].append(one)
        everywhere = True
        gaps: dict[bool, list[str]] = {False: [], True: []}
        for chain in self._alike(frozenset(one for one in by_area if one is not None)):
            near = [one for area in (None, *chain) for one in by_area[area]]
            near.sort(key=lambda one: one.position)
            innermost = chain[-1] if chain else _ELSEWHERE
            left = self._place(near, code, innermost)
            if left:
                gaps[left != self._conditions.whole].append(innermost)
            everywhere &= left == self._conditions.whole
        if everywhere:
            gaps[False] = [_EVERYWHERE]
        for partly, areas in gaps.items():
            if areas:
                self._gaps[tuple(areas), partly].append(code)

    def _alike(self, areas: frozenset[str]) -> tuple[tuple[str, ...], ...]:
        """The ways in which ``areas`` lie around an open area, from the outermost in."""
        found = self._groups.get(areas)
        if found is None:
            every = {
                tuple(code for code in one.path if code in areas)
                for one in self._universe.areas
                if not one.is_closed
            }
            found = self._groups[areas] = tuple(sorted(every))
        return found

    def _place(self, near: Sequence[DutyRule], category: str, area: str) -> int:
        """Let the rules decide in one category and group of areas; what the default takes."""
        left = self._conditions.whole
        taken: list[tuple[DutyRule, int]] = []
        by_default = 0
        for rule in near:
            mask = self._masks[rule.position]
            seen = self._seen[rule.position]
            seen.reaches |= bool(mask)
            for earlier, took in taken:
                if took & mask:
                    seen.takers.add(earlier.position)
                    if earlier.department_code != rule.department_code:
                        seen.meets.setdefault(earlier.position, (category, area))
            own = left & mask
            if own:
                seen.decides = True
                left &= ~mask
                taken.append((rule, own))
                if rule.position == self._default:
                    by_default = own
        return by_default

    def _dead(self, lost: Collection[int]) -> Iterator[Finding]:
        for position, seen in self._seen.items():
            # a default is for what may come, also where all that there is has a rule of its own
            if seen.decides or position in lost or position == self._default:
                continue
            if not seen.reaches:
                yield unreachable(position)
                continue
            takers = sorted(seen.takers)
            own = self._by_position[position].department_code
            by_own = all(self._by_position[one].department_code == own for one in takers)
            yield shadowed(position, takers, by_own=by_own)

    def _overlaps(self) -> Iterator[Finding]:
        for position, seen in self._seen.items():
            if not seen.decides:
                continue
            rule = self._by_position[position]
            # an exception before its rule is what the order is for
            met = [one for one in sorted(seen.meets)
                   if not self._holds(rule, self._by_position[one])]  # fmt: skip
            if met:
                category, area = seen.meets[met[0]]
                yield overlap(position, met, self._category_words(category), self._told(area))

    def _holds(self, outer: DutyRule, inner: DutyRule) -> bool:
        """Whether everything that meets ``inner`` meets ``outer``."""
        if not self._about[inner.scope] <= self._about[outer.scope]:
            return False
        if self._masks[inner.position] & ~self._masks[outer.position]:
            return False
        return self._inside(inner.area_code) <= self._inside(outer.area_code)

    def _inside(self, code: str | None) -> frozenset[str]:
        """The open areas that an area holds."""
        found = self._held.get(code)
        if found is None:
            found = self._held[code] = frozenset(
                one.code
                for one in self._universe.areas
                if not one.is_closed and (code is None or code in one.path)
            )
        return found

    def _left_to_default(self) -> Iterator[Finding]:
        names = {one.code: Words(zh=one.name_zh, en=one.name_en)
                 for one in self._universe.categories}  # fmt: skip
        for (areas, partly), codes in self._gaps.items():
            if self._default is not None:
                told = [self._told(one) for one in areas]
                where = Words(zh="、".join(one.zh for one in told),
                              en=", ".join(one.en for one in told))  # fmt: skip
                yield gap(self._default, codes, [names[one] for one in codes], where,
                          partly=partly)  # fmt: skip

    def _category_words(self, code: str) -> Words:
        one = next(each for each in self._universe.categories if each.code == code)
        return Words(zh=one.name_zh, en=one.name_en)

    def _told(self, area: str) -> Words:
        if area == _EVERYWHERE:
            return Words(zh="全市", en="the whole city")
        if area == _ELSEWHERE:
            return Words(zh="其余区域", en="all other areas")
        one = self._areas[area]
        return Words(zh=one.name_zh, en=one.name_en)
