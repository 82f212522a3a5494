"""Which department answers, with the reason; its crew: ``events.model.crew_choice``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from events.model.duty_finding import FindingKind
from events.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from events.model.category import Category
    from events.model.duty import DutyRule, Subject

# So many rules that were passed over are kept with a decision.
_MOST_TOLD = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """Why nobody can be sent by a rule, and the code of what is gone."""

    kind: FindingKind
    name: str
    why: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A rule with what its codes name now; None where they name nothing.

    ``is_disabled``: the department works no more.
    """

    rule: DutyRule
    department_id: int | None
    department_name_zh: str
    department_name_en: str
    is_disabled: bool
    area_id: int | None
    area_name_zh: str
    area_name_en: str

    @property
    def broken(self) -> Broken | None:
        """Why nobody can be sent by this rule now; None when somebody can."""
        code = self.rule.department_code
        if self.department_id is None:
            why = Words(zh=f"没有部门 {code}", en=f"there is no department {code}")
            return Broken(kind=FindingKind.UNKNOWN_DEPARTMENT, name=code, why=why)
        if self.is_disabled:
            why = Words(zh=f"部门“{self.department_name_zh}”已停用",
                        en=f"its department “{self.department_name_en}” is disabled")  # fmt: skip
            return Broken(kind=FindingKind.DISABLED_DEPARTMENT, name=code, why=why)
        return None

    def is_near(self, area_path: Sequence[int]) -> bool:
        """Whether its area holds a place; the whole city holds every one."""
        return self.rule.area_code is None or self.area_id in area_path


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """A rule for this category and place that did not decide; ``broken``: although it should."""

    position: int
    why: Words
    broken: Broken | None = None

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``tickets.routing``."""
        return {
            "rule": self.position, "broken": self.broken is not None, "why": self.why.as_dict(),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """The department that answers, by which version and rule, and why.

    ``department_id`` and ``rule`` are None where nobody answers. ``passed``: the rules before it.
    """

    version: int
    department_id: int | None
    department_code: str | None
    rule: int | None
    because: Words
    passed: tuple[Passed, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As kept in ``tickets.routing``."""
        return {
            "department_id": self.department_id,
            "version": self.version,
            "rule": self.rule,
            "because": self.because.as_dict(),
            "passed": [one.as_dict() for one in self.passed[:_MOST_TOLD]],
        }


def route(
    version: int, candidates: Iterable[Candidate], subject: Subject, category: Category
) -> Routed:
    """The first rule, in order, that holds for ``subject`` and whose department works.

    ``candidates`` may hold rules about other matters and places; they are left out.
    """
    passed: list[Passed] = []
    for one in candidates:
        if one.rule.scope not in subject.scopes or not one.is_near(subject.area_path):
            continue
        position = one.rule.position
        broken = one.broken
        if not one.rule.when.meets(subject):
            passed.append(Passed(position=position, why=one.rule.when.unmet(subject)))
        elif broken is not None:
            passed.append(Passed(position=position, why=broken.why, broken=broken))
        else:
            return _routed(version, one, category, tuple(passed))
    return _nobody(version, category, tuple(passed))


def _routed(version: int, one: Candidate, category: Category, passed: tuple[Passed, ...]) -> Routed:
    scope = scope_words(one.rule, category)
    area = area_words(one)
    where = one.rule.when.told()
    zh = "".join(f"，{part.zh}" for part in where)
    en = "".join(f", {part.en}" for part in where)
    rule = one.rule.position
    return Routed(
        version=version,
        department_id=one.department_id,
        department_code=one.rule.department_code,
        rule=rule,
        because=Words(
            zh=f"权责清单第 {version} 版第 {rule} 条：{one.department_name_zh}负责{area.zh}的"
            f"{scope.zh}{zh}{_skipped(passed).zh}",
            en=f"Duties, version {version}, rule {rule}: {one.department_name_en} answers for"
            f" {scope.en} in {area.en}{en}{_skipped(passed).en}",
        ),
        passed=passed,
    )


def _nobody(version: int, category: Category, passed: tuple[Passed, ...]) -> Routed:
    skipped = _skipped(passed)
    zh, en = f"权责清单第 {version} 版中", f"Duties, version {version}: "
    if version == 0:
        zh, en = "尚无现行的权责清单，", "No duties are in force: "
    return Routed(
        version=version,
        department_id=None,
        department_code=None,
        rule=None,
        because=Words(
            zh=f"{zh}无人负责此处的“{category.name_zh}”，由派遣员指派{skipped.zh}",
            en=f"{en}nobody answers for “{category.name_en}” here; a dispatcher decides"
            f"{skipped.en}",
        ),
        passed=passed,
    )


def _skipped(passed: Iterable[Passed]) -> Words:
    """What is said of the rules that should have decided and could not."""
    broken = [one for one in passed if one.broken is not None]
    return Words(
        zh="".join(f"；第 {one.position} 条失效，已跳过：{one.why.zh}" for one in broken),
        en="".join(f"; rule {one.position} is broken and was passed over: {one.why.en}"
                   for one in broken),
    )  # fmt: skip


def scope_words(rule: DutyRule, category: Category) -> Words:
    """What a rule is about, told with the category that was routed."""
    zh, en = category.name_zh, category.name_en
    if rule.category_code is not None:
        return Words(zh=f"类别“{zh}”", en=f"category “{en}”")
    if rule.family is not None:
        return Words(zh=f"“{zh}”及同类事项", en=f"“{en}” and matters like it")
    if rule.layer is not None:
        return Words(zh=f"“{zh}”及同一专题事项", en=f"“{en}” and its scenario")
    return Words(zh="全部类别", en="every category")


def area_words(one: Candidate) -> Words:
    """Where a rule holds."""
    if one.rule.area_code is None:
        return Words(zh="全市", en="the whole city")
    code = one.rule.area_code
    return Words(zh=one.area_name_zh or code, en=one.area_name_en or code)


class Book:
    """A whole version in memory, to route many tickets: the same answers as ``route``."""

    def __init__(self, version: int, candidates: Iterable[Candidate]) -> None:
        """Sort the working rules by matter and area; ``asks_for_time``: whether any rule does."""
        self.version = version
        every = tuple(candidates)
        self.asks_for_time = any(one.rule.when.times for one in every)
        # by scope and area (None: the whole city); what names no area holds nowhere
        self._rules: dict[tuple[str, int | None], list[DutyRule]] = {}
        for one in every:
            if one.broken is None and (one.rule.area_code is None or one.area_id is not None):
                self._rules.setdefault((one.rule.scope, one.area_id), []).append(one.rule)
        self._deciding: dict[tuple[str, tuple[int, ...]], tuple[DutyRule, ...]] = {}

    def decide(self, subject: Subject) -> DutyRule | None:
        """The rule that decides, without words; None where nobody answers."""
        key = (subject.category_code, subject.area_path)
        rules = self._deciding.get(key)
        if rules is None:
            rules = self._deciding[key] = tuple(self._working(subject))
        for one in rules:
            if one.when.meets(subject):
                return one
        return None

    def _working(self, subject: Subject) -> Iterator[DutyRule]:
        """The rules for a matter and a place that can send somebody, in order, as far as any can
        be reached: up to the first that asks for nothing else."""
        near = [
            one
            for scope in subject.scopes
            for area_id in (None, *subject.area_path)
            for one in self._rules.get((scope, area_id), ())
        ]
        for one in sorted(near, key=lambda each: each.position):
            yield one
            if one.when.is_always:
                return
