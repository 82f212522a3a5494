"""The course of a soak: messages flow, and at every look is noted what has become of it all."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from playwright.async_api import Browser

from tests.end_to_end.demo import Demo, Tally
from tests.soak.page import WatchedWall, watched_wall
from tests.support.proc import family, memory_mb

Say = Callable[[str], None]

# Until the flow runs, the first alarms are there and the map has drawn them.
SETTLE_S = 10.0
# At least so many looks, however short it is.
_LOOKS = 10
_STORED_WITHIN_S = 60.0
_WATCHED = ("web", "ingest", "dispatch")
_STORED = """
SELECT d.device_id, count(*), sum((extract(epoch FROM r.ts) * 1000)::bigint)::bigint,
    sum(round(r.value * 1000)::bigint)::bigint
FROM iot.readings AS r JOIN iot.devices AS d USING (device_no)
WHERE d.device_id LIKE 'PROBE-%' AND r.ts >= :since GROUP BY d.device_id
"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look. Memory by process in MB, ages in s, ``busy`` as a share of the page's thread."""

    minute: float
    sent: int
    waiting: int
    heap_mb: float
    nodes: int
    held_s: float
    shown_s: float
    painted: int
    busy: float
    memory_mb: dict[str, float]
    troubles: int
    load: float

    def line(self) -> str:
        """For people."""
        memory = ", ".join(f"{name} {mb:.1f}" for name, mb in self.memory_mb.items())
        return (
            f"{self.minute:5.1f} min: {self.sent:,} sent ({self.waiting} on their way), heap"
            f" {self.heap_mb:.2f} MB ({self.nodes} nodes), oldest {self.held_s:.1f} s, on screen"
            f" {self.shown_s:.1f} s, main thread {self.busy:.0%}; MB: {memory}; complaints:"
            f" {self.troubles}; load {self.load:.1f}"
        )


@dataclass(kw_only=True)
class Course:
    """What came of it. ``lost``: sentences about what is stored otherwise than it was sent."""

    looks: list[Look] = field(default_factory=list)
    sent: int = 0
    stored: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)


def changing(index: int, since: float) -> float:
    """Every value another one; one street in ten goes under water and dry again, every 20 s."""
    wet = index % 10 == 0 and int(since / 10 + index / 100) % 2 == 0
    return 0.2 if wet else 0.01 + 0.001 * ((index + int(since * 10)) % 20)


async def soak(demo: Demo, browser: Browser, *, minutes: float, rate: float, say: Say) -> Course:
    """Let ``rate`` messages a second flow for so long, and watch an open wall."""
    course = Course()
    flow = Tally(demo=demo, rate=rate, depth=changing)
    before = demo.whole.processes()
    async with watched_wall(browser, demo) as wall:
        since, began = datetime.now(UTC), time.monotonic()
        flow.start()
        try:
            await asyncio.sleep(SETTLE_S)
            await _watch(demo, wall, flow, course, minutes * 60, say)
            course.troubles = list(wall.troubles)
        finally:
            await asyncio.to_thread(flow.stop)
            course.seconds = time.monotonic() - began
    await _balance(demo, flow, since, course)
    after = demo.whole.processes()
    course.restarted = [name for name in before if before[name] != after.get(name)]
    return course


async def _watch(
    demo: Demo, wall: WatchedWall, flow: Tally, course: Course, seconds: float, say: Say
) -> None:
    processes = demo.whole.processes()
    every_s = min(60.0, seconds / _LOOKS)
    began = at = time.monotonic()
    busy_s = (await wall.look()).busy_s  # (what it took to draw the map is not part of it)
    for number in range(1, round(seconds / every_s) + 1):
        await asyncio.sleep(max(0.0, began + number * every_s - time.monotonic()))
        seen, now = await wall.look(), time.monotonic()
        look = Look(
            minute=(now - began) / 60,
            sent=flow.messages,
            waiting=flow.unheard(),
            heap_mb=seen.heap_mb,
            nodes=seen.nodes,
            held_s=seen.held_s,
            shown_s=seen.shown_s,
            painted=seen.painted,
            busy=(seen.busy_s - busy_s) / (now - at),
            memory_mb={name: memory_mb(family(processes[name])) for name in _WATCHED},
            troubles=len(wall.troubles),
            load=os.getloadavg()[0],
        )
        at, busy_s = now, seen.busy_s
        course.looks.append(look)
        say(look.line())


async def _balance(demo: Demo, flow: Tally, since: datetime, course: Course) -> None:
    """Wait until everything is stored; what is not, or otherwise, is told by device."""
    course.sent = flow.messages
    if flow.unheard():
        course.lost.append(f"{flow.unheard()} messages were never acknowledged")
    deadline = time.monotonic() + _STORED_WITHIN_S
    while True:
        rows = await asyncio.to_thread(demo.ask, _STORED, since=since)
        stored = {name: list(sums) for name, *sums in rows}
        course.stored = sum(count for count, *_ in stored.values())
        if stored == flow.sums or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    for name, sums in flow.sums.items():
        found = stored.get(name, [0, 0, 0])
        if found != sums:
            course.lost.append(f"{name}: sent {sums}, stored {found} (number, ms, mm)")
