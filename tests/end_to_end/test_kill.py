"""kill -9 of every process while messages flow: all comes back, nothing is lost or doubled."""

import itertools
import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from events.model.ledger import rebuild
from events.store import ledger, tickets
from grid.store.postgis import reading
from tests.end_to_end.demo import Demo, Flow

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(400)]

RATE = 300.0
PROBES = 60
_BETWEEN_KILLS_S = 4.0
_EPISODE_S = 4.0
# Each probe's street is under water once: one after the other, all the time.
_FIRST_EPISODE_S, _EPISODE_EVERY_S = 3.0, 0.6
_LAST_EPISODE_ENDS_S = _FIRST_EPISODE_S + PROBES * _EPISODE_EVERY_S + _EPISODE_S


def depth(index: int, since: float) -> float:
    begins = _FIRST_EPISODE_S + index * _EPISODE_EVERY_S
    return 0.3 if begins <= since < begins + _EPISODE_S else 0.0


@dataclass(slots=True)
class Insistent:
    """Somebody who sends again until it is acknowledged: the same request, the same key."""

    demo: Demo
    every_s: float
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    tries: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for number in itertools.count():
            key = str(uuid.uuid4())
            while not self._once(number, key):
                self.tries += 1
                time.sleep(0.2)
            self._stop.wait(self.every_s)
            if self._stop.is_set():
                return

    def _once(self, number: int, key: str) -> bool:
        raise NotImplementedError


class Resident(Insistent):
    """Reports; an acknowledged report has a number."""

    client: httpx.Client

    def _once(self, number: int, key: str) -> bool:
        lon, lat = self.demo.places[number * 7 % len(self.demo.places)]
        body = {"category": "garbage", "lon": lon, "lat": lat, "description": f"kill test {number}"}
        try:
            answer = self.client.post(
                "/api/v1/reports", json=body, headers={"Idempotency-Key": key}
            )
        except httpx.HTTPError:
            return False
        if answer.status_code != 201:
            return False
        self.acknowledged.append((key, answer.json()["number"]))
        return True


class Commenter(Insistent):
    """Writes comments on one ticket through the API; each text is unique."""

    client: httpx.Client
    number: str

    def _once(self, number: int, key: str) -> bool:
        note = f"comment {number} {key}"
        body = {"verb": "comment", "version": 1, "why": note}
        try:
            answer = self.client.post(
                f"/api/v1/tickets/{self.number}/actions", json=body,
                headers={"Idempotency-Key": key},
            )  # fmt: skip
        except httpx.HTTPError:
            return False
        if answer.status_code != 200:
            return False
        self.acknowledged.append((key, note))
        return True


def recovered(demo: Demo, killed_at: datetime) -> bool:
    """Whether every process works again: heartbeats, readings and health, all after the kill."""
    late = demo.ask(
        "SELECT process FROM grid.heartbeats WHERE at <= :killed_at"
        " AND process IN ('ingest', 'judge', 'dispatch', 'web')",
        killed_at=killed_at,
    )
    fresh = demo.ask("SELECT max(ts) FROM iot.latest")[0][0] > killed_at
    return not late and fresh and demo.whole.health().get("status") == "ok"


def kill(demo: Demo, name: str) -> None:
    """Kill a process of the city; "backend" is the database session of the ingester."""
    if name != "backend":
        demo.whole.kill(name)
        return
    sessions = demo.ask("SELECT pid FROM pg_stat_activity WHERE usename = 'cc_ingest'")
    os.kill(sessions[0][0], signal.SIGKILL)


def test_what_is_killed_comes_back_and_nothing_is_lost_or_doubled(
    demo: Demo, figures: Callable[[str], None]
) -> None:
    flow = Flow(demo=demo, rate=RATE, depth=depth, probes=PROBES)
    resident = Resident(demo=demo, every_s=2.5)
    commenter = Commenter(demo=demo, every_s=0.5)
    commenter.number = demo.ask("SELECT number FROM events.tickets ORDER BY ticket_id LIMIT 1")[0][
        0
    ]
    took: dict[str, float] = {}
    # (one client each: making a client costs more of the processor than the city has to spare)
    with (
        httpx.Client(base_url=demo.whole.address, timeout=10) as resident.client,
        demo.signed_in("dispatcher") as commenter.client,
        demo.crews(speed=5),
    ):
        for one in (flow, resident, commenter):
            one.start()
        begun = time.monotonic()
        time.sleep(5)
        for name in ("ingest", "dispatch", "web", "backend", "postgresql"):
            killed_at = datetime.now(UTC)
            kill(demo, name)
            took[name] = demo.wait(name, partial(recovered, demo, killed_at), 20)
            time.sleep(_BETWEEN_KILLS_S)
        # Until the last street is dry again.
        time.sleep(max(0.0, begun + _LAST_EPISODE_ENDS_S + 1.0 - time.monotonic()))
        for one in (commenter, resident, flow):
            one.stop()
        figures("back after kill -9: " + ", ".join(f"{k} {v:.1f} s" for k, v in took.items()))
        readings_are_all_there_once(demo, flow, figures)
        findings_became_events_and_tickets_once(demo, figures)
    assert "(the spare)" in (demo.whole.folder / "logs" / "web.log").read_text()
    reports_and_comments_are_there_once(demo, resident, commenter, figures)
    every_ticket_follows_from_its_ledger(demo, figures)
    assert max(took.values()) <= 10, took


