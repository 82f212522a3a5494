"""Packs are refused where they are wrong, and devices' attributes too."""

from datetime import date, timedelta

import pytest

from layers.contract import Words
from layers.packs import (
    BadAttribute,
    PackError,
    all_metrics,
    entries,
    entry,
    interval_ms,
    load_categories,
    metrics,
)
from layers.packs.limits import made
from layers.packs.reading import Fields, load, milliseconds
from tests.layers.helpers import MINUTE, limits_of, rule

GOOD = {
    "standard": "S 1",
    "source": "book",
    "effective_from": date(2026, 1, 1),
    "sure": "own",
    "bounds": [
        {"level": 2, "value": 4, "clause": "a", "label": {"zh": "限值", "en": "limit"}},
        {"level": 3, "value": 5.5, "clause": "b", "label": {"zh": "限值", "en": "limit"}},
    ],
}


def test_a_right_entry_is_read() -> None:
    read = made("x.y", Fields(GOOD | {"sustain": "2 min", "margin": 1}, "x.toml: y"))
    assert (read.sustain_ms, read.calm_ms, read.margin) == (2 * MINUTE, 2 * MINUTE, 1.0)
    low, high = read.bounds({}, 1)
    assert (low.value, low.calm, low.clause, high.value) == (4.0, 3.0, "S 1, a", 5.5)
    assert high.label == Words(zh="限值", en="limit")
    assert read.bounds({}, -1)[0].calm == 5.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": 1}, "x.toml: y: unknown field colour"),
        ({"standard": 7}, "x.toml: y: standard cannot be 7"),
        ({"strict": 1}, "x.toml: y: strict cannot be 1"),
        ({"margin": True}, "x.toml: y: margin cannot be True"),
        ({"margin": -1}, "margin, margin_share or share is out of range"),
        ({"share": 1.5}, "margin, margin_share or share is out of range"),
        ({"sure": "certain"}, "sure is 'certain', it must be one of read, second-hand, own"),
        ({"window": "5 weeks"}, "window: '5 weeks' is no duration like"),
        ({"effective_from": "2026"}, "effective_from cannot be '2026'"),
        ({"bounds": []}, "bounds must have rising levels"),
        ({"bounds": GOOD["bounds"][::-1]}, "bounds must have rising levels"),  # type: ignore[index]  # a list
        ({"bounds": [7]}, "x.toml: y: bounds 1 must be a table"),
        ({"bounds": [{"level": 2}]}, "x.toml: y: bounds 1: clause is missing"),
    ],
)
def test_a_wrong_entry_is_refused_by_file_entry_and_field(
    change: dict[str, object], told: str
) -> None:
    with pytest.raises(PackError) as caught:
        made("x.y", Fields(GOOD | change, "x.toml: y"))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"level": 5}, "level must be 1, 2, 3 or 4"),
        ({"value": "4"}, "value cannot be '4'"),
        ({"by": "zone", "values": {"a": 1}}, "default must be one of values"),
        ({"label": {"zh": "限值"}}, "label: en is missing"),
        ({"label": {"zh": "限值", "en": "limit", "fr": "x"}}, "label: unknown field fr"),
    ],
)
def test_a_wrong_bound_is_refused(change: dict[str, object], told: str) -> None:
    bound = {"level": 2, "value": 4, "clause": "a", "label": {"zh": "限值", "en": "limit"}}
    with pytest.raises(PackError, match=told):
        made("x.y", Fields(GOOD | {"bounds": [bound | change]}, "x.toml: y"))


def test_a_bound_needs_a_source_of_its_number() -> None:
    bound = {"level": 2, "clause": "a", "label": {"zh": "限值", "en": "limit"}}
    with pytest.raises(PackError, match="value, attribute or by is missing"):
        made("x.y", Fields(GOOD | {"bounds": [bound]}, "x.toml: y"))


def test_missing_packs_limits_and_metrics_are_named() -> None:
    with pytest.raises(PackError, match=r"there is no pack nowhere\.toml"):
        load("nowhere")
    with pytest.raises(PackError, match=r"flood\.toml has no limits 'tsunami'"):
        entry("flood.tsunami")
    with pytest.raises(PackError, match="no metric 'happiness'"):
        metrics("water_level", "happiness")


@pytest.mark.parametrize(
    ("text", "ms"),
    [("30 s", 30_000), ("15min", 900_000), ("12 h", 43_200_000), ("7 d", 604_800_000)],
)
def test_durations(text: str, ms: int) -> None:
    assert milliseconds(text) == ms


@pytest.mark.parametrize(
    ("name", "attributes", "attribute"),
    [
        ("river_level", {"warning_m": "high"}, "warning_m"),
        ("river_level", {"warning_m": True}, "warning_m"),
        ("river_level", {"warning_m": float("nan")}, "warning_m"),
        ("cod_high", {"water_class": "VI"}, "water_class"),
        ("cod_high", {"water_class": 3}, "water_class"),
        ("cod_high", {"interval_s": 0}, "interval_s"),
    ],
)
def test_a_bad_attribute_is_told_in_both_languages(
    name: str, attributes: dict[str, object], attribute: str
) -> None:
    with pytest.raises(BadAttribute) as caught:
        rule(name).limits(attributes)
    assert caught.value.attribute == attribute
    assert attribute in caught.value.zh
    assert attribute in caught.value.en
    assert str(caught.value) == caught.value.en


def test_limits_follow_the_device() -> None:
    assert [one.value for one in limits_of("cod_high", water_class="III").bounds] == [20, 40, 100]
    assert [one.value for one in limits_of("cod_high").bounds] == [40, 80, 200]
    assert limits_of("cod_high", water_class="III").bound(2).label.en == "class III limit"
    assert limits_of("tsp_mean", zone="rural").bounds[0].value == 1000
    assert [
        round(one.value, 6) for one in limits_of("pump_overload", rated_current_a=40).bounds
    ] == [
        44,
        52,
    ]
    assert limits_of("road_ponding", warning_m=0.1).bounds[0].value == 0.1
    assert interval_ms({}) == MINUTE


def test_metrics_have_units_and_possible_ranges() -> None:
    known = all_metrics()
    assert known["ph"].highest == 14
    assert all(one.name == name and one.name_zh and one.name_en for name, one in known.items())
    assert {one.unit for one in known.values()} >= {"m", "mm", "mg/L", "µg/m³", "%"}


def test_categories_are_complete() -> None:
    categories = {one.code: one for one in load_categories()}
    assert {code for code, one in categories.items() if one.for_residents} == {
        "flooding",
        "outfall_discharge",
        "construction_dust",
        "sewage_overflow",
        "floating_debris",
        "road_damage",
        "manhole_cover",
        "garbage",
        "street_lamp",
        "other",
    }
    for one in categories.values():
        assert one.filing_policy == "automatic"
        assert timedelta(hours=1) <= one.dispose_limit <= timedelta(days=7)
        assert one.verify_limit > timedelta(0)
        assert one.fuse_within_m > 0
        assert one.fuse_within > timedelta(0)
        assert (one.standard is None) == (one.standard_code is None)
        assert one.as_row()["code"] == one.code
    assert categories["construction_dust"].standard_code == "08004"
    assert categories["outfall_discharge"].standard_code == "01073"


def test_what_is_second_hand_says_so() -> None:
    own = {one.name for one in entries("flood").values() if one.sure == "own"}
    assert "flood.river_level" not in own
    assert entry("flood.heavy_rain").effective_from == date(2007, 6, 12)
