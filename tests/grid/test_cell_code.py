"""Cell and area codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.model.area import (
    AreaCodeRefusal,
    AreaKind,
    BadAreaCode,
    child_kind,
    kind_of,
    parent_code,
    parse_area_code,
)
from grid.model.cell import (
    BadCellCode,
    CodeRefusal,
    cell_code,
    community_of,
    parse_cell_code,
    sequence_of,
)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", CodeRefusal.EMPTY),
        ("  ", CodeRefusal.EMPTY),
        ("35020300100100A", CodeRefusal.NOT_DIGITS),
        ("３５０２０３００１００１００１", CodeRefusal.NOT_DIGITS),  # full-width digits
        ("35020300100101", CodeRefusal.LENGTH),
        ("3502030010010011", CodeRefusal.LENGTH),
        ("000000001001001", CodeRefusal.DIVISION_ZERO),
        ("350203001001000", CodeRefusal.SEQUENCE_ZERO),
    ],
)
def test_what_is_no_cell_code_is_refused_with_the_reason(text: str, refusal: CodeRefusal) -> None:
    with pytest.raises(BadCellCode) as caught:
        parse_cell_code(text)
    assert caught.value.refusal is refusal


@given(community=st.from_regex(r"[1-9][0-9]{11}", fullmatch=True), number=st.integers(1, 999))
def test_a_code_is_made_of_community_and_number(community: str, number: int) -> None:
    code = cell_code(community, number)
    assert parse_cell_code(f" {code}\n") == code
    assert (community_of(code), sequence_of(code)) == (community, number)


@pytest.mark.parametrize("number", [0, 1000, -1])
def test_numbers_beyond_three_digits_make_no_code(number: int) -> None:
    with pytest.raises(ValueError, match="is not in 1"):
        cell_code("350203001001", number)


def test_level_and_parent_follow_from_an_area_code() -> None:
    codes = ["3502", "350203", "350203001", "350203001002"]
    assert [kind_of(parse_area_code(code)) for code in codes] == list(AreaKind)
    assert [parent_code(code) for code in codes] == [None, *codes[:3]]
    assert child_kind(AreaKind.STREET) is AreaKind.COMMUNITY
    assert child_kind(AreaKind.COMMUNITY) is None


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", AreaCodeRefusal.EMPTY),
        ("35O2", AreaCodeRefusal.NOT_DIGITS),
        ("35020", AreaCodeRefusal.LENGTH),
    ],
)
def test_what_is_no_area_code_is_refused(text: str, refusal: AreaCodeRefusal) -> None:
    with pytest.raises(BadAreaCode) as caught:
        parse_area_code(text)
    assert caught.value.refusal is refusal
