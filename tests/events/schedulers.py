"""Many schedulers on one database, killed with -9 at any moment.

``python -m tests.events.schedulers URL NOW COUNT``, a process of its own, so that it can fork:
nothing is imported anew, and nobody else's threads are in the way.
"""

import os
import random
import signal
import sys
import time
from datetime import datetime

from events.actions.escalate import escalate
from events.actions.upkeep import mark_overdue
from events.model.access import DISPATCH
from grid.store.postgis import make_engine

AT_ONCE = 5


def work(url: str, now: datetime) -> None:
    """What the dispatcher does about late tickets, until nothing is left."""
    engine = make_engine(url, role="cc_dispatch", pool_size=1, application_name="cc test")
    while mark_overdue(engine, by=DISPATCH, now=now, limit=5) + escalate(
        engine, by=DISPATCH, now=now, limit=5
    ):
        pass


def fork(url: str, now: datetime) -> int:
    """Start one; its process id."""
    child = os.fork()
    if child == 0:
        try:
            work(url, now)
        finally:
            os._exit(0)
    return child


def main() -> None:
    """Kill so many, a few at once; then let one finish. Prints how many were killed at work."""
    url, now, count = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(7)
    alive: list[int] = []
    killed = 0
    for _ in range(count):
        alive.append(fork(url, now))
        time.sleep(chance.uniform(0.01, 0.12))
        if len(alive) == AT_ONCE:
            victim = alive.pop(chance.randrange(AT_ONCE))
            os.kill(victim, signal.SIGKILL)
            killed += os.WIFSIGNALED(os.waitpid(victim, 0)[1])
    for victim in alive:
        os.kill(victim, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(victim, 0)[1])
    work(url, now)
    sys.stdout.write(str(killed))


if __name__ == "__main__":
    main()
