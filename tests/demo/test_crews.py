"""Simulated people do what real ones would, through the same doors, and leave theirs alone."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine

from command_center.demo.crew_steps import next_step
from command_center.demo.crews import People, Radio
from command_center.demo.photo import draw_photo
from command_center.photos.worker import PhotoWorker
from command_center.settings import Settings
from events.actions.file_ticket import process_inbox
from events.actions.record import record
from events.model.actor import DISPATCH, system
from events.model.event import EventDraft, Source
from events.model.ticket import Ticket
from events.model.workflow import State, Verb
from events.store import attachments, ledger, tickets
from grid.store import city as city_store
from grid.store.postgis import reading, transaction
from tests.demo.conftest import Made
from tests.support.broker import TestBroker
from tests.support.cluster import TestCluster, TestDatabase

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "family", ["flood", "dust", "debris", "discharge", "road", "lamp", "other"]
)
def test_photos_show_the_trouble_and_then_the_same_street_without_it(family: str) -> None:
    before, after = (draw_photo(family, solved=solved, seed=3) for solved in (False, True))
    assert before == draw_photo(family, solved=False, seed=3)
    assert before != after
    for photo in (before, after):
        with Image.open(io.BytesIO(photo)) as image:
            assert image.size == (480, 360)
        assert len(photo) < 60_000


def ticket(state: State, **change: Any) -> Ticket:
    columns: dict[str, Any] = dict.fromkeys(Ticket.__dataclass_fields__)
    columns.update(number="20261123-00001", version=3, state=state, family="road",
                   updated_at=NOW, lon=0.0, lat=0.0)  # fmt: skip
    return Ticket(**{**columns, **change})


def steps(state: State, **change: Any) -> Counter[Verb]:
    found = (
        next_step(ticket(state, number=f"20261123-{i:05d}", **change), way_m=2_000, speed=1)
        for i in range(400)
    )
    return Counter(step.verb for step in found if step is not None)


def test_most_is_accepted_and_some_is_handed_back_but_never_a_sensors_ticket() -> None:
    people = steps(State.DISPATCHED)
    assert people[Verb.ACCEPT] > 350
    assert 2 <= people[Verb.HAND_BACK] <= 40
    assert steps(State.DISPATCHED, device_no=5) == {Verb.ACCEPT: 400}


def test_some_work_is_not_good_enough_and_a_verifier_says_so() -> None:
    looked_at = steps(State.DISPOSED)
    assert looked_at[Verb.VERIFY] > 320
    assert 5 <= looked_at[Verb.REWORK] <= 60
    step = next_step(ticket(State.DISPOSED), way_m=0, speed=1)
    assert step is not None
    assert step.by_verifier


def test_a_sensors_recovery_is_waited_for() -> None:
    step = next_step(ticket(State.DISPOSED, device_no=5), way_m=0, speed=1)
    assert step is not None
    assert step.due_at - NOW > timedelta(minutes=10)
    assert step.verb is Verb.REWORK


def test_speed_shortens_the_way_and_the_work() -> None:
    slow = next_step(ticket(State.ACCEPTED), way_m=3_000, speed=1)
    fast = next_step(ticket(State.ACCEPTED), way_m=3_000, speed=10)
    assert slow is not None
    assert fast is not None
    assert (slow.due_at - NOW) / (fast.due_at - NOW) == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize("state", [State.REPORTED, State.FILED, State.CLOSED, State.DECLINED])
def test_what_is_not_theirs_is_left_alone(state: State) -> None:
    assert next_step(ticket(state), way_m=0, speed=1) is None


@pytest.fixture(scope="module")
def database(cluster: TestCluster, made: Made) -> Iterator[TestDatabase]:
    """A copy of the demo city, shared by the tests of this file."""
    made.database.leave()
    with cluster.database(made.database.name) as found:
        yield found


@pytest.fixture
def engine(database: TestDatabase) -> Engine:
    return database.engine()


def reported(engine: Engine, category: str, place: tuple[float, float], key: str) -> int:
    """The ticket of something that a patrol sees and records."""
    draft = EventDraft(
        key=key, source=Source.PATROL, category_code=category, severity=2, lon=place[0],
        lat=place[1], occurred_at=datetime.now(UTC),
    )  # fmt: skip
    by = system("test")
    with transaction(engine, by.key) as conn:
        (recorded,) = record(conn, [draft], by=by, now=datetime.now(UTC))
    # (the city's own last events wait there, too)
    while process_inbox(engine, by=DISPATCH, now=datetime.now(UTC), limit=25):
        pass
    with reading(engine) as conn:
        holder = tickets.holder_of_event(conn, recorded.event_id)
    assert holder is not None
    return holder


def test_crews_carry_a_ticket_to_its_end_with_photos_and_a_verifier(
    engine: Engine, database: TestDatabase, broker: TestBroker, tmp_path: Path
) -> None:
    with reading(engine) as conn:
        found = city_store.get(conn)
    assert found is not None
    lon, lat = found.center
    # (one of them may be handed back, which is luck and ends with the desk)
    ids = [
        reported(engine, "manhole_cover", (lon + 0.004 * n, lat), f"crew-test-{n}")
        for n in range(3)
    ]
    settings = Settings(data=tmp_path, language="en")
    radio = Radio(broker.url("cc_crews"))
    people = People(database.engine("cc_web"), settings, radio, speed=1.0)
    now = datetime.now(UTC)
    worker = PhotoWorker(engine=database.engine("cc_web"), data=tmp_path)
    for minute in range(1, 90):
        people.turn(now + timedelta(seconds=20 * minute))
        # (those of the city's other tickets, too: at some hours there are more than a hundred)
        while worker.work_one():
            pass
        with reading(engine) as conn:
            closed = [one for one in tickets.by_ids(conn, ids) if one.state is State.CLOSED]
        if closed:
            break
    radio.close()
    assert closed
    with reading(engine) as conn:
        entries = ledger.of_ticket(conn, closed[0].ticket_id)
        photos = attachments.of_ticket(conn, closed[0].ticket_id)
    by = {one.verb: one.actor for one in entries}
    assert by["ticket.dispose"].startswith("account:crew.")
    assert by["ticket.verify"].startswith("account:hecha")
    assert {photo.kind for photo in photos} == {"before", "after"}


def test_the_tickets_of_the_real_crew_are_left_alone(
    engine: Engine, database: TestDatabase, broker: TestBroker, tmp_path: Path
) -> None:
    with reading(engine) as conn:
        past = tickets.by_ids(conn, range(1, 600))
    theirs = [one for one in past if one.crew_code == "CG-1" and one.state is not State.CLOSED]
    radio = Radio(broker.url("cc_crews"))
    people = People(
        database.engine("cc_web"), Settings(data=tmp_path, language="zh"), radio, speed=1.0
    )
    for minute in range(1, 30):
        people.turn(datetime.now(UTC) + timedelta(minutes=minute))
    radio.close()
    with reading(engine) as conn:
        after = tickets.by_ids(conn, [one.ticket_id for one in theirs])
    assert [one.version for one in after] == [one.version for one in theirs]
    assert all(replace(one) == other for one, other in zip(theirs, after, strict=True))
