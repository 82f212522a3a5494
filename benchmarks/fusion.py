"""Fusion on real cities' requests, beside a plain rule: the same type within 50 m and 7 days.

`COMMAND_CENTER_SAMPLES=FOLDER python -m benchmarks.fusion [--sample 100 --seed 7]`

Boston, July and August 2011: how many of the 24 labelled pairs each rule finds, and how many pairs
it proposes for that. `--sample` prints so many random proposals of each rule, for a person to read.
Houston, 2012 to June 2013: reports and tickets by month, and due dates computed again.

The files hold no words of residents: the text that is compared is the address with the title. A
case is a candidate while it is open; the type is our category, Boston's "reason" our family.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from events.model.calendar import Calendar, Clock
from events.model.category import Category
from events.model.deadline import Limit, due
from events.model.distance import metres
from events.model.matching import DEFAULT, Candidate, Scored, Subject, compare

_BOSTON = "unverified/boston311_2011_jul_aug.parquet"
_PAIRS = "unverified/boston311_2011_duplicate_pairs.csv.gz"
_HOUSTON = "unverified/houston311_flood_pothole_2012_2013H1.parquet"
_REACH_M, _WINDOW = 50.0, timedelta(days=7)
# Side of the squares in which neighbours are looked for, in degrees; more than twice the reach.
_SQUARE = 0.0015


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A request of another city."""

    key: str
    kind: str
    family: str
    opened_at: datetime
    closed_at: datetime | None
    lon: float
    lat: float
    text: str
    outcome: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two cases of one family, the earlier one open when the later one came."""

    earlier: Case
    later: Case
    scored: Scored

    @property
    def plain(self) -> bool:
        """Whether the plain rule takes them for one."""
        near = self.scored.distance_m <= _REACH_M and self.scored.gap <= _WINDOW
        return near and self.earlier.kind == self.later.kind

    @property
    def linked(self) -> bool:
        """Whether the later one joins without a person."""
        near = self.scored.distance_m <= _REACH_M and self.scored.gap <= _WINDOW
        return near and self.scored.score >= DEFAULT.link_at

    @property
    def found(self) -> bool:
        """Whether it is linked or suggested."""
        return self.scored.score >= DEFAULT.suggest_at


def main() -> None:
    """Print what was found in both cities."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fusion", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--sample", type=int, default=0, help="proposals to print and read")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    folder = Path(os.environ["COMMAND_CENTER_SAMPLES"])
    _boston(folder, asked.sample, asked.seed)
    _houston(folder)


def _boston(folder: Path, sample: int, seed: int) -> None:
    cases = boston(folder)
    pairs = list(neighbours(cases))
    labelled = labels(folder)
    print(f"Boston: {len(cases):,} cases with a place, {len(labelled)} labelled pairs")
    print(f"{'rule':44} {'pairs':>7} {'cases':>7} {'labelled pairs found':>21}")
    rules = {
        "same type, 50 m, 7 days": [one for one in pairs if one.plain],
        "score: linked without a person": [one for one in pairs if one.linked],
        "score: linked or suggested": [one for one in pairs if one.found],
        "score: suggested only": [one for one in pairs if one.found and not one.linked],
    }
    for name, found in rules.items():
        keys = {frozenset((one.earlier.key, one.later.key)) for one in found}
        later = {one.later.key for one in found}
        hits = len(keys & labelled)
        print(f"{name:44} {len(keys):7,} {len(later):7,} {hits:4} of {len(labelled)}")
    for name in ("same type, 50 m, 7 days", "score: linked or suggested"):
        chosen = random.Random(seed).sample(rules[name], min(sample, len(rules[name])))
        for number, one in enumerate(chosen, start=1):
            print(f"[{name}] {number}: {one.scored.score:.2f} {one.scored.because.en}")
            for case in (one.earlier, one.later):
                print(
                    f"    {case.opened_at:%m-%d %H:%M} {case.kind} | {case.text} | {case.outcome}"
                )


def boston(folder: Path) -> list[Case]:
    """The cases that name a place, in the order in which they were opened.

    The others all have the position of City Hall, whatever they are about.
    """
    cases = [
        Case(
            key=str(row["case_enquiry_id"]), kind=row["type"], family=row["reason"],
            opened_at=row["open_dt"].replace(tzinfo=UTC),
            closed_at=row["closed_dt"] and row["closed_dt"].replace(tzinfo=UTC),
            lon=row["longitude"], lat=row["latitude"], outcome=(row["closure_reason"] or "")[:110],
            text=f"{row['location_street_name'] or ''}. {row['case_title'] or ''}",
        )
        for row in pq.read_table(folder / _BOSTON).to_pylist()
        if row["location_street_name"]
    ]  # fmt: skip
    return sorted(cases, key=lambda one: (one.opened_at, one.key))


def labels(folder: Path) -> set[frozenset[str]]:
    """The pairs that Boston's clerks called duplicates."""
    with gzip.open(folder / _PAIRS, "rt") as file:
        return {frozenset((row["child"], row["parent"])) for row in csv.DictReader(file)}


