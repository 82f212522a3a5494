"""Two minutes of `scripts/soak`: an open wall stays as it is at 500 changes a second.

The promises are of a machine of our own. A busy one is slow, not wrong: ages have room here; what
leaks or is lost does so on any machine.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from tests.end_to_end.demo import Demo
from tests.soak.course import Course, soak
from tests.soak.verdict import Bounds, faults, table

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(400)]

_RATE = 500.0
_BOUNDS = Bounds(heap_mb=5.0, memory_mb=40.0, age_s=60.0, rate=0.5)


async def test_an_open_wall_stays_as_it_is_under_load(
    demo: Demo, browser: Browser, figures: Callable[[str], None]
) -> None:
    course = await soak(demo, browser, minutes=2, rate=_RATE, say=lambda _line: None)
    for line in table(course).splitlines():
        figures(line)
    assert faults(course, _BOUNDS, _RATE) == []
    a_leak_and_a_loss_would_be_seen(course)


def a_leak_and_a_loss_would_be_seen(course: Course) -> None:
    """Make the last heap larger, forget an answer of the page, lose a message."""
    *looks, last = course.looks
    course.looks = [*looks, replace(last, heap_mb=last.heap_mb + 10, painted=0)]
    course.lost = ["one"]
    assert len(faults(course, _BOUNDS, _RATE)) == 3