def readings_are_all_there_once(demo: Demo, flow: Flow, figures: Callable[[str], None]) -> None:
    wanted = flow.readings()
    assert len(flow.acknowledged) == len(flow.sent)

    def stored() -> int:
        rows = demo.ask(
            "SELECT count(*) FROM iot.readings r JOIN iot.devices d USING (device_no)"
            " WHERE d.device_id LIKE 'PROBE-%'"
        )
        return int(rows[0][0])

    drained_s = demo.wait("the last readings", lambda: stored() >= len(wanted), 30)
    found = {
        (row.device_id, row.ms, row.value)
        for row in demo.ask(
            "SELECT d.device_id, (extract(epoch FROM r.ts) * 1000)::bigint AS ms, r.value"
            " FROM iot.readings r JOIN iot.devices d USING (device_no)"
            " WHERE d.device_id LIKE 'PROBE-%'"
        )
    }
    lost, strange = wanted - found, found - wanted
    figures(
        f"readings: {len(wanted)} acknowledged at {RATE:g}/s, {stored()} stored, {len(lost)} lost,"
        f" {len(strange)} that nobody sent; the rest drained in {drained_s:.1f} s"
    )
    assert not lost
    assert not strange
    assert stored() == len(wanted)
    assert demo.ask("SELECT count(*) FROM iot.quarantine WHERE device_id LIKE 'PROBE-%'")[0][0] == 0


_EVENTS = (
    "SELECT e.thread, e.revision, e.change"
    " FROM events.events e JOIN iot.devices d USING (device_no)"
    " WHERE d.device_id LIKE 'PROBE-%' ORDER BY e.thread, e.revision"
)


def findings_became_events_and_tickets_once(demo: Demo, figures: Callable[[str], None]) -> None:
    def settled() -> bool:
        open_ = demo.ask(
            "SELECT count(*) FROM iot.findings f JOIN iot.devices d USING (device_no)"
            " WHERE d.device_id LIKE 'PROBE-%' AND f.ended_at IS NULL AND NOT f.withdrawn"
        )[0][0]
        waiting = demo.ask("SELECT count(*) FROM events.inbox")[0][0]
        dirty = demo.ask("SELECT count(*) FROM iot.dirty")[0][0]
        return bool(open_ == waiting == dirty == 0)

    demo.wait("findings and inbox settle", settled, 40)
    per_device = demo.ask(
        "SELECT d.device_id, count(f.finding_id) FILTER (WHERE NOT f.withdrawn)"
        " FROM iot.devices d LEFT JOIN iot.findings f"
        " ON f.device_no = d.device_no AND f.rule = 'road_ponding'"
        " WHERE d.device_id LIKE 'PROBE-%' GROUP BY 1 ORDER BY 1"
    )
    wrong = [tuple(row) for row in per_device[:PROBES] if row[1] != 1]
    revisions: dict[str, list[int]] = {}
    for row in demo.ask(_EVENTS):
        revisions.setdefault(row.thread, []).append(row.revision)
    broken = {t: r for t, r in revisions.items() if r != list(range(1, len(r) + 1))}
    loose = demo.ask(
        "SELECT e.thread FROM events.events e JOIN iot.devices d USING (device_no)"
        " LEFT JOIN events.ticket_events l ON l.event_id = e.event_id AND l.unlinked_at IS NULL"
        " WHERE d.device_id LIKE 'PROBE-%' AND e.change = 'raised' AND l.ticket_id IS NULL"
    )
    figures(
        f"findings: {PROBES} floods -> {sum(row[1] for row in per_device)} findings,"
        f" {sum(map(len, revisions.values()))} events, {len(loose)} without a ticket"
    )
    assert not wrong
    assert not broken
    assert not loose


def reports_and_comments_are_there_once(
    demo: Demo, resident: Resident, commenter: Commenter, figures: Callable[[str], None]
) -> None:
    numbers = Counter(row[0] for row in demo.ask("SELECT number FROM events.reports"))
    stored = sum(numbers.values())
    keys = demo.ask("SELECT count(DISTINCT idempotency_key) FROM events.reports")[0][0]
    lost = [number for _, number in resident.acknowledged if numbers[number] != 1]
    with reading(demo.engine) as conn:
        ticket = tickets.by_number(conn, commenter.number)
        assert ticket is not None
        entries = ledger.of_ticket(conn, ticket.ticket_id)
    notes = Counter(one.payload.get("why") for one in entries if one.verb == "ticket.comment")
    missing = [note for _, note in commenter.acknowledged if notes[note] != 1]
    figures(
        f"{len(resident.acknowledged)} reports and {len(commenter.acknowledged)} comments"
        f" acknowledged ({resident.tries + commenter.tries} sent again), {len(lost)} and"
        f" {len(missing)} lost or doubled"
    )
    assert len(resident.acknowledged) > 5
    assert len(commenter.acknowledged) > 20
    assert not lost
    assert not missing
    assert keys == stored, "a report was stored twice"


def every_ticket_follows_from_its_ledger(demo: Demo, figures: Callable[[str], None]) -> None:
    """No move is lost or doubled: versions follow one another and lead to the row as it is."""
    moves = 0
    with reading(demo.engine) as conn:
        ids = [row[0] for row in demo.ask("SELECT ticket_id FROM events.tickets")]
        for ticket in tickets.by_ids(conn, ids):
            entries = ledger.of_ticket(conn, ticket.ticket_id)
            again = rebuild([one.payload for one in entries if one.verb.startswith("ticket.")])
            moves += len(entries)
            assert (again["state"], again["version"]) == (ticket.state, ticket.version), ticket
    figures(f"{len(ids)} tickets rebuilt from {moves} ledger entries")
