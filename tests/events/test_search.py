"""Words are found in what tickets say: Chinese and English, whole and part, whatever is in them."""

from __future__ import annotations

import pytest

from events.model.access import Scope
from events.store import search
from events.store.search import TicketQuery
from grid.store.postgis import reading, transaction
from tests.events.town import Town, draft


def found(town: Town, text: str) -> list[str]:
    with reading(town.web) as conn:
        page = search.search(conn, TicketQuery(text=text), Scope())
    return sorted(one.description for one in page.items)


RIVER, LAMP, ODD = "下水道冒水，积水漫上人行道", "Street LAMP is out", "100%_sure \\ 'quoted'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("积水", [RIVER]),
        ("水", [RIVER]),
        ("水积", []),
        ("，积水漫", [RIVER]),
        ("street lamp", [LAMP]),
        ("LAMP IS", [LAMP]),
        ("lamps", []),
        ("%", [ODD]),
        ("_sure \\ '", [ODD]),
        ("00%_s", [ODD]),
        ("20260601-0000", sorted([RIVER, LAMP, ODD])),
    ],
)
def test_words_are_found(town: Town, text: str, expected: list[str]) -> None:
    for category, said in (("flooding", RIVER), ("street_lamp", LAMP), ("garbage", ODD)):
        town.filed(draft(category, description=said))
    assert found(town, text) == expected


def test_a_title_that_changes_is_found_under_its_new_words(town: Town) -> None:
    ticket = town.filed(draft("flooding", description="x"))
    assert found(town, "塌陷") == []
    with transaction(town.web, "system:test") as conn:
        conn.exec_driver_sql("UPDATE events.tickets SET title_zh = '路面塌陷'")
    assert found(town, "面塌") == [ticket.description]
