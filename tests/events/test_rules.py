"""The workflow table, permissions, the choice of a crew and matching: pure rules."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from events.model import crew_choice
from events.model.access import (
    DISPATCH,
    PERMISSIONS,
    RECOVERY,
    RESIDENT,
    ROLE_WORDS,
    Actor,
    Permission,
    Role,
    allowed,
    in_scope,
    may,
    scope,
)
from events.model.crew import Crew, Shift
from events.model.crew_choice import choose_crew
from events.model.distance import metres
from events.model.matching import THRESHOLD, Candidate, Subject, decide, score, squares
from events.model.refusal import SENTENCES, Reason
from events.model.roster import InHand, Roster
from events.model.ticket import Light, Ticket, light
from events.model.workflow import FINAL, MOVES, STATE_WORDS, VERB_WORDS, Guard, State, Verb
from tests.events.town import ALWAYS, CATEGORIES, NOW

FLOODING, GARBAGE = CATEGORIES[0], CATEGORIES[2]


def ticket(**values: Any) -> Ticket:
    whole: dict[str, Any] = dict.fromkeys(Ticket.__dataclass_fields__)
    whole.update(
        ticket_id=1, number="20260601-00001", state=State.DISPATCHED, version=1, severity=2,
        area_id=5, area_path=(1, 2, 3, 5), department_id=1, crew_id=1, supervised=False,
        created_at=NOW, occurred_at=NOW, updated_at=NOW, lon=118.2, lat=24.6, extensions=0,
        assisting=(), unsigned=(), open_parts=0, parent_closed=False,
    )  # fmt: skip
    return Ticket(**{**whole, **values})


def person(role: Role, **values: Any) -> Actor:
    whole: dict[str, Any] = {"kind": "account", "name": role.value, "role": role, "area_id": 1,
                             "department_id": 1, "crew_id": 1, **values}  # fmt: skip
    return Actor(**whole)


def test_everything_has_words() -> None:
    assert set(STATE_WORDS) == set(State)
    assert set(VERB_WORDS) == set(Verb)
    assert set(SENTENCES) == set(Reason)
    assert set(PERMISSIONS) == set(ROLE_WORDS) == set(Role)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {move.target for move in MOVES.values()} | {State.REPORTED}
    assert reached == set(State)
    left = {move.source for move in MOVES.values() if move.target is not move.source}
    assert left == set(State)


def test_who_disposed_never_verifies() -> None:
    after = [m for m in MOVES.values() if m.source in (State.DISPOSED, State.VERIFIED)
             and m.target is not m.source]  # fmt: skip
    assert all(Guard.NOT_WHO_DISPOSED in one.guards for one in after)
    done = ticket(state=State.DISPOSED, disposed_by="account:operator")
    refusal = may(person(Role.OPERATOR), Verb.VERIFY, done)
    assert refusal is not None
    assert refusal.reason is Reason.WHO_DISPOSED
    assert may(person(Role.OPERATOR, name="other"), Verb.VERIFY, done) is None


def test_suppressing_needs_a_reason() -> None:
    for move in MOVES.values():
        if move.target in FINAL and move.verb is not Verb.CLOSE and move.source not in FINAL:
            assert "reason" in move.needs


def test_the_administrator_and_strangers_move_nothing() -> None:
    for state, verb in MOVES:
        for stranger in (person(Role.ADMIN), RESIDENT, Actor(kind="device", name="x")):
            # whose report was not solved may say so, and nothing else
            says_so = stranger == RESIDENT and verb in (Verb.REOPEN, Verb.RECONSIDER)
            allowed_to = state is State.CLOSED and says_so
            assert (may(stranger, verb, ticket(state=state)) is None) == allowed_to


def test_recovery_verifies_only_what_has_recovered() -> None:
    done = ticket(state=State.DISPOSED, disposed_by="account:w1")
    refusal = may(RECOVERY, Verb.VERIFY, done)
    assert refusal is not None
    assert refusal.reason is Reason.NOT_RECOVERED
    assert may(RECOVERY, Verb.VERIFY, replace(done, recovered_at=NOW)) is None
    assert may(DISPATCH, Verb.VERIFY, replace(done, recovered_at=NOW)) is not None


def test_what_was_handed_back_is_dispatched_by_a_person() -> None:
    back = ticket(state=State.FILED, dispatched_at=NOW)
    refusal = may(DISPATCH, Verb.DISPATCH, back)
    assert refusal is not None
    assert refusal.reason is Reason.RETURNED
    assert may(person(Role.DISPATCHER), Verb.DISPATCH, back) is None


def test_scopes() -> None:
    assert in_scope(person(Role.OPERATOR), ticket())
    assert not in_scope(person(Role.OPERATOR, area_id=9), ticket())
    assert not in_scope(person(Role.FIELD, department_id=2), ticket())
    assert not in_scope(person(Role.FIELD, department_id=None), ticket(department_id=None))
    assert not in_scope(RESIDENT, ticket())
    assert scope(DISPATCH).area_id is None
    assert not allowed(RESIDENT, Permission.READ_TICKETS)
    assert not allowed(person(Role.FIELD), Permission.READ_CONTACT)
    assert not allowed(person(Role.OPERATOR), Permission.MANAGE_ACCOUNTS)


def test_lights() -> None:
    one = ticket(dispatched_at=NOW, due_at=NOW + timedelta(hours=4))
    assert light(one, NOW + timedelta(hours=2, minutes=59)) is Light.GREEN
    assert light(one, NOW + timedelta(hours=3)) is Light.YELLOW
    assert light(one, NOW + timedelta(hours=4)) is Light.RED
    assert light(replace(one, due_at=None), NOW) is Light.GREEN


def crew(crew_id: int, **values: Any) -> Crew:
    whole: dict[str, Any] = {
        "crew_id": crew_id, "code": f"c{crew_id}", "department_id": 1, "area_id": 1,
        "name_zh": "班组", "name_en": f"Crew {crew_id}", "lon": 118.2, "lat": 24.6,
        "skills": frozenset(), "capacity": 5, "simulated": False, "shifts": ALWAYS, **values,
    }  # fmt: skip
    return Crew(**whole)


OFF = (Shift(weekdays=frozenset({6}), starts_at=time(8), ends_at=time(18)),)


@pytest.mark.parametrize(
    ("crews", "expected"),
    [
        ([], None),
        ([crew(1, shifts=OFF)], None),
        ([crew(1, shifts=())], None),
        ([crew(1, skills=frozenset({"garbage"}))], None),
        ([crew(1, skills=frozenset({"flood"}))], 1),
        ([crew(1, load=5)], None),
        ([crew(1, lon=118.3), crew(2)], 2),
        ([crew(1, load=4), crew(2, lon=118.202)], 2),  # near, but nearly full
        ([crew(2), crew(1)], 1),
    ],
)
def test_the_best_crew_goes(crews: list[Crew], expected: int | None) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    chosen = choose_crew(crews, FLOODING, lon=118.2, lat=24.6, at=NOW, zone=zone, severity=2,
                         due_at=NOW + timedelta(hours=4))  # fmt: skip
    assert chosen.crew_id == expected
    kept = chosen.as_dict()
    assert kept["because"]["zh"]
    assert len(kept["considered"]) == len(crews)


@given(st.integers(0, 10_000), st.integers(1, 60))
@hypothesis_settings(max_examples=60, deadline=None)
def test_few_crews_looked_at_choose_as_all_of_them(seed: int, count: int) -> None:
    """Asking about two crews first, and about more where needed, says the same as asking of all."""
    chance = random.Random(seed)
    crews = [
        crew(n, lon=118.2 + chance.random() * 0.3, lat=24.6 + chance.random() * 0.3,
             load=(load := chance.randint(0, 5)), fixed=chance.randint(0, load),
             skills=chance.choice([frozenset(), frozenset({"garbage"})]),
             shifts=chance.choice([ALWAYS, ALWAYS, OFF]))
        for n in range(1, count + 1)
    ]  # fmt: skip
    roster, known = Roster.of(crews), {one.crew_id: one for one in crews}
    asked: list[int] = []

    def look(ids: Sequence[int]) -> InHand:
        asked.append(len(ids))
        return Roster.of(known[one] for one in ids).in_hand()

    choose = partial(crew_choice.choose, roster, look, FLOODING, lon=118.35, lat=24.75, at=NOW,
                     zone=ZoneInfo("Asia/Shanghai"), severity=2,
                     due_at=NOW + timedelta(hours=1))  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew_choice, "_LOOKED_AT", 2)
        few = choose()
    patched = asked[:]
    every = choose()
    assert patched[0] <= 2
    assert few.crew_id == every.crew_id
    assert few.because == every.because
    can = [one.crew.crew_id for one in every.considered if one.why_not is None]
    assert [one.crew.crew_id for one in few.considered if one.why_not is None] == can


def subject(**values: Any) -> Subject:
    return Subject(**{"category": FLOODING, "lon": 118.2, "lat": 24.6, "occurred_at": NOW,
                      **values})  # fmt: skip


def candidate(**values: Any) -> Candidate:
    return Candidate(**{"ticket_id": 1, "number": "20260601-00001", "category_code": "flooding",
                        "lon": 118.2, "lat": 24.6, "occurred_at": NOW, "seen_at": NOW,
                        **values})  # fmt: skip


def test_matching() -> None:
    assert decide(subject(), []).ticket_id is None
    assert decide(subject(), [candidate()]).ticket_id == 1
    near, nearer = candidate(lon=118.2002), candidate(ticket_id=2, lon=118.2001)
    assert decide(subject(), [near, nearer]).ticket_id == 2
    assert score(subject(), candidate(lon=118.2006)) == 0.0  # 60 m
    assert score(subject(), candidate(seen_at=NOW - timedelta(days=8),
                                      occurred_at=NOW - timedelta(days=9))) == 0.0  # fmt: skip
    assert score(subject(), candidate(seen_at=NOW + timedelta(days=8))) > THRESHOLD
    here, there = {"component_id": 1}, {"component_id": 2}
    assert score(subject(**here), candidate(**there)) == 0.0
    assert score(subject(**here), candidate(**here, lon=118.2004)) == 1.0
    same_sensor = {"device_no": 7}
    assert score(subject(**same_sensor), candidate(device_no=8)) == 0.0
    assert decide(subject(), [candidate(lon=118.2003, category_code="river_level",
                  seen_at=NOW - timedelta(days=6), occurred_at=NOW - timedelta(days=6))]
                  ).ticket_id is None  # fmt: skip
    tie = decide(subject(), [candidate(ticket_id=5), candidate(ticket_id=3)])
    assert tie.ticket_id == 3
    assert "Same kind" in tie.because.en


@given(lon=st.floats(-179, 179), lat=st.floats(-75, 75), east=st.floats(-1, 1),
       north=st.floats(-1, 1), reach=st.sampled_from([20.0, 50.0, 300.0, 1500.0]))  # fmt: skip
def test_two_within_reach_meet_in_a_square(
    lon: float, lat: float, east: float, north: float, reach: float
) -> None:
    """Whoever could be the same as another locks a square that the other locks, too."""
    other = (lon + east * reach / 80_000, lat + north * reach / 110_000)
    if metres(lon, lat, *other) <= reach:
        own_square = squares(*other, 0.0)[0]
        assert own_square in squares(lon, lat, reach)
        assert own_square in squares(*other, reach)
    assert squares(lon, lat, reach) == sorted(squares(lon, lat, reach))
