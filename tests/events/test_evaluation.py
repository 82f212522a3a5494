"""The figures of the evaluation: formulas as data, their sets, and the tickets behind each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from command_center.evaluation.gather import BYS, Asked, Evaluation, gather, read_behind
from command_center.evaluation.on_time import on_time
from command_center.evaluation.pack import PACK, read_pack
from events.actions.configure import add_formulas
from events.actions.count import catch_up
from events.actions.upkeep import mark_overdue
from events.model.access import DISPATCH, Scope, scope
from events.model.figure import (
    OUTCOMES,
    Better,
    Excused,
    Formula,
    Ground,
    Mark,
    Part,
    Tally,
    Unit,
    in_force,
    ranks,
    value_of,
)
from events.model.period import Period, month, month_named, spans
from events.model.problems import Incomplete
from events.model.refusal import Reason
from events.store import figures, formulas
from grid.store.postgis import reading, transaction
from tests.events.town import ADMIN, NOW, SIDE, Town, draft

HOUR = timedelta(hours=1)
JUNE = month(2026, 6)
FORMULA = next(one for one in read_pack() if one.code == "timely_disposal")


def evaluated(town: Town, limits: Scope | None = None, **asked: Any) -> Evaluation:
    """June as it stands at its end."""
    catch_up(town.dispatch, by=DISPATCH)
    now = asked.pop("now", NOW + timedelta(days=29))
    with reading(town.web) as conn:
        found = gather(conn, Asked(**{"period": JUNE, **asked}), limits or Scope(), now=now)
    assert found is not None
    return found


def three(town: Town) -> None:
    """Water: in time after a rework; late and excused. Works: late and open; merged away."""
    good = town.act(town.filed(draft()), "accept", "w1")
    good = town.act(good, "dispose", "w1", now=NOW + HOUR)
    good = town.act(good, "rework", "operator", now=NOW + 2 * HOUR)
    good = town.act(good, "dispose", "w1", now=NOW + 3 * HOUR)
    good = town.act(good, "verify", "operator", now=NOW + 4 * HOUR)
    town.act(good, "close", "operator", now=NOW + 4 * HOUR)
    bad = town.filed(draft(lon=118.2 + 1.5 * SIDE))
    crew = str(bad.crew_code)
    bad = town.act(bad, "accept", crew)
    bad = town.act(bad, "dispose", crew, now=NOW + 6 * HOUR)
    town.agreed(bad, "appeal", "w2", ["dispatcher", "supervisor"], why="道路封闭",
                now=NOW + 7 * HOUR)  # fmt: skip
    late = town.filed(draft("garbage", lon=118.2 + 2.5 * SIDE))
    gone = town.filed(draft("garbage", lon=118.2 + 3.5 * SIDE))
    town.agreed(gone, "merge", "dispatcher", ["supervisor"], into=late.number)
    mark_overdue(town.dispatch, by=DISPATCH, now=NOW + timedelta(days=2))


def test_fact_and_appealed_value_stand_side_by_side(town: Town) -> None:
    three(town)
    found = evaluated(town)
    value = found.total["timely_disposal"]
    assert (value.good, value.counted, value.excused) == (1, 3, 1)
    assert value.left_out == {"merge": 1}
    assert value.fact == pytest.approx(1 / 3)
    assert value.appealed == pytest.approx(2 / 3)
    water, works = (
        next(one for one in found.lines if one.name and one.name.en == name)
        for name in ("Water Bureau", "Public Works")
    )
    assert water.values["timely_disposal"].fact == 0.5
    assert water.values["timely_disposal"].appealed == 1.0
    assert works.values["timely_disposal"].appealed == 0.0
    assert found.total["reworked"].good == 1
    assert found.total["overdue_undisposed"].good == 1
    # a rework is no second disposal: it is counted once, by its last end
    assert water.values["timely_disposal"].counted == 2
    with reading(town.web) as conn:
        (excused,) = read_behind(conn, found, FORMULA, Part.EXCUSED, None, limit=9)
    assert (excused.asked_by, excused.reason) == ("account:w2", "道路封闭")
    assert [one["by"] for one in excused.approvals] == ["account:dispatcher", "account:supervisor"]


def every_number(found: Evaluation) -> Iterator[tuple[Formula, Part, str | None, int]]:
    lines = [(None, found.total), *((one.key, one.values) for one in found.lines)]
    for key, values in lines:
        for code, value in values.items():
            formula = found.formula(code)
            assert formula is not None
            parts = {Part.COUNTED: value.counted, Part.GOOD: value.good,
                     Part.REST: value.counted - value.good, Part.EXCUSED: value.excused,
                     Part.LEFT_OUT: sum(value.left_out.values())}  # fmt: skip
            for part, count in parts.items():
                yield formula, part, key, count


@pytest.mark.parametrize("by", ["department", "area", "cell", "crew", "category", "person"])
def test_every_number_opens_as_many_tickets(town: Town, by: Any) -> None:
    three(town)
    questions = [
        Asked(period=JUNE, by=by),
        Asked(period=Period(first=date(2026, 6, 1), last=date(2026, 6, 1)), by=by),
        Asked(period=JUNE, by=by, area="350500001", category="garbage"),
    ]
    catch_up(town.dispatch, by=DISPATCH)
    for asked in questions:
        # in the middle of the first day, and later
        for now in (NOW + 5 * HOUR, NOW + timedelta(days=20))[asked.category is not None :]:
            with reading(town.web) as conn:
                found = gather(conn, asked, Scope(), now=now)
                assert found is not None
                numbers = [one for one in every_number(found) if one[2] is None or one[3]]
                assert len(numbers) > 5 * len(found.formulas)
                for formula, part, key, count in numbers:
                    rows = read_behind(conn, found, formula, part, key, limit=99)
                    assert len(rows) == count, (asked, formula.code, part, key)
                    assert all(formula.holds(part, one.outcome, one.marks) for one in rows)
                    assert all(one.at <= now for one in rows)


def test_the_lines_add_up_and_go_down_to_the_cells(town: Town) -> None:
    three(town)
    for area, by in ((None, "area"), ("350500", "area"), ("350500001", "area"),
                     ("350500001001", "cell"), (None, "crew"), (None, "person")):  # fmt: skip
        found = evaluated(town, area=area, by="area" if by == "cell" else by)
        assert found.question.by == by
        for code, value in found.total.items():
            assert sum(one.values[code].counted for one in found.lines) == value.counted
    assert [one.name_en for one in evaluated(town, area="350500001").up] == ["Testtown", "East"]


def test_what_lies_in_no_area_below_is_told_as_well(town: Town) -> None:
    three(town)
    # in the street, and in none of its communities
    town.rows("UPDATE events.tickets SET area_id = (SELECT area_id FROM grid.areas"
              " WHERE code = '350500001') WHERE ticket_id = 1 RETURNING 1")  # fmt: skip
    for now in (NOW + 5 * HOUR, NOW + timedelta(days=20)):  # fact by fact, and from the sums
        found = evaluated(town, area="350500001", by="area", now=now)
        (rest,) = [one for one in found.lines if one.key == ""]
        assert rest.values["reports"].counted == 1
        for code, value in found.total.items():
            assert sum(one.values[code].counted for one in found.lines) == value.counted
        with reading(town.web) as conn:
            (own,) = read_behind(conn, found, FORMULA, Part.COUNTED, "", limit=9)
        assert own.ticket_id == 1


def test_the_wall_shows_the_same_share(town: Town) -> None:
    three(town)
    now = NOW + timedelta(days=20)
    last_30_days = spans(now.date())["days_30"]
    told = []
    for code in (None, "350500001001", "350500001002"):
        found = evaluated(town, period=last_30_days, area=code, now=now)
        with reading(town.web) as conn:
            told.append(on_time(conn, found.place, now=now))
        assert told[-1] == found.total["timely_disposal"].fact
    assert told[0] == pytest.approx(1 / 3)
    with reading(town.web) as conn:
        city = figures.place(conn, None)
        assert city is not None
        assert on_time(conn, city, now=NOW - timedelta(days=60)) is None


def test_everybody_sees_their_own(town: Town) -> None:
    three(town)
    west = evaluated(town, scope(town.people["west"]))
    assert west.place.name_en == "West End"
    assert west.up == ()
    assert west.total["reports"].counted == 2
    with reading(town.web) as conn:
        asked = Asked(period=JUNE, area="3505")
        assert gather(conn, asked, scope(town.people["west"]), now=NOW) is None
        own = gather(conn, Asked(period=JUNE), scope(town.people["p1"]), now=NOW + 5 * HOUR)
        other = replace(asked, area=None, department="water")
        assert gather(conn, other, scope(town.people["p1"]), now=NOW) is None
        assert gather(conn, replace(asked, area="999999"), Scope(), now=NOW) is None
    assert own is not None
    assert {one.name.en for one in own.lines if one.name} == {"Public Works"}


def test_what_is_yet_to_come_does_not_count(town: Town) -> None:
    town.filed(draft())
    found = evaluated(town, now=NOW + 3 * HOUR)
    assert found.total["timely_disposal"].counted == 0
    found = evaluated(town, now=NOW + 4 * HOUR)
    assert found.total["timely_disposal"].counted == found.total["overdue_undisposed"].good == 1


def test_a_new_formula_changes_no_earlier_month(town: Town) -> None:
    stricter = replace(FORMULA, version=2, effective_from=date(2026, 7, 1),
                       counted=("in_time", "late", "late_open", "late_left", "merge"))  # fmt: skip
    three(town)
    june = evaluated(town)
    with transaction(town.database.engine("cc_admin"), ADMIN.key) as conn:
        for wrong, reason in (
            (replace(FORMULA, source="otherwise"), Reason.FORMULA_FIXED),
            (replace(stricter, version=1), Reason.FORMULA_FIXED),
            (replace(stricter, effective_from=date(2026, 6, 1)), Reason.FORMULA_TOO_EARLY),
        ):
            with pytest.raises(Incomplete) as refused:
                add_formulas(conn, [wrong], now=NOW)
            assert refused.value.refusal.reason is reason
        assert add_formulas(conn, [stricter, FORMULA], now=NOW) == ("timely_disposal 2",)
    assert evaluated(town).total == june.total
    july = evaluated(town, period=month(2026, 7), now=NOW + timedelta(days=40))
    formula = july.formula("timely_disposal")
    assert formula is not None
    assert formula.version == 2
    assert july.before["timely_disposal"].counted == 4  # June, by the formula of July
    with reading(town.web) as conn:
        assert [one.version for one in formulas.all(conn) if one.code == FORMULA.code] == [1, 2]


def test_the_pack_is_whole_and_nonsense_is_refused() -> None:
    pack = read_pack()
    assert len({one.code for one in pack}) == len(pack) >= 20
    assert {one.ground for one in pack} == set(Ground)
    assert PACK.exists()
    for change in ({"good": ("kept",)}, {"marked": ("blue",)}, {"counted": ()},
                   {"good": ("in_time", "merge")}):  # fmt: skip
        with pytest.raises(ValueError, match="timely_disposal"):
            replace(FORMULA, **change)
    retired = replace(FORMULA, version=2, effective_from=date(2026, 7, 1), in_use=False)
    assert FORMULA in in_force([FORMULA, retired], date(2026, 6, 30))
    assert in_force([FORMULA, retired], date(2026, 7, 1)) == ()


@st.composite
def formulas_of_any_kind(draw: st.DrawFn) -> Formula:
    ground = draw(st.sampled_from(Ground))
    counted = draw(st.sets(st.sampled_from(OUTCOMES[ground]), min_size=1))
    marks = st.sets(st.sampled_from([str(one.name).lower() for one in Mark]), max_size=2)
    return replace(
        FORMULA, ground=ground, counted=tuple(sorted(counted)), marked=tuple(draw(marks)),
        good=tuple(draw(st.sets(st.sampled_from(sorted(counted))))), without=tuple(draw(marks)),
        excused=draw(st.sampled_from(Excused)), unit=draw(st.sampled_from(Unit)),
    )  # fmt: skip


TALLIES = st.lists(
    st.sampled_from(Ground).flatmap(
        lambda ground: st.builds(
            Tally, ground=st.just(ground), outcome=st.sampled_from(OUTCOMES[ground]),
            marks=st.integers(0, 255), facts=st.integers(0, 50), seconds=st.integers(0, 10_000),
        )
    ), max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(formula=formulas_of_any_kind(), tallies=TALLIES)
def test_shares_are_shares_and_nothing_is_lost(formula: Formula, tallies: list[Tally]) -> None:
    value = value_of(formula, tallies)
    own = [one for one in tallies if one.ground is formula.ground]
    assert value.counted + sum(value.left_out.values()) == sum(one.facts for one in own)
    assert 0 <= value.good <= value.counted
    assert value.good + value.excused <= value.counted
    if formula.unit is Unit.SHARE and value.fact is not None:
        assert 0 <= value.fact <= 1
        assert value.appealed is None or value.fact <= value.appealed <= 1


def test_small_numbers_are_not_ranked() -> None:
    def value(good: int, counted: int, **of: Any) -> Any:
        return replace(value_of(replace(FORMULA, **of), ()), good=good, counted=counted)

    few = {"a": value(9, 10), "b": value(19, 20), "c": value(9, 9), "d": value(18, 20)}
    assert ranks(few) == {"b": 1, "a": 2, "d": 2}
    less = {key: replace(one, formula=replace(FORMULA, better=Better.LESS))
            for key, one in few.items()}  # fmt: skip
    assert ranks(less) == {"a": 1, "d": 1, "b": 3}
    assert ranks({"a": value(9, 10, better=Better.NEITHER)}) == {}


def test_periods() -> None:
    assert month_named("2026-02").days == 28
    assert str(month_named("2026-12").before) == "2026-11"
    assert month_named("2026-01").before == month(2025, 12)
    week = Period(first=date(2026, 6, 1), last=date(2026, 6, 7))
    assert week.before == Period(first=date(2026, 5, 25), last=date(2026, 5, 31))
    # there is no day before the first, nor after the last that a date can say
    for first, last in ((date.min, date.min), (date(2026, 1, 1), date.max),
                        (date(9999, 12, 1), date.max)):  # fmt: skip
        assert Period(first=first, last=last).before.first <= first
    for wrong in ("2026", "2026-13", "26-01", "2026-1", "x"):
        with pytest.raises(ValueError):
            month_named(wrong)
    with pytest.raises(ValueError, match="before"):
        Period(first=week.last, last=week.first)
    assert spans(date(2026, 11, 29))["week"].first == date(2026, 11, 23)
    assert str(spans(date(2026, 1, 15))["last_month"]) == "2025-12"


_MANY = """
INSERT INTO events.tallies
SELECT area_id, by, day, key, ground, outcome, 0, 5, 100
FROM unnest(ARRAY[1, 2, 3, 4, 5]) AS area_id,
    (VALUES ('all', 1), ('department', 2), ('crew', 6), ('category', 8), ('person', 12))
        AS one (by, keys),
    (SELECT to_char(n, 'FM00') AS key, n FROM generate_series(1, 12) AS n) AS k,
    (SELECT CAST('2026-01-01' AS date) + n AS day FROM generate_series(0, 170) AS n) AS d,
    unnest(ARRAY['disposal', 'closing_time', 'report']) AS ground,
    unnest(ARRAY['in_time', 'late']) AS outcome
