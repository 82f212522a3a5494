"""What people read, made from rows: pure functions, no page, no database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from command_center.views.charts import LimitLine, Sample, series_figure
from command_center.views.evaluation import rows, total
from command_center.views.moments import clock_text, span_text
from command_center.views.queue import filters_of
from events.store.statistics import Figures

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


def test_an_address_gives_filters_and_nonsense_is_left_out() -> None:
    assert filters_of({}).show == "needs"
    assert filters_of({"show": "overdue", "department": "3"}).department_id == 3
    nonsense = filters_of({"show": "x", "department": "-1", "area": "1 OR 1"})
    assert (nonsense.show, nonsense.department_id, nonsense.area_id) == ("open", None, None)


def _figures(key: str, **counts: int) -> Figures:
    zero = dict.fromkeys(
        ("created", "filed", "declined", "dispatched", "disposed", "closed", "open", "overdue",
         "due_for_disposal", "disposed_in_time", "closed_in_time", "due_to_close", "reworked",
         "handed_back"), 0,
    )  # fmt: skip
    return Figures(key=key, name_zh=None, name_en=None, median_dispose_s=None, **(zero | counts))


def test_rates_say_their_counts_and_lead_to_the_tickets() -> None:
    counted = [
        _figures("water", created=3, due_for_disposal=4, disposed_in_time=3, open=2),
        _figures("works", created=9),
    ]
    works, water = rows(counted, "en", {"water": {"department": 7}})
    assert works.name == "works"
    assert water.figures["disposed_on_time"].text == "75% (3/4)"
    assert water.figures["open"].href == "/desk?show=open&department=7"
    assert works.figures["open"].href is None
    assert works.figures["disposed_on_time"].text == "–"  # nothing was due: no rate, not 0 %
    assert total(counted, "all").figures["created"].text == "12"
