"""A storm: devices and stations send, the plan's troubles come one after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.devices import finish, pace
from tests.chaos.scene import NeverHappened, Scene
from tests.chaos.troubles import Step, mend, strike

# (a machine that is busy otherwise takes long to start Python)
_RECOVERED_WITHIN_S = 180.0
_CALM_S = 2.0
# nats-server gives what was not acknowledged again after `ack_wait` (3 s) only, and more slowly
# when the machine is busy: while something is missing, the wait before it is called lost is longer
_LOST_AFTER_S = 20.0
_SAVED_AFTER = 300
# (a broker that cannot keep up with the rate leaves a queue in the devices)
_TAKEN_WITHIN_S = 300.0
_STATION_EVERY_S = 0.1
_NEWEST = (
    "SELECT extract(epoch FROM max(l.ts))::float8 FROM iot.latest l JOIN iot.devices d"
    " USING (device_no) WHERE d.device_id LIKE 'STREET-%'"
)

Told = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """``seconds`` from the kill (of a path: from its being mended) until what was measured
    after it is stored; of the judge: judged. ``alone``: nothing else was broken at the time."""

    name: str
    at: float
    seconds: float
    alone: bool


@dataclass(slots=True)
class Course:
    """What happened in a storm."""

    recoveries: list[Recovery] = field(default_factory=list)
    broker_kills: list[float] = field(default_factory=list)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@contextmanager
def speaking(scene: Scene) -> Iterator[None]:
    """Devices and stations send during the block, and until all of it is acknowledged."""
    enough = scene.loop.call(asyncio.Event)
    for device in scene.devices:
        scene.loop.start(device.live(scene.device_port))
    sending = [scene.loop.start(pace(scene.devices, scene.wishes.rate, enough))]
    sending += [
        scene.loop.start(one.live(scene.station_ports[one.protocol], _STATION_EVERY_S, enough))
        for one in scene.stations
    ]
    yield
    scene.loop.call(enough.set)
    scene.wait("the last frames answered", lambda: all(one.done() for one in sending))
    last = scene.loop.start(finish(scene.devices))
    scene.wait("the last messages acknowledged", last.done, _TAKEN_WITHIN_S)


def storm(scene: Scene, steps: Sequence[Step], *, told: Told) -> Course:
    """Let it come. Raises NeverHappened when it does not begin, or never becomes calm."""
    course = Course()
    began = time.monotonic()
    scene.ingest.start()
    # before there is a session, the broker has nobody to keep messages for
    scene.wait("ingest at the broker", lambda: is_connected(scene))
    with speaking(scene):
        scene.wait("the first readings", lambda: stored_after(scene, 0.0))
        # a broker that dies before it has saved ingest's new session forgets it
        scene.wait("a save of the broker", lambda: len(scene.journal.sent) >= _SAVED_AFTER)
        for together in groups(steps):
            time.sleep(together[0].pause_s)
            _live_through(scene, together, course)
            last = course.recoveries[-1]
            told(f"{len(course.recoveries)}/{len(steps)} {last.name}: {last.seconds:.1f} s")
    settle_down(scene)
    course.seconds = time.monotonic() - began
    return course


def groups(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Steps one by one, or two that come together."""
    left = list(steps)
    while left:
        first = left.pop(0)
        if first.joined and left and left[0].part != first.part:
            yield [first, left.pop(0)]
        else:
            yield [first]


def _live_through(scene: Scene, together: Sequence[Step], course: Course) -> None:
    struck = []
    for step in together:
        struck.append(time.time())
        if step.kind == "broker" and step.path is None:
            course.broker_kills.append(struck[-1])
        strike(scene, step)
    since = []
    for step, struck_at in zip(together, struck, strict=True):
        mend(scene, step, struck_at)
        since.append(struck_at if step.path is None else time.time())
    for step, from_s in zip(together, since, strict=True):
        try:
            back = scene.wait(step.name, _recovered(scene, step, from_s), _RECOVERED_WITHIN_S)
        except NeverHappened as error:
            # the balance at the end tells whether it was only slow
            course.faults.append(str(error))
            back = time.time()
        course.recoveries.append(
            Recovery(name=step.name, at=from_s, seconds=back - from_s, alone=len(together) == 1)
        )


def _recovered(scene: Scene, step: Step, since: float) -> Callable[[], bool]:
    if step.path == "stations":
        return lambda: scene.journal.last_answer_at > since
    if step.path is None and step.kind == "judge":
        # spans that were marked after its death, and are gone
        time.sleep(0.1)
        last: list[int] = []

        def judged() -> bool:
            if not last:
                last.append(scene.ask("SELECT last_value FROM iot.dirty_dirty_id_seq")[0][0])
            waiting = scene.ask("SELECT EXISTS (SELECT FROM iot.dirty WHERE dirty_id <= %s)", *last)
            return not waiting[0][0]

        return judged
    return lambda: stored_after(scene, since)


def is_connected(scene: Scene) -> bool:
    """Whether every ingest process has its session at the broker."""
    beats = scene.ask(
        "SELECT detail ->> 'broker' FROM grid.heartbeats WHERE process LIKE 'ingest%'"
    )
    return beats == [("true",)] * scene.wishes.processes


def stored_after(scene: Scene, since: float) -> bool:
    """Whether something is stored that a device measured after a moment of time.time()."""
    newest = scene.ask(_NEWEST)[0][0]
    return newest is not None and newest > since


def settle_down(scene: Scene) -> None:
    """Wait until everything that was acknowledged is stored and judged."""

    def calm() -> bool:
        quiet_s = time.time() - scene.journal.last_delivery_at
        enough_s = _LOST_AFTER_S if scene.journal.is_waited_for() else _CALM_S
        waiting = scene.ask("SELECT EXISTS (SELECT FROM iot.dirty)")[0][0]
        return quiet_s > enough_s and not scene.spool_bytes and not waiting

    scene.wait("calm after the storm", calm, 120.0)
