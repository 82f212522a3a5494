"""Two tickets about one thing, and events that were put to the wrong one: right, reversibly."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from events.actions.report import report
from events.model.event import Change
from events.model.problems import Conflict, Incomplete, NotAllowed
from events.model.refusal import Reason
from events.model.report import ReportDraft
from events.model.ticket import Ticket
from events.model.workflow import State
from tests.events.town import NOW, SIDE, SOUTH, WEST, Town, draft, finding

LINKS = (
    "SELECT l.event_id, t.number FROM events.ticket_events l JOIN events.tickets t"
    " USING (ticket_id) WHERE l.unlinked_at IS NULL ORDER BY l.event_id"
)


def two_filed(town: Town) -> tuple[Ticket, Ticket]:
    first = town.filed(draft("street_lamp"))
    second = town.filed(draft("street_lamp", lon=WEST + 3.5 * SIDE, severity=4))
    return town.act(first, "file", "operator"), town.act(second, "file", "operator")


def test_a_merge_moves_the_events_and_an_unmerge_brings_them_back(town: Town) -> None:
    first, second = two_filed(town)
    before = town.rows(LINKS)
    merged = town.agreed(second, "merge", "dispatcher", ["supervisor"], into=first.number)
    assert (merged.state, merged.merged_number, merged.due_at) == (
        State.MERGED, first.number, None)  # fmt: skip
    assert {row[1] for row in town.rows(LINKS)} == {first.number}
    assert town.again(first).severity == 4
    restored = town.act(merged, "unmerge", "dispatcher")
    assert (restored.state, restored.merged_into) == (State.FILED, None)
    assert town.rows(LINKS) == before
    # every link that ever was is still told
    assert len(town.rows("SELECT FROM events.ticket_events")) == 4


@pytest.mark.parametrize("into", ["itself", "20200101-00001", "reported", None])
def test_only_another_filed_ticket_can_be_merged_with(town: Town, into: str | None) -> None:
    first = town.act(town.filed(draft("street_lamp")), "file", "operator")
    reported = town.filed(draft("street_lamp", lon=WEST + 3.5 * SIDE))
    wanted = {"itself": first.number, "reported": reported.number}.get(into or "", into)
    with pytest.raises(Incomplete) as refused:
        town.act(first, "merge", "dispatcher", into=wanted)
    assert refused.value.refusal.reason is Reason.CANNOT_MERGE


def test_merges_in_both_directions_at_once_end_with_one(town: Town) -> None:
    first, second = two_filed(town)
    asked = []
    for one, other in ((first, second), (second, first)):
        ticket = town.act(one, "merge", "dispatcher", into=other.number)
        asked.append((ticket, town.proposals(ticket)[0].proposal_id))

    def approve(one: tuple[Ticket, int]) -> str:
        try:
            return town.act(one[0], "approve", "supervisor", proposal=one[1]).state
        except (Conflict, Incomplete) as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(approve, asked))
    assert State.MERGED in outcomes
    assert len(town.rows("SELECT FROM events.tickets WHERE state = 'merged'")) == 1


def test_an_event_put_to_the_wrong_ticket_becomes_its_own_and_can_go_back(town: Town) -> None:
    ticket = town.filed(finding("f1", 1, Change.RAISED), finding("f1", 2, Change.CLEARED))
    town.filed(draft("flooding", severity=4))
    (row,) = town.rows("SELECT max(event_id) FROM events.events")
    event = int(str(row[0]))
    left = town.act(town.again(ticket), "unlink", "dispatcher", event=event)
    assert left.recovered_at == NOW
    own = town.ticket_of(event)
    assert (own.state, own.severity) == (State.FILED, 4)
    with pytest.raises(Incomplete) as here:
        town.act(left, "link", "dispatcher", event=1)
    assert here.value.refusal.reason is Reason.LINKED_HERE
    with pytest.raises(Incomplete) as alone:
        town.act(left, "link", "dispatcher", event=event)
    assert alone.value.refusal.reason is Reason.ONLY_EVENT  # two tickets into one: a merge
    with pytest.raises(Incomplete) as only:
        town.act(left, "unlink", "dispatcher", event=1)
    assert only.value.refusal.reason is Reason.ONLY_EVENT
    with pytest.raises(NotAllowed):
        town.act(left, "unlink", "operator", event=1)
    joined = town.filed(draft("flooding", lon=WEST + SIDE / 2 + 0.0001))
    (row,) = town.rows("SELECT max(event_id) FROM events.events")
    moved = town.act(own if joined.ticket_id == left.ticket_id else left, "link", "dispatcher",
                     event=int(str(row[0])))  # fmt: skip
    assert town.ticket_of(int(str(row[0]))).ticket_id == moved.ticket_id


def test_a_finding_goes_as_a_whole(town: Town) -> None:
    ticket = town.filed(
        draft("flooding"), finding("f1", 1, Change.RAISED), finding("f1", 2, Change.CHANGED)
    )
    town.act(town.again(ticket), "unlink", "dispatcher", event=1)
    own = town.ticket_of(1)
    assert own.ticket_id != ticket.ticket_id
    assert town.ticket_of(2).ticket_id == own.ticket_id
    assert town.filed(finding("f1", 3, Change.CLEARED)).ticket_id == own.ticket_id


def test_a_dispatched_ticket_is_merged_and_comes_back_to_the_dispatcher(town: Town) -> None:
    first = town.filed(draft("flooding"))
    second = town.filed(draft("flooding", lon=WEST + 3.5 * SIDE))
    assert (first.state, second.state) == (State.DISPATCHED, State.DISPATCHED)
    merged = town.agreed(second, "merge", "dispatcher", ["supervisor"], into=first.number)
    assert (merged.state, merged.merged_number) == (State.MERGED, first.number)
    told = town.rows("SELECT recipient_kind FROM events.outbox WHERE kind = 'merge'")
    assert told == [("crew",)]
    restored = town.act(merged, "unmerge", "dispatcher")
    assert (restored.state, restored.crew_id) == (State.FILED, None)
    again = town.act(restored, "dispatch", "dispatcher")
    assert again.state is State.DISPATCHED


def test_every_reporter_of_what_was_merged_hears_how_it_ends(town: Town) -> None:
    """The first, who joined by score, and the one of the merged ticket; after an unmerge, too."""
    for east in (0.5, 0.5, 3.5):
        lon, lat = WEST + east * SIDE, SOUTH + SIDE / 2
        sent = ReportDraft(category="street_lamp", lon=lon, lat=lat)
        report(town.web, sent, idempotency_key=None, secret=b"s" * 32, now=NOW)
    town.work()
    first, joined, second = (town.ticket_of(event) for event in (1, 2, 3))
    assert joined == first
    first, second = (town.act(one, "file", "operator") for one in (first, second))
    merged = town.agreed(second, "merge", "dispatcher", ["supervisor"], into=first.number)
    heard = "SELECT recipient_id, kind FROM events.outbox WHERE recipient_kind = 'reporter'"
    assert (2, "join") in town.rows(heard)
    assert (3, "merge") in town.rows(heard)
    restored = town.act(merged, "unmerge", "dispatcher")
    assert (3, "unmerge") in town.rows(heard)
    town.agreed(restored, "merge", "dispatcher", ["supervisor"], into=first.number)
    town.agreed(town.again(first), "decline", "dispatcher", ["supervisor"], why="无此灯杆")
    ends = [row for row in town.rows(heard) if row[1] == "decline"]
    assert sorted(ends) == [(1, "decline"), (2, "decline"), (3, "decline")]
