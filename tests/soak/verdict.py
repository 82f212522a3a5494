"""Whether a soak went well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from tests.soak.course import Course, Look

# The first looks warm up: caches fill, the first alarms and tickets come.
_WARM_UP = 0.2
# Of so many sentences alike the first are told.
_TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What may be at most: MB of growth, s of age; at least ``rate`` of what was asked for."""

    heap_mb: float = 5.0
    memory_mb: float = 10.0
    age_s: float = 5.0
    rate: float = 0.95


def settled(looks: Sequence[Look]) -> Sequence[Look]:
    """The looks after the warm-up."""
    return looks[round(len(looks) * _WARM_UP) :]


def spread_mb(looks: Sequence[Look]) -> float:
    """Between the smallest and the largest heap, after the warm-up."""
    heaps = [one.heap_mb for one in settled(looks)]
    return max(heaps) - min(heaps)


def growth_mb(looks: Sequence[Look], process: str) -> float:
    """What a process takes more in the last third than in the first, after the warm-up."""
    sizes = [one.memory_mb[process] for one in settled(looks)]
    third = max(1, len(sizes) // 3)
    return mean(sizes[-third:]) - mean(sizes[:third])


def faults(course: Course, bounds: Bounds, rate: float) -> list[str]:
    """Sentences; none when everything held."""
    looks, found = course.looks, []
    if spread_mb(looks) > bounds.heap_mb:
        found.append(f"the page's heap moves by {spread_mb(looks):.1f} MB, not {bounds.heap_mb:g}")
    for process in looks[0].memory_mb:
        growth = growth_mb(looks, process)
        if growth > bounds.memory_mb:
            found.append(f"{process} grew by {growth:.1f} MB, not {bounds.memory_mb:g}")
    for name, ages in (
        ("what the page knew", [one.held_s for one in looks]),
        ("what the open panel showed", [one.shown_s for one in looks]),
    ):
        if max(ages) > bounds.age_s:
            found.append(f"{name} was {max(ages):.1f} s old, not {bounds.age_s:g}")
    if min(one.painted for one in looks) == 0:
        found.append("the open panel showed nothing new from one look to the next")
    if course.sent < bounds.rate * rate * course.seconds:
        found.append(f"only {course.sent / course.seconds:.0f} messages a second were sent")
    for sentences in (course.lost, course.troubles):
        found += sentences[:_TOLD]
        if len(sentences) > _TOLD:
            found.append(f"... and {len(sentences) - _TOLD} more like it")
    return found + [f"{name} died and was started again" for name in course.restarted]


def table(course: Course) -> str:
    """What came of it, for people."""
    looks = settled(course.looks)
    heaps = [one.heap_mb for one in looks]
    rows = {
        "messages sent, a second": f"{course.sent:,}, {course.sent / course.seconds:.0f}",
        "stored": f"{course.stored:,}",
        "heap of the page, least and most": f"{min(heaps):.2f}, {max(heaps):.2f} MB",
        "data in the page, oldest": f"{max(one.held_s for one in course.looks):.1f} s",
        "on the screen, oldest": f"{max(one.shown_s for one in course.looks):.1f} s",
        "main thread, mean": f"{mean(one.busy for one in looks):.0%}",
        **{
            f"{name}: memory, growth": f"{looks[-1].memory_mb[name]:.1f},"
            f" {growth_mb(course.looks, name):+.1f} MB"
            for name in looks[0].memory_mb
        },
        "complaints of the page": str(len(course.troubles)),
        "load, mean": f"{mean(one.load for one in course.looks):.1f}",
    }
    wide = max(map(len, rows))
    return "\n".join(f"{name:{wide}}  {value}" for name, value in rows.items())
