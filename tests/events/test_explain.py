"""Why is this due then? Told for now and for any past instant, over pauses and extensions."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from command_center.cli import main
from events.actions.upkeep import resume_suspended
from events.model.access import DISPATCH
from events.model.ticket import Ticket
from tests.events.town import NOW, Town, draft

HOUR = timedelta(hours=1)


@pytest.fixture
def paused(town: Town) -> Ticket:
    """Accepted, an hour later suspended for a day, then lengthened by two hours."""
    ticket = town.act(town.filed(draft()), "accept", "w1")
    until = NOW + timedelta(days=1)
    town.agreed(ticket, "suspend", "w1", ["supervisor"], until=until, now=NOW + HOUR)
    resume_suspended(town.dispatch, by=DISPATCH, now=until)
    ticket = town.again(ticket)
    return town.agreed(ticket, "extend", "w1", ["dispatcher", "supervisor"], hours=2.0,
                       now=until + HOUR)  # fmt: skip


Explain = Callable[[Ticket, str], dict[str, Any]]


@pytest.fixture
def explain(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Explain:  # fmt: skip
    """A function: (ticket, instant) -> what the command says about it."""
    monkeypatch.setenv("COMMAND_CENTER_DATABASE_URL", town.database.url("cc_admin"))
    monkeypatch.setenv("COMMAND_CENTER_DATA", str(tmp_path))
    monkeypatch.setenv("COMMAND_CENTER_LANGUAGE", "en")

    def explained(ticket: Ticket, at: str) -> dict[str, Any]:
        assert main(["explain", ticket.number, "--at", at, "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return explained


@pytest.mark.parametrize(
    ("hours", "due_in", "used", "limit"),
    [
        (0.5, 4, 0.5, 4),  # before the suspension nothing of it is known
        (2, 4, 1, 4),  # while it is suspended the clock stands
        (24.5, 27, 1.5, 4),  # it went on with three hours left
        (26, 29, 3, 6),  # and with two more
    ],
)
def test_any_instant_is_computed_anew(
    paused: Ticket, explain: Explain, hours: float, due_in: float, used: float, limit: float
) -> None:
    told = explain(paused, (NOW + hours * HOUR).isoformat())
    assert told["used_s"] == used * 3600
    assert told["limit_s"] == limit * 3600
    assert told["running"] is (hours != 2)
    assert told["due_at"] == told["told_due_at"] == (NOW + due_in * HOUR).isoformat()


def test_every_pause_and_extension_is_a_line(paused: Ticket, explain: Explain) -> None:
    lines = "\n".join(explain(paused, (NOW + 26 * HOUR).isoformat())["lines"])
    for part in ("disposal within 4 h", "stopped: suspend", "goes on with 3 h", "2 h 0 min more"):
        assert part in lines
    assert paused.due_at == NOW + 29 * HOUR


def test_before_it_began_there_is_nothing_to_explain(
    town: Town, explain: Explain, capsys: pytest.CaptureFixture[str]
) -> None:
    told = explain(town.filed(draft()), "2020-01-01T00:00")
    assert "No clock" in str(told["lines"])
    assert main(["explain", "20200101-00001"]) == 1
    assert "check the number" in capsys.readouterr().err
