"""What may be about one thing: one explained score, suggestions, and what people decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from command_center.photos.decode import perceptual_hash
from events.actions.suggest import not_the_same, suggest
from events.model.access import DISPATCH
from events.model.event import Source
from events.model.matching import Candidate, Subject, Weights, compare, decide
from events.model.problems import Incomplete, NotAllowed, NotFound
from events.model.refusal import Reason
from events.model.similarity import likeness, photo_distance, places
from events.model.ticket import Ticket
from events.store import suggestions
from events.store.suggestions import Suggestion
from grid.store.postgis import reading, transaction
from tests.events.town import CATEGORIES, NOW, SOUTH, WEST, Town, draft

LAMP = next(one for one in CATEGORIES if one.code == "street_lamp")
_METRE = 1 / 101_000  # of longitude, at this latitude


@pytest.mark.parametrize(("one", "other", "low", "high"), [
    ("中山路45号门口路灯不亮", "中山路45号路灯坏了不亮", 0.6, 1.0),
    ("中山路45号门口路灯不亮", "中山路88号门口路灯不亮", 0.0, 0.5),
    ("路边井盖缺失，很危险", "垃圾堆放多日，气味难闻", 0.0, 0.1),
    ("Street light out in front of 45 Main St", "light is out at 45 Main Street", 0.6, 1.0),
    ("graffiti on the wall, 12 Oak Ave", "graffiti on the wall, 90 Oak Ave", 0.0, 0.5),
    ("graffiti on wall", "graffiti on wall", 0.99, 1.0),
])  # fmt: skip
def test_texts_are_as_alike_as_what_they_say(one: str, other: str, low: float, high: float) -> None:
    found = likeness(one, other)
    assert found is not None
    assert low <= found <= high
    assert found == likeness(other, one)


@pytest.mark.parametrize("other", ["", "灯", "   ", "!!"])
def test_too_short_a_text_says_nothing(other: str) -> None:
    assert likeness("中山路45号门口路灯不亮", other) is None


def test_places_are_found_with_their_numbers() -> None:
    assert places("中山路45号门口") == {("中山路", "45")}
    assert places("near 1200 Blue Hill Ave, Boston") == {("blue hill", "1200")}


def test_a_hash_stays_where_a_picture_is_brightened_and_says_nothing_of_an_even_one() -> None:
    grey = bytes((17 * row * x + 40 * (x % 2)) % 200 for row in range(8) for x in range(9))
    bits, brighter = perceptual_hash(grey), perceptual_hash(bytes(one + 30 for one in grey))
    assert bits is not None
    assert bits == brighter
    assert -(2**63) <= bits < 2**63
    assert perceptual_hash(bytes([90]) * 72) is None
    assert photo_distance((bits,), (~bits, bits ^ 3)) == 2
    assert photo_distance((bits,), ()) is None


def subject(**values: Any) -> Subject:
    return Subject(**{"category": LAMP, "lon": WEST, "lat": SOUTH, "occurred_at": NOW, **values})


def candidate(metres: float, hours: float = 0.0, **values: Any) -> Candidate:
    at = NOW - timedelta(hours=hours)
    return Candidate(**{
        "ticket_id": 1, "number": "20260601-00001", "category_code": "street_lamp",
        "lon": WEST + metres * _METRE, "lat": SOUTH, "occurred_at": at, "seen_at": at, **values,
    })  # fmt: skip


def test_each_known_term_moves_the_score_and_an_unknown_one_does_not() -> None:
    plain = compare(subject(), candidate(40))
    assert set(plain.terms) == {"start", "space", "time"}
    assert compare(subject(description="路灯不亮很久了"), candidate(40)) == plain
    assert compare(subject(photos=(5,)), candidate(40)) == plain
    lamp: dict[str, Any] = {"description": "中山路45号路灯不亮"}
    scores = [
        compare(subject(description="垃圾桶满了没人收"), candidate(40, **lamp)).score,
        plain.score,
        compare(subject(**lamp), candidate(40, **lamp)).score,
        compare(subject(photos=(5,), **lamp), candidate(40, photos=(5,), **lamp)).score,
    ]
    assert scores == sorted(scores)
    assert len(set(scores)) == 4
    # another picture of one thing is as likely as not
    assert compare(subject(photos=(0,)), candidate(40, photos=(-1,))).score == plain.score


def test_two_streets_at_one_point_are_a_placeholder() -> None:
    here, there = "12 Oak Ave. Light out", "Light out, 9 Elm St"
    mine = subject(description=here)
    assert compare(mine, candidate(0, description=there)).score < 0.3
    assert compare(mine, candidate(0, description=here)).score > 0.9


def test_weights_are_a_familys_own() -> None:
    strict = Weights(family="lamp", link_at=0.95)
    assert decide(subject(), [candidate(40)]).ticket_id == 1
    assert decide(subject(), [candidate(40)], strict).ticket_id is None
    # however well the rest fits, what is out of reach is never linked without a person
    same: dict[str, Any] = {"description": "中山路45号路灯不亮", "photos": (5,)}
    far = candidate(60, **same)
    assert compare(subject(**same), far).score > 0.5
    assert decide(subject(**same), [far]).ticket_id is None


def lamp(town: Town, metres: float, text: str = "", *, hours: float = 0.0) -> Ticket:
    """A lamp reported so far east of the corner, so long ago."""
    at = NOW - timedelta(hours=hours)
    east = WEST + 0.0005 + metres * _METRE
    return town.filed(draft("street_lamp", source=Source.HOTLINE, lon=east, occurred_at=at,
                            description=text))  # fmt: skip


def suggested(town: Town, ticket: Ticket) -> tuple[Suggestion, ...]:
    while suggest(town.dispatch, by=DISPATCH, now=NOW):
        pass
    with reading(town.web) as conn:
        return suggestions.of_ticket(conn, ticket.ticket_id)


def test_between_the_thresholds_both_are_filed_and_suggested_to_be_one(town: Town) -> None:
    first = lamp(town, 0, "中山路45号门口路灯不亮")
    second = lamp(town, 62, "中山路45号的路灯坏了不亮")
    assert first != second
    (found,) = suggested(town, second)
    assert found.other_id == first.ticket_id
    assert (found.because.zh[:3], "alike" in found.because.en) == ("相距6", True)
    assert sum(found.terms.values()) > 0
    # told on both sides
    assert [one.other_id for one in suggested(town, first)] == [second.ticket_id]
    # and only while both are open
    town.agreed(first, "decline", "operator", ["dispatcher"])
    assert suggested(town, second) == ()


def test_what_is_near_and_alike_is_linked_and_what_is_neither_is_not_suggested(town: Town) -> None:
    first = lamp(town, 0, "中山路45号门口路灯不亮")
    assert lamp(town, 10, "中山路45号路灯不亮").ticket_id == first.ticket_id
    (link,) = town.rows("SELECT why FROM events.ticket_events ORDER BY event_id DESC LIMIT 1")
    assert isinstance(link[0], dict)
    assert {"start", "space", "time", "text"} <= link[0]["terms"].keys()
    away = lamp(town, 90)
    assert suggested(town, away) == ()


def test_not_the_same_is_remembered(town: Town) -> None:
    first, second = lamp(town, 0, "中山路45号路灯不亮"), lamp(town, 62, "中山路45号路灯不亮")
    assert len(suggested(town, second)) == 1
    told: dict[str, Any] = {"why": "两根灯杆", "now": NOW}
    with pytest.raises(NotAllowed):
        not_the_same(town.web, first.number, second.number, by=town.people["operator"], **told)
    with pytest.raises(NotFound):
        not_the_same(town.web, first.number, "20200101-00001", by=town.people["dispatcher"], **told)
    not_the_same(town.web, first.number, second.number, by=town.people["dispatcher"], **told)
    with pytest.raises(Incomplete) as again:
        not_the_same(town.web, second.number, first.number, by=town.people["dispatcher"], **told)
    assert again.value.refusal.reason is Reason.NOT_SUGGESTED
    with town.database.superuser() as conn:
        conn.execute("INSERT INTO events.to_compare (ticket_id) SELECT ticket_id"
                     " FROM events.tickets")  # fmt: skip
    assert suggested(town, first) == ()
    entries = town.rows("SELECT actor FROM events.ledger WHERE verb = 'suggestion.refuse'")
    assert entries == [("account:dispatcher",)] * 2


def test_a_photo_that_is_decoded_later_is_compared(town: Town) -> None:
    first, second = lamp(town, 0), lamp(town, 75)
    assert suggested(town, second) == ()
    with town.database.superuser() as conn:
        conn.execute(
            "INSERT INTO events.attachments (attachment_id, event_id, area_id, kind, state,"
            " original_sha256, original_bytes, perceptual_hash, created_at, actor)"
            " SELECT gen_random_uuid(), event_id, 1, 'report', 'ready', '', 1, 77, now(), 'x'"
            " FROM events.events"
        )
    with transaction(town.web, "system:photos") as conn:
        suggestions.ask(conn, second.ticket_id)
    (found,) = suggested(town, second)
    assert found.other_id == first.ticket_id
    assert "照片几乎相同" in found.because.zh
