"""The plan in the database: who falls out is replaced, who was chosen by a person stays."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from command_center.cli import main
from command_center.views import story
from events.actions.replan import Memory
from events.actions.upkeep import send_crews
from events.model.access import DISPATCH
from events.model.ticket import Ticket
from events.model.workflow import State
from events.store import ledger
from grid.store.postgis import reading
from tests.events.town import NOW, SIDE, WEST, Town, draft

LATER = NOW + timedelta(minutes=2)


def plan(town: Town, memory: Memory | None = None) -> int:
    return send_crews(town.dispatch, by=DISPATCH, now=LATER, memory=memory)


def change(town: Town, sql: str) -> None:
    with town.database.superuser() as conn:
        conn.execute(sql.encode())


def flooding(town: Town, days: int = 0) -> Ticket:
    """A ticket for the water bureau, beside the base of its first crew."""
    return town.filed(draft("flooding", occurred_at=NOW - timedelta(days=20 * days)))


DISABLE_W1 = "UPDATE events.crews SET disabled_at = now() WHERE code = 'w1'"


def test_a_crew_that_falls_out_is_replaced_and_the_story_says_so(town: Town) -> None:
    ticket = flooding(town)
    assert ticket.crew_code == "w1"
    assert plan(town) == 0
    change(town, "DELETE FROM events.shifts WHERE crew_id = 1")
    assert plan(town) == 1
    ticket = town.again(ticket)
    assert (ticket.crew_code, ticket.state) == ("w2", State.DISPATCHED)
    assert ticket.routing is not None
    assert ticket.routing["crew"]["because"]["zh"].startswith("由水务一班改派；水务二班：")
    best, other = ticket.routing["crew"]["considered"]
    assert (best["crew"], best["why_not"]) == ("w2", None)
    assert set(best["terms"]) == {"travel", "late", "balance", "stability"}
    assert (other["crew"], other["why_not"]["en"]) == ("w1", "off shift")
    assert story.cost(best, "zh").startswith("代价 ")
    assert any("Taken over from Water crew 1" in one for one in story.because(ticket.routing, "en"))
    with reading(town.web) as conn:
        entry = ledger.of_ticket(conn, ticket.ticket_id)[-1]
    assert (entry.verb, entry.actor) == ("ticket.assign", "system:dispatch")
    assert plan(town) == 0


def test_who_loses_a_ticket_is_told_that_nothing_more_is_to_be_done(town: Town) -> None:
    ticket = flooding(town)
    change(town, DISABLE_W1)
    assert plan(town) == 1
    told = (
        "SELECT recipient_id, body_en LIKE 'Given to another crew%' FROM events.outbox"
        " WHERE kind = 'assign' ORDER BY 1"
    )
    assert town.rows(told) == [(1, True), (2, False)]
    town.act(town.again(ticket), "assign", "dispatcher", crew="w2")
    assert town.rows(told) == [(1, True), (2, False), (2, False)]


def test_a_disabled_crew_is_replaced(town: Town) -> None:
    ticket = flooding(town)
    change(town, DISABLE_W1)
    assert plan(town) == 1
    assert town.again(ticket).crew_code == "w2"


def test_what_is_accepted_or_chosen_by_a_person_is_never_moved(town: Town) -> None:
    accepted = town.act(flooding(town), "accept", "w1")
    chosen = town.act(flooding(town, 1), "assign", "dispatcher", crew="w1")
    left = flooding(town, 2)
    assert chosen.routing is not None
    assert chosen.routing["by_hand"] is True
    assert chosen.routing["crew"]["because"]["zh"] == "由人工指定"
    change(town, DISABLE_W1)
    assert plan(town) == 1
    assert [town.again(one).crew_code for one in (accepted, chosen, left)] == ["w1", "w1", "w2"]
    # the engine's own choice is the engine's again
    by_engine = town.again(left).routing
    assert by_engine is not None
    assert by_engine["by_hand"] is False


def test_who_has_nobody_else_keeps_its_tickets(town: Town) -> None:
    ticket = flooding(town)
    change(town, "DELETE FROM events.shifts WHERE crew_id IN (1, 2)")
    assert plan(town) == 0
    assert town.again(ticket).crew_code == "w1"


def test_the_gravest_waiting_gets_the_place_that_becomes_free(town: Town) -> None:
    change(town, "UPDATE events.crews SET capacity = 1 WHERE department_id = 1")
    first, _ = flooding(town), flooding(town, 1)
    mild = town.filed(draft("flooding", severity=1, occurred_at=NOW - timedelta(days=40)))
    grave = town.filed(draft("flooding", severity=4, occurred_at=NOW - timedelta(days=60)))
    assert (mild.crew_id, grave.crew_id) == (None, None)
    town.act(town.act(first, "accept", "w1"), "dispose", "w1")
    assert plan(town) == 1
    assert (town.again(mild).crew_id, town.again(grave).crew_code) == (None, "w1")


def test_what_was_planned_is_not_planned_again_until_something_changes(town: Town) -> None:
    memory = Memory()
    flooding(town)
    plan(town, memory)
    (seen,) = memory.seen.values()
    plan(town, memory)
    assert memory.seen == {1: seen}
    flooding(town, 1)
    plan(town, memory)
    assert memory.seen != {1: seen}


def test_a_crew_far_away_gets_what_is_beside_it(town: Town) -> None:
    change(
        town, f"UPDATE events.crews SET base = ST_Point({WEST + 0.1}, 24.6, 4326) WHERE code = 'w2'"
    )
    near = town.filed(draft("river_level", lon=WEST + SIDE / 2))
    assert near.crew_code == "w1"
    change(town, "UPDATE events.tickets SET position = ST_Point(118.3, 24.6, 4326)")
    assert plan(town) == 1
    assert town.again(near).crew_code == "w2"


def test_a_crews_day_is_told_by_command(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", town.database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "zh")
    assert main(["routes"]) == 0
    assert capsys.readouterr().out == "没有班组有待办案卷。\n"
    first = flooding(town)
    second = town.filed(draft("river_level", occurred_at=NOW - timedelta(days=20)))
    assert {first.crew_code, second.crew_code} == {"w1"}
    assert main(["routes", "--crew", "w1", "--json"]) == 0
    (day,) = json.loads(capsys.readouterr().out)
    assert day["crew"] == "w1"
    assert [one["place"] for one in day["stops"]] == [1, 2]
    assert {one["number"] for one in day["stops"]} == {first.number, second.number}
    assert main(["routes"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "w1 水务一班"
    assert "第1站：0.1公里；" in told[1]
    assert main(["routes", "--crew", "nobody"]) == 1
    assert "没有代码为 nobody 的班组" in capsys.readouterr().err
