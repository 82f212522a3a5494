"""What people read, made from rows: pure functions, no page, no database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from command_center.evaluation.pack import read_pack
from command_center.views.charts import LimitLine, Sample, series_figure
from command_center.views.evaluation import (
    change_text,
    left_out_text,
    marks_text,
    number_text,
    outcome_text,
)
from command_center.views.moments import clock_text, minute_text, span_text
from command_center.views.queue import filters_of
from command_center.wording import words
from events.model.figure import OUTCOMES, Mark, Value

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 01:00 on the 24th in the city


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (NOW, "01:00:00"),
        (NOW - timedelta(hours=2), "11-23 23:00"),
        (NOW - timedelta(days=400), "2025-10-20 01:00"),
        (None, "–"),
    ],
)
def test_a_moment_is_told_in_the_citys_zone(at: datetime | None, told: str) -> None:
    assert clock_text(at, ZONE, now=NOW) == told


def test_what_is_not_known_to_the_second_is_told_to_the_minute() -> None:
    assert minute_text(NOW + timedelta(seconds=17), ZONE, now=NOW) == "01:00"
    assert minute_text(NOW - timedelta(hours=2), ZONE, now=NOW) == "11-23 23:00"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (3_900, "1 h 5 min"), (200_000, "2 d 7 h")],
)
def test_a_span_has_at_most_two_units(seconds: float, told: str) -> None:
    assert span_text(timedelta(seconds=seconds), "en") == told


def test_a_series_is_drawn_in_local_time_with_its_limits() -> None:
    sample = Sample(at=NOW, lowest=0.5, mean=1.0, highest=2.0)
    limit = LimitLine(value=4.0, name="warning", colour="#ffd53d")
    figure = series_figure([sample], limits=[limit], unit="m", zone=ZONE)
    assert figure["data"][0]["x"] == ["2026-11-24T01:00:00.000"]
    assert figure["data"][0]["mode"] == "markers"  # one reading is a point, not an empty line
    assert [one["y0"] for one in figure["layout"]["shapes"]] == [4.0]
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < 0.5
    assert high > 4.0


def test_names_of_limits_keep_clear_of_the_lines_of_others() -> None:
    limits = [LimitLine(value=one, name=f"{one}", colour="#ffffff") for one in (3.9, 3.7, 5.2)]
    figure = series_figure([], limits=limits, unit="m", zone=ZONE)
    notes = [(one["text"], one["xanchor"], one["yanchor"])
             for one in figure["layout"]["annotations"]]  # fmt: skip
    assert notes == [
        ("3.7", "left", "top"), ("3.9", "right", "bottom"), ("5.2", "left", "bottom"),
    ]  # fmt: skip
    (only,) = series_figure([], limits=limits[:1], unit="m", zone=ZONE)["layout"]["annotations"]
    assert only["yanchor"] == "bottom"


def test_an_address_gives_filters_and_nonsense_is_left_out() -> None:
    assert filters_of({}).show == "needs"
    assert filters_of({"show": "overdue", "department": "3"}).department_id == 3
    nonsense = filters_of({"show": "x", "department": "-1", "area": "1 OR 1"})
    assert (nonsense.show, nonsense.department_id, nonsense.area_id) == ("open", None, None)


FORMULAS = {one.code: one for one in read_pack()}


def _value(code: str, good: int, counted: int, excused: int = 0, seconds: int = 0) -> Value:
    return Value(formula=FORMULAS[code], counted=counted, good=good, excused=excused,
                 seconds=seconds, left_out={"hand_back": 3, "merge": 1})  # fmt: skip


@pytest.mark.parametrize(
    ("code", "value", "told"),
    [
        ("timely_disposal", None, "–"),  # nothing was due: no rate, not 0 %
        ("timely_disposal", 0.75, "75.0%"),
        ("timely_disposal", 0.9999, "99.9%"),  # not all of it
        ("timely_disposal", 1.0, "100.0%"),
        ("timely_disposal", 0.0001, "0.1%"),
        ("reports", 12_345.0, "12,345"),
        ("disposal_hours", 1.5, "1 h 30 min"),
    ],
)
def test_a_figure_is_told_in_its_unit(code: str, value: float | None, told: str) -> None:
    assert number_text(FORMULAS[code], value, "en") == told


def test_a_change_says_which_way_and_whether_that_is_good() -> None:
    good, bad = _value("timely_disposal", 9, 10), _value("timely_disposal", 8, 10)
    assert change_text(good, bad, "en") == ("+10.0 pp", "better")
    assert change_text(bad, good, "zh") == ("−10.0 个百分点", "worse")
    # what was excused counts as it was decided
    assert change_text(_value("timely_disposal", 8, 10, excused=1), good, "en") == ("same", "")
    less = _value("reworked", 1, 10), _value("reworked", 2, 10)
    assert change_text(*less, "en") == ("−10.0 pp", "better")
    assert change_text(_value("reports", 9, 9), _value("reports", 7, 7), "en") == ("+2", "")
    assert change_text(good, _value("timely_disposal", 0, 0), "en") == ("", "")


def test_what_is_left_out_says_why() -> None:
    assert left_out_text(_value("timely_disposal", 1, 2), "zh") == "退回 3、并案 1"
    assert marks_text(Mark.EXEMPTED | Mark.REWORKED, "en") == "appeal granted, reworked"


def test_every_outcome_ground_and_mark_has_its_words() -> None:
    for ground, outcomes in OUTCOMES.items():
        assert words(f"evaluation.ground_{ground}", "zh")
        assert all(outcome_text(one, "en") for one in outcomes)
    assert marks_text(sum(Mark), "zh").count("、") == len(Mark) - 1
