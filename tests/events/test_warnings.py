"""Warnings of others: read safely, kept once, over when they expire or something refers to them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import shapely

from events.actions.take_warning import Taken, take_warning
from events.model.cap import NotCap, read_cap
from events.model.warning import Standing, in_language, level_of
from events.store import warnings
from grid.store.postgis import reading, transaction
from tests.events.cap import QUARTER, alert
from tests.events.town import NOW, Town, found_town
from tests.support.cluster import TestDatabase


@pytest.fixture
def town(database: TestDatabase) -> Town:
    return found_town(database)


def take(town: Town, content: bytes) -> Taken:
    with transaction(town.web, "account:dispatcher") as conn:
        return take_warning(conn, read_cap(content), now=NOW)


def stand(town: Town, hours: float = 0) -> list[Standing]:
    with reading(town.web) as conn:
        return warnings.standing(conn, now=NOW + timedelta(hours=hours))


_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&b;</identifier></alert>'
)
_OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE alert SYSTEM "file:///etc/passwd">'
    b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>'
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "XML"),
        (b"\x89PNG\r\n", "XML"),
        (b"<alert>", "XML"),
        (b"<html><body/></html>", "no CAP 1.2"),
        (b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"/>', "no CAP 1.2"),
        (_BOMB, "DOCTYPE"),
        (_OUTSIDE, "DOCTYPE"),
        (b'<?xml version="1.0" encoding="klingon"?><alert/>', "XML"),
        (b"<a>" * 50 + b"</a>" * 50, "nested"),
        (alert(status="Test"), "not meant to be shown"),
        (alert(kind="Update"), "must refer"),
        (alert(area="<polygon>24.6,118.2 24.7,118.2 24.6,118.2</polygon>"), "at least four"),
        (alert(area="<polygon>24.6,118.2 24.7,118.2 24.7,118.3 24.6,118.3</polygon>"), "equal"),
        (alert(area="<polygon>" + QUARTER.replace("24.602", "124.6") + "</polygon>"), "lat,lon"),
        (alert(area="<circle>24.6,118.2 nan</circle>"), "radius"),
        (alert(severity="Orange"), "severity must be one of"),
        (alert("A 1"), "spaces"),
    ],
)  # fmt: skip
def test_what_is_no_warning_is_refused_with_what_is_wrong(content: bytes, said: str) -> None:
    with pytest.raises(NotCap) as caught:
        read_cap(content)
    assert said in " ".join(one.reason_en for one in caught.value.refusals)
    assert all(one.reason_zh for one in caught.value.refusals)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = alert(severity="x").replace(b"+00:00", b"").replace(b"Public", b"")
    with pytest.raises(NotCap) as caught:
        read_cap(wrong)
    assert {one.field for one in caught.value.refusals} == {"sent", "scope"}


def test_colours_are_what_is_said_in_so_many_words_else_by_severity() -> None:
    assert level_of("Severe", []) == 3
    assert level_of("Unknown", []) is None
    assert level_of("Severe", [("awareness_level", "2; yellow; Moderate")]) == 2
    assert level_of("Minor", [("预警颜色", "红色")]) == 4
    assert level_of("Minor", [("VTEC", "a red line")]) == 1


def test_a_warning_is_kept_once_and_drawn_where_it_holds(town: Town) -> None:
    assert take(town, alert()) == Taken(warning_id=1, new=True, inside=True)
    assert take(town, alert()) == Taken(warning_id=1, new=False, inside=True)
    with pytest.raises(NotCap, match="another message"):
        take(town, alert(severity="Minor"))
    (found,) = stand(town)
    assert (found.level, found.event, found.inside) == (3, "暴雨", True)
    drawn = shapely.from_geojson(found.shapes[0])
    assert drawn.bounds == (118.2, 24.6, 118.202, 24.602)
    assert stand(town, 5.9) != []
    assert stand(town, 6) == []
    (entry,) = town.rows("SELECT actor, verb, object_key FROM events.ledger"
                         " WHERE object_kind = 'warning'")  # fmt: skip
    assert entry == ("account:dispatcher", "warning.take", "qxt@test,A-1")


def test_updates_and_cancellations_end_what_they_refer_to_in_any_order(town: Town) -> None:
    refers = f"qxt@test,A-1,{NOW.isoformat()}"
    take(town, alert("A-2", "Update", references=refers, severity="Extreme"))
    take(town, alert("A-1"))  # comes after what replaces it
    assert [(one.identifier, one.level) for one in stand(town)] == [("A-2", 4)]
    take(town, alert("B-1"))
    take(town, alert("A-3", "Cancel", references=refers.replace("A-1", "A-2"), infos=0))
    assert [one.identifier for one in stand(town)] == ["B-1"]


@pytest.mark.parametrize(
    ("area", "bounds", "inside"),
    [
        ("<circle>24.602,118.202 0</circle>", (118.20101, 24.6011, 118.20299, 24.6029), True),
        ("<geocode><valueName>行政区划</valueName><value>350500001002</value></geocode>",
         (118.202, 24.6, 118.204, 24.604), True),
        ("<geocode><valueName>行政区划</valueName><value>350000000000</value></geocode>",
         (118.2, 24.6, 118.204, 24.604), True),
        # a bow tie, and far away
        ("<polygon>24.60,118.20 24.604,118.204 24.604,118.20 24.60,118.204 24.60,118.20</polygon>",
         (118.2, 24.6, 118.204, 24.604), True),
        ("<polygon>40,116 41,116 41,117 40,117 40,116</polygon>", None, False),
        ("<geocode><valueName>SAME</valueName><value>006109</value></geocode>", None, False),
        ("", None, False),
    ],
)  # fmt: skip
def test_areas_are_polygons_circles_or_codes(
    town: Town, area: str, bounds: tuple[float, ...] | None, inside: bool
) -> None:
    assert take(town, alert(area=area)).inside is inside
    (found,) = stand(town)
    assert found.inside is inside
    if bounds is None:
        assert found.shapes == ()
    else:
        assert shapely.from_geojson(found.shapes[0]).bounds == pytest.approx(bounds, abs=3e-5)
    assert all("Polygon" in json.loads(one)["type"] for one in found.shapes)


def test_each_reads_it_in_their_language(town: Town) -> None:
    english = alert(language="en-US", event="Rainstorm").partition(b"</scope>")[2]
    both = alert().replace(b"</alert>", english)
    take(town, both)
    take(town, alert("B-1", language="fr-FR", event="Pluie"))
    found = stand(town)
    assert len(found) == 3
    assert {one.event for one in in_language(found, "en")} == {"Rainstorm", "Pluie"}
    assert {one.event for one in in_language(found, "zh")} == {"暴雨", "Pluie"}


def test_real_messages_are_read_or_refused_with_a_reason(samples: Path) -> None:
    read, refused = [], []
    for path in sorted((samples / "open" / "protocol" / "cap").glob("*/*.xml")):
        try:
            read.append(read_cap(path.read_bytes()))
        except NotCap as problem:
            refused.append((path.name, [one.reason_en for one in problem.refusals]))
    assert len(read) >= 8, refused
    assert all(reasons for _, reasons in refused)
