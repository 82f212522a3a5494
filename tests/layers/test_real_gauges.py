"""Rules on real river and rain gauges, against the plain re-computation."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from layers.contract import Finding, Limits, Series
from layers.rules import compare, resume
from tests.layers import plain
from tests.layers.helpers import limits_of, rule

QUARTER_S = 900


def gauges(samples: Path, what: str) -> dict[str, Series]:
    """Read the gauges of the Calder: 15 min steps, metres or millimetres."""
    found = {}
    for file in sorted((samples / "open" / "ea_calder").glob(f"*-{what}-*.csv.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [row for row in csv.DictReader(lines) if row["value"]]
        times = [
            round(datetime.fromisoformat(row["dateTime"]).replace(tzinfo=UTC).timestamp() * 1000)
            for row in rows
        ]
        found[file.name] = Series.of(times, [float(row["value"]) for row in rows])
    return found


@pytest.mark.parametrize(
    ("what", "name", "by_hand"),
    [
        ("level", "river_level", plain.threshold),
        ("level", "river_rise", plain.rise),
        ("rainfall", "heavy_rain", plain.rolling),
    ],
)
def test_real_gauges_are_judged_like_the_plain_rule_says(
    samples: Path, what: str, name: str, by_hand: plain.Kind
) -> None:
    series_by_gauge = gauges(samples, what)
    assert series_by_gauge
    total = 0
    for gauge, whole in series_by_gauge.items():
        high = float(sorted(whole.value)[int(len(whole) * 0.97)])
        limits = limits_of(name, QUARTER_S, warning_m=high, guarantee_m=high + 0.3)
        points = list(zip(whole.ts.tolist(), whole.value.tolist(), strict=True))
        expected = plain.judge(name, points, limits, by_hand(points, limits, 1), 1)
        found = rule(name).judge(whole, limits)
        assert [(one.onset_ms, one.ended_ms, one.level) for one in found] == [
            (one.onset_ms, one.ended_ms, one.level) for one in expected
        ], gauge
        total += len(found)
        assert _day_by_day(name, whole, limits) == list(found), gauge
    assert total > 0 or name != "river_level"


def _day_by_day(name: str, whole: Series, limits: Limits) -> list[Finding]:
    """Judge 96 readings at a time, as they would have come."""
    stored: list[Finding] = []
    for first in range(0, len(whole), 96):
        last = min(first + 96, len(whole))
        dirty_ms = int(whole.ts[first])
        start = resume(limits, dirty_ms, stored)
        place = int(whole.ts.searchsorted(start.read_from_ms))
        part = Series(
            ts=whole.ts[place:last], value=whole.value[place:last], flag=whole.flag[place:last]
        )
        found = rule(name).judge(part, limits, start.seed, since_ms=start.since_ms)
        for change in compare(stored, found, since_ms=start.since_ms):
            if change.before is not None:
                stored.remove(change.before)
            if change.after is not None:
                stored.append(change.after)
    return stored
