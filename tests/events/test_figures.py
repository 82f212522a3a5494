"""Search, counts and evaluation: what the wall, the desk and /evaluation show."""

from datetime import timedelta

import pytest

from events.actions.upkeep import mark_overdue
from events.model.access import DISPATCH, Scope, scope
from events.model.workflow import State
from events.store import history, outbox, search, statistics, tickets
from events.store.search import TicketQuery
from grid.store.postgis import reading
from tests.events.town import NOW, SIDE, WEST, Town, draft


def numbers(town: Town, query: TicketQuery, limits: Scope | None = None) -> list[str]:
    with reading(town.web) as conn:
        found = search.search(conn, query, limits or Scope())
    return [one.number[-2:] for one in found.items]


def three(town: Town) -> None:
    """01: flooding in the west; 02: garbage, severe; 03: flooding in the east, of the works."""
    town.filed(draft("flooding"), now=NOW)
    town.filed(draft("garbage", severity=4), now=NOW + timedelta(seconds=1))
    town.filed(draft("flooding", lon=118.2035), now=NOW + timedelta(seconds=2))


def test_filters(town: Town) -> None:
    three(town)
    assert numbers(town, TicketQuery()) == ["03", "02", "01"]
    assert numbers(town, TicketQuery(layer="flood")) == ["03", "01"]
    assert numbers(town, TicketQuery(department="works")) == ["03", "02"]
    assert numbers(town, TicketQuery(department="nonsense")) == []
    assert numbers(town, TicketQuery(cell="350500001001001")) == ["02", "01"]
    assert numbers(town, TicketQuery(bbox=(WEST, 24.6, WEST + SIDE, 24.61))) == ["02", "01"]
    assert numbers(town, TicketQuery(least_severity=3)) == ["02"]
    assert numbers(town, TicketQuery(states=frozenset({State.CLOSED}))) == []
    assert numbers(town, TicketQuery(open_only=True, category="garbage")) == ["02"]
    assert numbers(town, TicketQuery(updated_after=NOW + timedelta(seconds=1))) == ["03"]
    assert numbers(town, TicketQuery(text="-00002")) == ["02"]
    assert numbers(town, TicketQuery(text="100%_")) == []
    assert numbers(town, TicketQuery(overdue=True)) == []


def test_scopes(town: Town) -> None:
    three(town)
    assert numbers(town, TicketQuery(), scope(town.people["west"])) == ["02", "01"]
    assert numbers(town, TicketQuery(), scope(town.people["p1"])) == ["03", "02"]
    assert numbers(town, TicketQuery(), scope(town.people["operator"])) == ["03", "02", "01"]
    with reading(town.web) as conn:
        seen = tickets.open_tickets(conn, scope(town.people["west"]), limit=10)
    assert [one.number[-2:] for one in seen] == ["02", "01"]


def test_pages_hold_each_ticket_once(town: Town) -> None:
    town.record([draft("garbage", lon=WEST + 0.0001, occurred_at=NOW - timedelta(days=9 * i))
                 for i in range(23)])  # fmt: skip
    town.work()
    seen: list[str] = []
    cursor = None
    with reading(town.web) as conn:
        while True:
            page = search.search(conn, TicketQuery(limit=5, cursor=cursor), Scope())
            seen += [one.number for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 23
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "MS4yLjM", "OTk5OTk5OTk5OTk5OTk5OTk5OS4x"])
def test_foreign_cursors_are_refused(town: Town, cursor: str) -> None:
    with reading(town.web) as conn, pytest.raises(ValueError, match="cursor"):
        search.search(conn, TicketQuery(cursor=cursor), Scope())