WHERE k.n <= one.keys;
INSERT INTO events.facts (ticket_id, ground, source_id, at, day, outcome, marks, area_id, cell_id,
    department_id, crew_id, category_code, person, seconds)
SELECT n, ground, 0, CAST('2026-01-01' AS timestamptz) + n * interval '20 minutes',
    CAST(CAST('2026-01-01' AS timestamptz) + n * interval '20 minutes' AS date),
    'in_time', 0, 4 + n % 2, 1 + n % 16, 1 + n % 2, 1 + n % 3, 'garbage', 'account:w1', 60
FROM generate_series(1, 12000) AS n, unnest(ARRAY['disposal', 'closing_time', 'report']) AS ground;
ANALYZE events.facts;
ANALYZE events.tallies;
"""


def test_a_page_reads_its_days_and_no_others(town: Town) -> None:
    """The sums of whole days, the facts of one day: nothing is read from end to end."""
    with town.database.superuser() as root:
        root.execute(_MANY.encode())
    read: dict[str, set[str]] = {}

    def explain(
        conn: Connection, _cursor: Any, statement: str, params: Any, _ctx: Any, _many: Any
    ) -> None:
        for table in ("tallies", "facts"):
            if f"FROM events.{table}" in statement and not statement.startswith("EXPLAIN"):
                plan = conn.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", params).scalar()
                read.setdefault(table, set()).update(scans_of(plan, table))

    day = Period(first=date(2026, 5, 1), last=date(2026, 5, 31))
    now = NOW + timedelta(days=15)
    with town.web.connect() as conn:
        event.listen(conn, "before_cursor_execute", explain)
        for by in BYS:
            for area in (None, "350500001001"):
                gather(conn, Asked(period=day, by=by, area=area), Scope(), now=now)
        gather(conn, Asked(period=Period(first=now.date(), last=now.date())), Scope(), now=now)
        city = figures.place(conn, None)
        assert city is not None
        question = figures.Question(first=day.first, last=day.first, place=city)
        figures.behind(conn, question, FORMULA, Part.COUNTED, "", now=now, limit=9)
        offices = figures.Question(first=day.first, last=day.last, place=city, by="department")
        for nobody in ("9", "two", "99999999999999999999", "-1"):  # as an address may say it
            assert (
                figures.behind(conn, offices, FORMULA, Part.COUNTED, nobody, now=now, limit=9) == ()
            )
        event.remove(conn, "before_cursor_execute", explain)
    assert set(read) == {"tallies", "facts"}
    assert read["tallies"] | read["facts"] <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


def scans_of(plan: Any, table: str) -> set[str]:
    """How a plan (EXPLAIN in JSON) reads a table."""
    waiting, found = [plan[0]["Plan"]], set()
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", ())
        if node.get("Relation Name") == table:
            found.add(node["Node Type"])
    return found
