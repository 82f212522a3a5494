"""Taxonomies as data: those that come with the program, and those that a city writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.packs import PackError
from layers.packs.taxonomies import read, shipped

OWN = """
pack = "Ourtown 1"
effective_from = 2026-07-01
extends = "GB/T 47678.5"

[defaults]
severity = 2
clock = "continuous"
dispose_limit = "4 h"
verify_limit = "12 h"
fuse_within_m = 80
fuse_within = "1 d"

[classes.06]
name = { zh = "市容环境", en = "Cityscape" }
dispose_limit = "2 h"

[categories.street_flooding]
kind = "matter"
standard_code = "06901"
name = { zh = "道路积水", en = "Street flooding" }

[categories.wasp_nest]
kind = "matter"
name = { zh = "马蜂窝", en = "Wasp nest" }
"""


def test_the_shipped_ones_are_whole() -> None:
    assert shipped() == ("gb47678-5",)
    pack = read("gb47678-5")
    kinds = [one.kind for one in pack.categories]
    assert (kinds.count("component"), kinds.count("matter")) == (153, 250)
    assert all(one.name_zh and one.name_en.isascii() for one in pack.categories)
    assert {str(one.standard_code)[:2] for one in pack.categories} == set(pack.classes)
    # the same five digits are a component and a matter
    found = {one.code: one for one in pack.categories}
    assert (found["c01073"].name_zh, found["m01073"].name_zh) == (
        "雨污水排放口",
        "雨污水排放口异常",
    )
    assert found["c01073"].standard_code == found["m01073"].standard_code == "01073"
    assert pack.name == "GB/T 47678.5"


def test_a_city_gives_codes_below_the_classes_of_a_standard(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(OWN, encoding="utf-8")
    flooding, wasps = read(str(file)).categories
    assert (flooding.standard, flooding.standard_code) == ("GB/T 47678.5", "06901")
    assert flooding.dispose_limit.total_seconds() == 2 * 3600
    assert (wasps.standard, wasps.standard_code, wasps.family) == (None, None, "wasp_nest")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"06901"', '"06001"', "that a city may give"),
        ('"Ourtown 1"', '"Ourtown"', "a name and a version"),
        ('extends = "GB/T 47678.5"', "", "needs a standard"),
        ('"matter"\nname', '"thing"\nname', "kind is 'thing'"),
        ("[categories.wasp_nest]", '[categories.wasp_nest]\nstandard_code = "06901"', "twice"),
        ("[defaults]", 'rows = "nowhere.tsv"\n[defaults]', "nowhere.tsv"),
        ("[defaults]", "[defaults", "not valid TOML"),
        ("[defaults]", "colour = 1\n[defaults]", "unknown field colour"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, told: str) -> None:
    file = tmp_path / "ours.toml"
    assert old in OWN
    file.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(PackError, match=told):
        read(str(file))


def test_rows_are_checked_line_by_line(tmp_path: Path) -> None:
    head = OWN.partition("[categories")[0]
    file, rows = tmp_path / "ours.toml", tmp_path / "rows.tsv"
    file.write_text(head.replace("[defaults]", 'rows = "rows.tsv"\n[defaults]'), encoding="utf-8")
    first = "kind\tcode\tname_zh\tname_en\n"
    rows.write_text(f"{first}matter\t06902\t马蜂窝\tWasp nest\n", encoding="utf-8")
    assert [one.code for one in read(str(file)).categories] == ["m06902"]
    for text, told in (
        ("kind\tcode\n", "first line"),
        (f"{first}matter\t06902\t马蜂窝\n", "line 2"),
        (f"{first}thing\t06902\t马蜂窝\tWasp\n", "component, matter"),
        (first, "no category"),
    ):
        rows.write_text(text, encoding="utf-8")
        with pytest.raises(PackError, match=told):
            read(str(file))


def test_an_older_standard_has_four_digits(tmp_path: Path) -> None:
    file = tmp_path / "old.toml"
    text = OWN.replace('extends = "GB/T 47678.5"', 'standard = "GB/T 30428.2"')
    file.write_text(text.replace('"06901"', '"0601"'), encoding="utf-8")
    assert read(str(file)).categories[0].standard_code == "0601"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"06901 is no code of GB/T 30428\.2"):
        read(str(file))
