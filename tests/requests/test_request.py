"""Understanding one row of another system's requests."""

import math
import tomllib
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import pytest

from events.model.request import (
    BadMapping,
    RefusedRow,
    Request,
    RequestMapping,
    RowRefusal,
    read_mapping,
    read_row,
)

PACKAGED = ("boston311", "open311", "nyc311")


def packaged(name: str) -> RequestMapping:
    text = resources.files("command_center.cli").joinpath("mappings", f"{name}.toml").read_text()
    return read_mapping(tomllib.loads(text))


BOSTON: dict[str, Any] = {
    "case_enquiry_id": 101000295613,
    "open_dt": datetime(2011, 7, 1, 1, 32, 33),  # noqa: DTZ001 - the file gives no zone
    "target_dt": datetime(2011, 7, 15, 1, 32, 32),  # noqa: DTZ001
    "closed_dt": datetime(2011, 7, 1, 5, 6, 58),  # noqa: DTZ001
    "case_status": "Closed",
    "type": "Street Light Outages",
    "closure_reason": "Case Closed replaced fuse",
    "latitude": 42.2715,
    "longitude": -71.0772,
    "queue": "PWDx_Street Light Outages",
}


@pytest.mark.parametrize("name", PACKAGED)
def test_every_packaged_mapping_can_be_read_and_names_categories_of_ours(name: str) -> None:
    from layers.packs import load_categories

    known = {one.code for one in load_categories()}
    mapping = packaged(name)
    assert {category for _, category in mapping.categories} <= known
    assert mapping.required()


def test_a_boston_row_is_understood() -> None:
    found = read_row(1, BOSTON, packaged("boston311"))
    assert isinstance(found, Request)
    assert found.key == "boston311:101000295613"
    assert found.category == "street_lamp"
    assert found.created_at == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)
    assert found.closed_at == datetime(2011, 7, 1, 9, 6, 58, tzinfo=UTC)
    assert found.attributes["type"] == "Street Light Outages"
    assert found.attributes["queue"] == "PWDx_Street Light Outages"
    assert (found.lon, found.lat) == (-71.0772, 42.2715)


def test_an_open_request_has_no_closing_time_and_an_unknown_type_is_other() -> None:
    row = {**BOSTON, "case_status": "Open", "closed_dt": None, "type": "Alert Boston"}
    found = read_row(1, row, packaged("boston311"))
    assert isinstance(found, Request)
    assert found.closed_at is None
    assert found.category == "other"
    assert found.attributes["type"] == "Alert Boston"


def test_a_key_that_a_reader_made_a_float_is_the_same_key() -> None:
    found = read_row(1, {**BOSTON, "case_enquiry_id": 101000295613.0}, packaged("boston311"))
    assert isinstance(found, Request)
    assert found.key == "boston311:101000295613"


def test_open311_texts_are_understood() -> None:
    row = {
        "service_request_id": "638344",
        "requested_datetime": "2010-04-14T06:37:38-08:00",
        "status": "open",
        "service_name": "Pothole in the street",
        "lat": "37.762221815",
        "long": "-122.4651145",
    }
    found = read_row(7, row, packaged("open311"))
    assert isinstance(found, Request)
    assert found.created_at == datetime(2010, 4, 14, 14, 37, 38, tzinfo=UTC)
    assert found.category == "road_damage"
    assert found.closed_at is None


@pytest.mark.parametrize(
    ("change", "refusal", "field"),
    [
        ({"case_enquiry_id": None}, RowRefusal.NO_KEY, "case_enquiry_id"),
        ({"open_dt": None}, RowRefusal.NO_TIME, "open_dt"),
        ({"open_dt": "yesterday"}, RowRefusal.BAD_TIME, "open_dt"),
        ({"target_dt": "2011-13-45"}, RowRefusal.BAD_TIME, "target_dt"),
        ({"closed_dt": "2011-06-01"}, RowRefusal.CLOSED_BEFORE_CREATED, "closed_dt"),
        ({"latitude": math.nan}, RowRefusal.NO_POSITION, "latitude"),
        ({"longitude": "west"}, RowRefusal.NO_POSITION, "latitude"),
        ({"latitude": 0.0, "longitude": 0.0}, RowRefusal.NO_POSITION, "latitude"),
        ({"latitude": 4227.0}, RowRefusal.NO_POSITION, "latitude"),
        ({"case_status": "Lost"}, RowRefusal.UNKNOWN_STATUS, "case_status"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(
    change: dict[str, Any], refusal: RowRefusal, field: str
) -> None:
    found = read_row(3, {**BOSTON, **change}, packaged("boston311"))
    assert found == RefusedRow(row=3, field=field, refusal=refusal)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"columns": {"key": "id"}}, "created"),
        ({"columns": {"key": "a", "created": "b", "type": "c", "lon": "d", "lat": "e",
                      "colour": "f"}}, "colour"),
        ({"columns": {"key": "a", "created": "b", "type": "c", "lon": "d", "lat": "e"},
          "time_zone": "Mars/Base"}, "time_zone"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_names_what_to_correct(
    document: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadMapping) as caught:
        read_mapping(document)
    assert named in caught.value.words.en
    assert named in caught.value.words.zh
