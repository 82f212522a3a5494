"""Duties as ordered rules: who answers, what the check finds, what a file says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.model.calendar import Calendar
from events.model.duty import NONE, DutyRule, Subject, TimeClass, When, time_class
from events.model.duty_check import AreaFacts, Universe, check
from events.model.duty_file import COLUMNS, read_rules, write_rows
from events.model.duty_finding import ERRORS, Finding, FindingKind
from events.model.event import Source
from events.model.routing import Book, Candidate, route
from tests.events.town import CATEGORIES

FLOODING = CATEGORIES[0]
AREAS = {None: 0, "35": 1, "350": 2, "3501": 3, "3502": 4}
PATHS = {"35": ("35",), "350": ("35", "350"), "3501": ("35", "350", "3501"),
         "3502": ("35", "350", "3502")}  # fmt: skip


def rule(position: int, department: str = "a", **values: Any) -> DutyRule:
    names = {"sources", "severity_from", "times", "components", "owners"}
    when = When(**{name: values.pop(name) for name in names & values.keys()})
    return DutyRule(position=position, department_code=department, when=when, **values)


def standing(one: DutyRule, **values: Any) -> Candidate:
    whole: dict[str, Any] = {
        "rule": one, "department_id": ord(one.department_code[0]), "is_disabled": False,
        "department_name_zh": "部门", "department_name_en": f"Department {one.department_code}",
        "area_id": AREAS[one.area_code] or None, "area_name_zh": "区", "area_name_en": "East",
        **values,
    }  # fmt: skip
    return Candidate(**whole)


def about(category: str = "flooding", area: str = "3501", **values: Any) -> Subject:
    found = next(one for one in CATEGORIES if one.code == category)
    whole: dict[str, Any] = {
        "category_code": found.code, "family": found.family, "layer": found.layer,
        "area_path": tuple(AREAS[one] for one in PATHS[area]), "severity": 2,
        "source": Source.SENSOR, "time": TimeClass.OFFICE_HOURS, **values,
    }  # fmt: skip
    return Subject(**whole)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], None),
        ([rule(1, family="garbage"), rule(2, "b", area_code="3502")], None),
        ([rule(1), rule(2, "b", category_code="flooding")], "a"),
        ([rule(1, layer="flood"), rule(2, "b")], "a"),
        ([rule(1, severity_from=3), rule(2, "b", severity_from=2)], "b"),
        ([rule(1, sources=frozenset({Source.RESIDENT})), rule(2, "b")], "b"),
        ([rule(1, times=frozenset({TimeClass.REST_DAYS})), rule(2, "b")], "b"),
        ([rule(1, components=frozenset({"pump"})), rule(2, "b")], "b"),
        ([rule(1, owners=frozenset({NONE})), rule(2, "b")], "a"),
        ([rule(1, area_code="350"), rule(2, "b")], "a"),
    ],
)
def test_the_first_rule_that_matches_decides(
    rules: Sequence[DutyRule], expected: str | None
) -> None:
    routed = route(7, [standing(one) for one in rules], about(), FLOODING)
    assert routed.department_code == expected
    decided = Book(7, [standing(one) for one in rules]).decide(about())
    assert (decided and decided.department_code) == expected
    assert "7" in routed.because.zh
    if expected is None:
        assert "nobody answers" in routed.because.en
    else:
        assert f"Department {expected} answers" in routed.because.en


def test_a_broken_rule_is_passed_over_and_the_decision_says_so() -> None:
    rules = [
        standing(rule(1, severity_from=4)),
        standing(rule(2), is_disabled=True),
        standing(rule(3, "b"), department_id=None),
        standing(rule(4, "c")),
    ]
    routed = route(1, rules, about(), FLOODING)
    assert (routed.department_code, routed.rule) == ("c", 4)
    told = routed.as_dict()["passed"]
    assert [(one["rule"], one["broken"]) for one in told] == [(1, False), (2, True), (3, True)]
    assert "rule 2 is broken and was passed over" in routed.because.en
    assert "第 3 条失效" in routed.because.zh
    assert "severity" in told[0]["why"]["en"]


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-06-01T08:00", TimeClass.OFFICE_HOURS),
        ("2026-06-01T07:59", TimeClass.AFTER_HOURS),
        ("2026-06-01T12:30", TimeClass.AFTER_HOURS),
        ("2026-06-01T18:00", TimeClass.AFTER_HOURS),
        ("2026-06-06T10:00", TimeClass.REST_DAYS),
    ],
)
def test_classes_of_time(local: str, expected: TimeClass) -> None:
    calendar = Calendar(zone=ZoneInfo("Asia/Shanghai"))
    assert time_class(calendar.instant(datetime.fromisoformat(local)), calendar) is expected


# --- the check, against everything tried one by one -----------------------------------------

UNIVERSE = Universe(
    categories=CATEGORIES,
    areas=tuple(AreaFacts(code=code, name_zh=code, name_en=code, path=path)
                for code, path in PATHS.items()),
    departments={"a": False, "b": False, "c": True},
    components=frozenset({"pump"}), owners=frozenset({"o"}),
)  # fmt: skip
FACILITIES = [(NONE, NONE), *product(("pump", "other"), (NONE, "o", "other"))]
# (rules below ask for two of the sources; the third stands for all others)
EVERYTHING = [
    about(category.code, area, source=source, severity=severity, time=time, component=kind,
          owner=owner)
    for category, area, source, severity, time, (kind, owner) in product(
        CATEGORIES, PATHS, (Source.SENSOR, Source.RESIDENT, Source.CAP), range(1, 5), TimeClass,
        FACILITIES)
]  # fmt: skip

SCOPES = st.sampled_from([
    {}, {"category_code": "flooding"}, {"category_code": "garbage"}, {"family": "flood"},
    {"layer": "flood"},
])  # fmt: skip
CONDITIONS = st.fixed_dictionaries({}, optional={
    "sources": st.frozensets(st.sampled_from([Source.SENSOR, Source.RESIDENT]), min_size=1),
    "severity_from": st.integers(1, 4),
    "times": st.frozensets(st.sampled_from(TimeClass), min_size=1),
    "components": st.frozensets(st.sampled_from(["pump", NONE]), min_size=1),
    "owners": st.frozensets(st.sampled_from(["o", NONE]), min_size=1),
})  # fmt: skip
ROWS = st.lists(
    st.tuples(SCOPES, CONDITIONS, st.sampled_from([None, *PATHS]), st.sampled_from("ab")),
    min_size=1, max_size=6,
)  # fmt: skip
RULES = ROWS.map(
    lambda rows: [
        rule(n, department, area_code=area, **scope, **when)
        for n, (scope, when, area, department) in enumerate(rows, start=1)
    ]
)


class Tried:
    """Which rule decides about each thing there is, found by trying."""

    def __init__(self, rules: Sequence[DutyRule]) -> None:
        self.meets: dict[int, set[int]] = {one.position: set() for one in rules}
        self.decides: dict[int, set[int]] = {one.position: set() for one in rules}
        for n, subject in enumerate(EVERYTHING):
            met = [one.position for one in rules if self._meets(one, subject)]
            for position in met:
                self.meets[position].add(n)
            if met:
                self.decides[met[0]].add(n)

    @staticmethod
    def _meets(one: DutyRule, subject: Subject) -> bool:
        return (
            one.scope in subject.scopes
            and standing(one).is_near(subject.area_path)
            and one.when.meets(subject)
        )

    def takers(self, position: int) -> list[int]:
        return [n for n, own in self.decides.items() if n < position and own & self.meets[position]]

    def overlaps(self, rules: Sequence[DutyRule]) -> Iterator[tuple[int, ...]]:
        names = {one.position: one.department_code for one in rules}
        for position in self.meets:
            met = [
                n
                for n in self.takers(position)
                if names[n] != names[position] and not self.meets[n] <= self.meets[position]
            ]
            if met and self.decides[position]:
                yield (position, *met)

    def left(self, default: int) -> Iterator[tuple[str, bool]]:
        for category, area in product(CATEGORIES, PATHS):
            here = {n for n, one in enumerate(EVERYTHING) if one.category_code == category.code
                    and one.area_path[-1] == AREAS[area]}  # fmt: skip
            took = here & self.decides[default]
            if took:
                yield category.code, took != here


def of_kind(findings: Sequence[Finding], *kinds: FindingKind) -> set[tuple[int, ...]]:
    return {one.rules for one in findings if one.kind in kinds}


@settings(max_examples=25, deadline=None)
@given(rules=RULES)
def test_the_check_finds_what_trying_everything_finds(rules: list[DutyRule]) -> None:
    found, tried = check(rules, UNIVERSE), Tried(rules)
    default = next((one.position for one in rules if one.is_default), None)
    dead = {n for n, own in tried.decides.items() if not own and n != default}
    never = {(n,) for n in dead if not tried.meets[n]}
    assert of_kind(found, FindingKind.UNREACHABLE) == never
    shadowed = {(n, *tried.takers(n)) for n in dead if tried.meets[n]}
    assert of_kind(found, FindingKind.SHADOWED, FindingKind.REDUNDANT) == shadowed
    assert of_kind(found, FindingKind.OVERLAP) == set(tried.overlaps(rules))
    gaps = [one for one in found if one.kind is FindingKind.GAP]
    partly = {(code, one.words.en.startswith("only the default answers for part"))
              for one in gaps for code in one.names}  # fmt: skip
    assert partly == (set() if default is None else set(tried.left(default)))
    assert (FindingKind.NO_DEFAULT in {one.kind for one in found}) == (default is None)


@pytest.mark.parametrize(
    ("given_rule", "kind"),
    [
        (rule(1, "x"), FindingKind.UNKNOWN_DEPARTMENT),
        (rule(1, "c"), FindingKind.DISABLED_DEPARTMENT),
        (rule(1, area_code="99"), FindingKind.UNKNOWN_AREA),
        (rule(1, area_code="9"), FindingKind.CLOSED_AREA),
        (rule(1, category_code="x"), FindingKind.UNKNOWN_CATEGORY),
        (rule(1, family="x"), FindingKind.UNKNOWN_FAMILY),
        (rule(1, layer="x"), FindingKind.UNKNOWN_LAYER),
        (rule(1, components=frozenset({"x"})), FindingKind.NO_COMPONENT),
        (rule(1, owners=frozenset({"x"})), FindingKind.NO_OWNER),
    ],
)
def test_rules_that_name_what_is_not_there(given_rule: DutyRule, kind: FindingKind) -> None:
    closed = AreaFacts(code="9", name_zh="旧区", name_en="Old", path=("9",), is_closed=True)
    universe = Universe(
        categories=CATEGORIES, areas=(*UNIVERSE.areas, closed),
        departments=UNIVERSE.departments, components=frozenset(), owners=frozenset(),
    )  # fmt: skip
    found = check([given_rule, rule(2, "b")], universe)
    mine = [one for one in found if one.rules[:1] == (1,) and one.kind is not FindingKind.GAP]
    assert [each.kind for each in mine] == [kind]
    assert mine[0].is_error == (kind in ERRORS)
    assert mine[0].words.zh.startswith("第 1 条")


# --- files ----------------------------------------------------------------------------------


@given(rules=RULES)
def test_what_is_written_is_read_again(rules: list[DutyRule]) -> None:
    file = read_rules(write_rows(rules))
    assert file.refused == ()
    assert list(file.rules) == rules


def test_rows_that_cannot_be_read_are_refused_each_with_its_reason() -> None:
    file = read_rules([
        {"department": "a", "category": "x", "family": "y"},
        {"department": "", "severity_from": "9"},
        {"department": "a", "source": ["sensor", "rumour"], "time": "noon"},
        {"department": "a", "severity_from": 3.0, "component": " None ; pump"},
        {"department": "a", "weather": "rain"},
    ])  # fmt: skip
    assert {(one.row, one.field) for one in file.refused} == {
        (0, "weather"), (1, "category"), (2, "department"), (2, "severity_from"), (3, "source"),
        (3, "time"),
    }  # fmt: skip
    (good,) = [one for one in file.rules if one.position == 4]
    assert good.when == When(severity_from=3, components=frozenset({NONE, "pump"}))
    assert [one.row for one in read_rules([]).refused] == [0]


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(),
    st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=3),
    st.sampled_from(["sensor", "office_hours", "none", "a;b", "3"]),
)  # fmt: skip


@settings(deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "weather"]), ANYTHING), max_size=4))
def test_whatever_a_file_says_each_row_is_a_rule_or_refused(rows: list[dict[str, Any]]) -> None:
    file = read_rules(rows)
    known = {one.position for one in file.rules} | {one.row for one in file.refused}
    assert known >= set(range(1, len(rows) + 1))
    for one in file.rules:
        assert When.from_dict(one.when.as_dict()) == one.when