def neighbours(cases: Iterable[Case]) -> Iterator[Pair]:
    """Pairs of one family near enough to be suggested; ``cases`` in order of opening."""
    squares: dict[tuple[str, int, int], list[Case]] = defaultdict(list)
    for case in cases:
        column, row = int(case.lon / _SQUARE), int(case.lat / _SQUARE)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for earlier in squares[case.family, x, y]:
                    pair = _pair(earlier, case)
                    if pair is not None:
                        yield pair
        squares[case.family, column, row].append(case)


def _pair(earlier: Case, later: Case) -> Pair | None:
    if earlier.closed_at is not None and earlier.closed_at < later.opened_at:
        return None
    far = metres(earlier.lon, earlier.lat, later.lon, later.lat) > DEFAULT.wider * _REACH_M
    if far or later.opened_at - earlier.opened_at > DEFAULT.longer * _WINDOW:
        return None
    subject = Subject(
        category=_category(later.kind, later.family), lon=later.lon, lat=later.lat,
        occurred_at=later.opened_at, description=later.text,
    )  # fmt: skip
    candidate = Candidate(
        ticket_id=1, number=earlier.key, category_code=earlier.kind, lon=earlier.lon,
        lat=earlier.lat, occurred_at=earlier.opened_at, seen_at=earlier.opened_at,
        description=earlier.text,
    )  # fmt: skip
    return Pair(earlier=earlier, later=later, scored=compare(subject, candidate))


@cache
def _category(kind: str, family: str, reach_m: float = _REACH_M) -> Category:
    return Category(
        code=kind, family=family, name_zh=kind, name_en=kind, dispose_limit=timedelta(days=3),
        fuse_within_m=reach_m, fuse_within=_WINDOW, pack="benchmark",
        effective_from=date(2011, 1, 1),
    )  # fmt: skip


def _houston(folder: Path) -> None:
    rows = pq.read_table(folder / _HOUSTON).to_pylist()
    placed = [row for row in rows if row["latitude"] is not None and not isnan(row["latitude"])]
    cases = sorted((_case(row) for row in placed), key=lambda one: (one.opened_at, one.key))
    joined = {one.later.key for one in neighbours(cases) if one.linked}
    print(f"Houston: {len(rows):,} reports, {len(placed):,} of them with a position")
    print(
        f"{'month':10} {'flood reports':>14} {'tickets':>8} {'pothole reports':>16} {'tickets':>8}"
    )
    months: Counter[tuple[str, str, bool]] = Counter()
    for case in cases:
        months[f"{case.opened_at:%Y-%m}", case.kind, case.key in joined] += 1
    for month in sorted({key[0] for key in months}):
        counts = []
        for kind in ("Flooding", "Pothole"):
            alone, with_others = months[month, kind, False], months[month, kind, True]
            counts += [alone + with_others, alone]
        print(f"{month:10} {counts[0]:14,} {counts[1]:8,} {counts[2]:16,} {counts[3]:8,}")
    _due_dates(rows)


def _case(row: dict[str, Any]) -> Case:
    return Case(
        key=row["case_number"], kind=row["sr_type"], family=row["sr_type"],
        opened_at=row["sr_create_date"].replace(tzinfo=UTC),
        closed_at=row["date_closed"] and row["date_closed"].replace(tzinfo=UTC),
        lon=row["longitude"], lat=row["latitude"],
        text=f"{row['sr_location'] or ''}. {row['title'] or ''}",
    )  # fmt: skip


def _due_dates(rows: list[dict[str, Any]]) -> None:
    """The file's due dates beside natural days of its SLA, and of the days it really gives."""
    calendar = Calendar(zone=ZoneInfo("UTC"), days={})
    by_kind: Counter[tuple[str, float, int, bool]] = Counter()
    same_sla = same_overdue = 0
    for row in rows:
        opened, due_at = (row[one].replace(tzinfo=UTC) for one in ("sr_create_date", "due_date"))
        same_sla += _due(opened, row["sla"], calendar) == due_at
        days = {"Flooding": 3, "Pothole": 10}[row["sr_type"]]
        hit = abs(_due(opened, days, calendar) - due_at) <= timedelta(minutes=15)
        by_kind[row["sr_type"], row["sla"], days, hit] += 1
        late = (row["date_closed"] - row["due_date"]) / timedelta(days=1)
        same_overdue += abs(late - row["overdue"]) <= 0.006
    print(f"due dates that are the SLA's days after the report: {same_sla:,} of {len(rows):,}")
    for (kind, sla, days, hit), count in sorted(by_kind.items()):
        print(f"  {kind}: SLA says {sla:g}; due {'' if hit else 'not '}{days} natural days after"
              f" the report: {count:,}")  # fmt: skip
    print(f"days overdue are closing less due date: {same_overdue:,} of {len(rows):,}")


def _due(opened: datetime, days: float, calendar: Calendar) -> datetime:
    return due(opened, Limit(clock=Clock.CONTINUOUS, time_limit=timedelta(days=days)), calendar)


if __name__ == "__main__":
    main()
