"""Unit profiles: the shipped ones, the city's own, and those that are at fault."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import layers
from iot_ingest.model.unit_profile import BadProfile, parse_profile
from iot_ingest.unit_profiles import SHIPPED, UnitProfiles, city_profiles

GOOD = {"name": "x", "protocol": "hj212", "title_zh": "一", "title_en": "one"}


def test_shipped_profiles_speak_of_metrics_that_exist() -> None:
    profiles = UnitProfiles()
    assert {one.name for one in profiles.all()} >= {"hj212", "hj212-dust-ug", "sl651"}
    known = set(layers.metrics())
    for one in profiles.all():
        used = {use.metric for uses in one.uses.values() for use in uses.values()}
        assert used <= known
        assert used


def test_a_profile_is_found_by_name_by_model_and_by_protocol(tmp_path: Path) -> None:
    write(tmp_path, "own", models='["DM-7"]')
    profiles = UnitProfiles((SHIPPED, tmp_path))
    assert _name(profiles, "hj212", "DM-7") == "own"
    assert _name(profiles, "hj212", "other") == "hj212"
    assert _name(profiles, "sl651", "DM-7") == "sl651"
    assert _name(profiles, "hj212", "DM-7", "hj212-dust-mg") == "hj212-dust-mg"
    assert _name(profiles, "hj212", "DM-7", "sl651") is None
    assert _name(profiles, "hj212", "DM-7", "none") is None


def _name(profiles: UnitProfiles, *asked: str) -> str | None:
    found = profiles.of(*asked)
    return None if found is None else found.name


def write(folder: Path, name: str, factors: str = 'x1 = "tsp"', models: str = "[]") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(
        f'name = "{name}"\nbase = "hj212"\ntitle_zh = "自"\ntitle_en = "own"\nmodels = {models}\n'
        f"[factors]\n{factors}\n"
    )
    os.utime(path, ns=(0, len(factors) + len(models)))
    return path


def test_changed_files_are_read_again_and_faulty_ones_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    profiles = city_profiles(str(tmp_path))
    assert _name(profiles, "hj212", "any", "own") is None
    write(tmp_path / "profiles", "own")
    assert profiles.refresh()
    own = profiles.of("hj212", "any", "own")
    assert own is not None
    assert own.uses["2011"]["x1-rtd"].metric == "tsp"
    assert own.uses["2011"]["a01001-rtd"].metric == "temperature"
    write(tmp_path / "profiles", "own", "x1 = 7")
    assert not profiles.refresh()
    assert profiles.of("hj212", "any", "own") is own
    assert profiles.trouble is not None
    assert "x1" in profiles.trouble.zh
    write(tmp_path / "profiles", "own", 'x1 = ""')
    assert profiles.refresh()
    again = profiles.of("hj212", "any", "own")
    assert again is not None
    assert "x1-rtd" not in again.uses["2011"]
    assert "x1" in again.known


def test_a_model_belongs_to_one_profile(tmp_path: Path) -> None:
    write(tmp_path, "one", models='["DM-7"]')
    write(tmp_path, "two", models='["DM-7"]')
    profiles = UnitProfiles((SHIPPED, tmp_path))
    assert profiles.trouble is not None
    assert "DM-7" in profiles.trouble.en


@pytest.mark.parametrize(
    "text", ["name = ", 'name = "a"\nbase = "nothing"', 'name = "a"\nbase = "a"', "\x00"]
)
def test_files_that_cannot_be_used_are_refused_in_both_languages(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    trouble = UnitProfiles((SHIPPED, tmp_path)).trouble
    assert trouble is not None
    assert trouble.zh
    assert trouble.en


@pytest.mark.parametrize(
    "change",
    [
        {"name": "A B"},
        {"name": 5},
        {"protocol": "modbus"},
        {"unit": "m"},
        {"title_zh": ""},
        {"utc_offset": "8"},
        {"values": ["Rtd"]},
        {"flags": {"x": "Y"}},
        {"hour_series": "middle"},
        {"factors": {"a": 5}},
        {"factors": {"a": {"metric": "Tsp"}}},
        {"factors": {"a": {"metric": "tsp", "times": 0}}},
        {"factors": {"a": {"metric": "tsp", "times": "10"}}},
        {"factors": {"a": {"metric": "tsp", "plus": float("nan")}}},
        {"factors": {"a": {"metric": "tsp", "unit": "m"}}},
    ],
)
def test_wrong_profiles_are_refused(change: dict[str, object]) -> None:
    assert parse_profile(GOOD).default is False
    with pytest.raises(BadProfile):
        parse_profile({**GOOD, **change})


def test_an_offset_may_be_west() -> None:
    assert parse_profile({**GOOD, "utc_offset": "-03:30"}).utc_offset.total_seconds() == -12600