def test_counts(town: Town) -> None:
    three(town)
    late = NOW + timedelta(hours=4, seconds=1)
    mark_overdue(town.dispatch, by=DISPATCH, now=late)
    with reading(town.web) as conn:
        counts = statistics.open_counts(conn, Scope(), late)
    assert (counts.open, counts.overdue, counts.created_today) == (3, 1, 3)
    assert (counts.by_severity, counts.only_wait) == ({2: 2, 4: 1}, 0)
    assert counts.by_layer == {
        "flood": {"open": 2, "overdue": 1}, "other": {"open": 1, "overdue": 0}
    }  # fmt: skip
    assert [(one.en, one.open, one.overdue) for one in counts.by_department] == [
        ("Water Bureau", 1, 1), ("Public Works", 2, 0)
    ]  # fmt: skip
    with reading(town.web) as conn:
        west = statistics.open_counts(conn, scope(town.people["west"]), late)
        tomorrow = statistics.open_counts(conn, Scope(), NOW + timedelta(days=1))
    assert west.open == 2
    assert tomorrow.created_today == 0


def test_what_is_done_in_time_counts_by_itself_and_not_by_severity(town: Town) -> None:
    ticket, other = town.filed(draft("garbage")), town.filed(draft("garbage", lon=WEST + 2 * SIDE))
    town.act(town.act(ticket, "accept", "p1", now=NOW), "dispose", "p1", now=NOW)
    with reading(town.web) as conn:
        now = statistics.open_counts(conn, Scope(), NOW)
        late = statistics.open_counts(conn, Scope(), NOW + timedelta(days=90))
    assert (now.open, now.only_wait, now.by_severity) == (2, 1, {other.severity: 1})
    assert (late.open, late.only_wait, late.by_severity) == (2, 0, {other.severity: 2})


def test_story_of_a_ticket(town: Town) -> None:
    first = town.filed(draft("garbage"))
    ticket = town.filed(draft("garbage", lon=WEST + 0.0007))
    assert ticket.ticket_id == first.ticket_id
    with reading(town.web) as conn:
        story = history.of_ticket(conn, ticket.ticket_id)
    assert [one.verb for one in story.entries] == [
        "ticket.create", "link.add", "ticket.file", "ticket.dispatch", "link.add"
    ]  # fmt: skip
    assert [one.clock.stage.value for one in story.clocks] == ["file", "dispatch", "dispose"]
    dispose = story.clocks[-1]
    counted = sum((one.counted for one in dispose.segments), timedelta())
    assert counted == timedelta(hours=4)
    assert [one.resting.en for one in dispose.segments if one.resting] == ["outside office hours"]
    assert story.events[0].score == 1.0
    assert "20 m" in story.events[1].because.en
    assert story.events[1].event.ticket_number == ticket.number


def test_notices_reach_the_crew_and_are_read(town: Town) -> None:
    from events.notices.deliver import deliver
    from events.notices.inbox import InboxChannel

    town.filed(draft())
    with reading(town.web) as conn:
        assert outbox.for_account(conn, town.people["w1"]) == ()
    channels = {"inbox": InboxChannel()}
    assert deliver(town.dispatch, channels, by=DISPATCH, now=NOW) == 1
    assert deliver(town.dispatch, channels, by=DISPATCH, now=NOW) == 0
    with town.web.begin() as conn:
        (notice,) = outbox.for_account(conn, town.people["w1"])
        assert outbox.for_account(conn, town.people["w2"]) == ()
        assert notice.number == "20260601-00001"
        assert outbox.mark_read(conn, town.people["w1"], [notice.notice_id], now=NOW) == 1
        assert outbox.mark_read(conn, town.people["w1"], [notice.notice_id], now=NOW) == 0
        assert outbox.mark_read(conn, town.people["w2"], [notice.notice_id], now=NOW) == 0


def test_a_notice_for_an_unknown_channel_waits(town: Town) -> None:
    from events.notices.deliver import deliver

    town.filed(draft())
    assert deliver(town.dispatch, {}, by=DISPATCH, now=NOW) == 0
    rows = town.rows("SELECT attempts, trouble, not_before > created_at FROM events.outbox")
    assert rows == [(1, "there is no channel inbox", True)]
