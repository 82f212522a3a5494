"""Nothing is closed without proof: photos of the spot, and sensors that are quiet long enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from events.actions.upkeep import close_recovered
from events.model.event import Change
from events.model.problems import NotAllowed, Unproven
from events.model.report import PhotoDraft
from events.model.ticket import Ticket
from events.model.workflow import State
from events.store import attachments, ledger
from grid.store.postgis import reading, transaction
from tests.events.town import NOW, SIDE, Town, draft, finding

MINUTE = timedelta(minutes=1)


def ask(town: Town, policy: str) -> None:
    """Set what every category asks for."""
    with town.database.superuser() as conn:
        conn.execute(f"UPDATE events.categories SET {policy}".encode())


BOTH = "proof_photos = '{before,after}', geofence_m = 100"


def photo(kind: str, ticket: Ticket, **values: Any) -> PhotoDraft:
    """A photo that a phone took on the spot, now."""
    whole: dict[str, Any] = {
        "attachment_id": uuid4(), "sha256": b"x" * 32, "size": 1, "kind": kind, "taken_at": NOW,
        "lon": ticket.lon, "lat": ticket.lat, **values,
    }  # fmt: skip
    return PhotoDraft(**whole)


def decoded(town: Town, ticket: Ticket, **told: Any) -> None:
    """The photos of a ticket were decoded and said this of themselves."""
    with transaction(town.web, "system:photos") as conn:
        for one in attachments.of_ticket(conn, ticket.ticket_id):
            attachments.decide(conn, one.attachment_id, state="ready", width=1, height=1, **told)


def accepted(town: Town) -> Ticket:
    return town.act(town.filed(draft("flooding")), "accept", "w1")


def lacking(refused: pytest.ExceptionInfo[Unproven]) -> dict[str | None, str]:
    return {one.field: one.reason.value for one in refused.value.refusals}


def test_nothing_is_disposed_without_both_photos(town: Town) -> None:
    ask(town, BOTH)
    ticket = accepted(town)
    with pytest.raises(Unproven) as refused:
        town.act(ticket, "dispose", "w1")
    assert lacking(refused) == {
        "before": "photo_before", "after": "photo_after", "place": "photo_unplaced",
        "time": "photo_untimed",
    }  # fmt: skip
    assert "Photo" not in refused.value.told("zh")
    assert town.again(ticket).state is State.ACCEPTED
    before, after = photo("before", ticket), photo("after", ticket)
    disposed = town.act(ticket, "dispose", "w1", photos=[before, after])
    with pytest.raises(Unproven) as refused:
        town.act(disposed, "verify", "operator")
    assert lacking(refused) == {"before": "photo_waiting", "after": "photo_waiting"}
    decoded(town, ticket)
    verified = town.act(disposed, "verify", "operator")
    assert town.act(verified, "close", "operator").state is State.CLOSED


@pytest.mark.parametrize(("wrong", "field", "reason"), [
    ({"lon": 118.2005 + 2 * SIDE}, "place", "photo_far"),
    ({"taken_at": NOW - timedelta(days=3)}, "time", "photo_other_time"),
    ({"taken_at": NOW + timedelta(days=3)}, "time", "photo_other_time"),
])  # fmt: skip
def test_a_photo_of_elsewhere_or_of_another_time_is_no_proof(
    town: Town, wrong: dict[str, Any], field: str, reason: str
) -> None:
    ask(town, BOTH)
    ticket = accepted(town)
    photos = [photo("before", ticket), photo("after", ticket, **wrong)]
    with pytest.raises(Unproven) as refused:
        town.act(ticket, "dispose", "w1", photos=photos)
    assert lacking(refused) == {field: reason}
    assert town.rows("SELECT count(*) FROM events.attachments") == [(0,)]


def test_a_phone_whose_clock_is_off_proves_by_the_difference(town: Town) -> None:
    ask(town, BOTH)
    ticket = accepted(town)
    off = timedelta(days=400)
    photos = [photo(one, ticket, taken_at=NOW + off, clock_off=off) for one in ("before", "after")]
    assert town.act(ticket, "dispose", "w1", photos=photos).state is State.DISPOSED
    rows = town.rows("SELECT DISTINCT clock_off, taken_from FROM events.attachments")
    assert rows == [(off, "phone")]


def test_what_the_photo_says_counts_more_than_what_the_phone_says(town: Town) -> None:
    """Sent without a position: it may still be in the photo, so that disposing is not held up."""
    ask(town, BOTH)
    ticket = accepted(town)
    photos = [photo(one, ticket, lon=None, lat=None) for one in ("before", "after")]
    disposed = town.act(ticket, "dispose", "w1", photos=photos)
    decoded(town, ticket, lon=ticket.lon + SIDE * 3, lat=ticket.lat, taken_at=NOW)
    with pytest.raises(Unproven) as refused:
        town.act(disposed, "verify", "operator")
    assert lacking(refused) == {"place": "photo_far"}
    rows = town.rows("SELECT DISTINCT placed_from, taken_from FROM events.attachments")
    assert rows == [("photo", "photo")]


def test_what_is_redone_is_photographed_anew(town: Town) -> None:
    ask(town, "proof_photos = '{after}'")
    ticket = accepted(town)
    ticket = town.act(ticket, "dispose", "w1", photos=[photo("after", ticket)])
    later = NOW + 5 * MINUTE
    ticket = town.act(ticket, "rework", "operator", now=later)
    with pytest.raises(Unproven) as refused:
        town.act(ticket, "dispose", "w1", now=later + MINUTE)
    assert "after" in lacking(refused)
    again = photo("after", ticket, taken_at=later)
    done = town.act(ticket, "dispose", "w1", now=later + MINUTE, photos=[again])
    assert done.state is State.DISPOSED


def measured(town: Town) -> Ticket:
    """A disposed ticket of a sensor that still measures too much."""
    ask(town, "recovers_for = interval '10 minutes'")
    ticket = town.act(town.filed(finding("f1", 1, Change.RAISED)), "accept", "w1")
    return town.act(ticket, "dispose", "w1")


def quiet_at(town: Town, at: datetime) -> None:
    town.record([finding("f1", 2, Change.CLEARED, at=at)], now=at)
    town.work(at)


def test_the_sensor_has_to_be_quiet_for_long_enough(town: Town) -> None:
    ticket = measured(town)
    with pytest.raises(Unproven) as refused:
        town.act(ticket, "verify", "operator")
    assert lacking(refused) == {"recovery": "unrecovered"}
    quiet_at(town, NOW + MINUTE)
    ticket = town.again(ticket)
    assert close_recovered(town.dispatch, now=NOW + 10 * MINUTE) == 0
    with pytest.raises(Unproven) as refused:
        town.act(ticket, "verify", "operator", now=NOW + 10 * MINUTE)
    assert lacking(refused) == {"recovery": "recovered_lately"}
    assert close_recovered(town.dispatch, now=NOW + 11 * MINUTE) == 1
    assert town.again(ticket).state is State.CLOSED


def test_the_engine_waits_for_the_photos_as_well(town: Town) -> None:
    ask(town, "proof_photos = '{after}'")
    ticket = town.act(town.filed(finding("f1", 1, Change.RAISED)), "accept", "w1")
    ticket = town.act(ticket, "dispose", "w1", photos=[photo("after", ticket)])
    quiet_at(town, NOW + MINUTE)
    assert close_recovered(town.dispatch, now=NOW + 2 * MINUTE) == 0
    decoded(town, ticket)
    assert close_recovered(town.dispatch, now=NOW + 2 * MINUTE) == 1


def test_two_people_verify_what_has_not_recovered(town: Town) -> None:
    ticket = measured(town)
    proposed = town.act(ticket, "vouch", "operator", why="传感器已拆除待修")
    assert proposed.state is State.DISPOSED
    asked = town.proposals(ticket)[-1].proposal_id
    with pytest.raises(NotAllowed, match="Somebody else must decide"):
        town.act(proposed, "approve", "operator", proposal=asked)
    verified = town.act(proposed, "approve", "dispatcher", proposal=asked)
    assert (verified.state, verified.recovered_at) == (State.VERIFIED, None)
    assert town.act(verified, "close", "operator").state is State.CLOSED
    with reading(town.web) as conn:
        verbs = [one.verb for one in ledger.of_ticket(conn, ticket.ticket_id)]
    assert verbs[-4:] == ["ticket.propose", "ticket.approve", "ticket.vouch", "ticket.close"]


def test_what_asks_for_no_proof_is_simply_verified(town: Town) -> None:
    ticket = town.act(accepted(town), "dispose", "w1")
    with pytest.raises(NotAllowed, match="asks for no proof"):
        town.act(ticket, "vouch", "operator")
    assert town.act(ticket, "verify", "operator").state is State.VERIFIED
