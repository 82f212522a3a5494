"""What is done to the services, and in which order: drawn from a seed."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from tests.chaos.links import Link
from tests.chaos.scene import Scene

# In a cycle of 20 kills each kind has its share.
_KILLS = (
    "ingest", "broker", "backend", "judge", "postmaster", "broker", "immediate", "ingest",
    "broker", "backend", "ingest", "judge", "broker", "postmaster", "ingest", "broker",
    "immediate", "backend", "judge", "broker",
)  # fmt: skip
PATHS = ("devices", "broker", "database", "stations")
WAYS = ("cut", "swallow", "slow")
# One path is cut for so many kills.
_KILLS_A_CUT = 4
_SLOW_S = 0.1


_PARTS = {"ingest": "ingest", "worker": "ingest", "judge": "ingest", "broker": "broker"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One trouble. ``path`` None: a kill of ``kind``; else ``kind`` is the way a path fails.

    ``pause_s`` before it; ``hold_s``: for how long a path fails. ``joined``: the next one
    comes before this one is mended.
    """

    kind: str
    path: str | None
    pause_s: float
    hold_s: float
    joined: bool

    @property
    def name(self) -> str:
        """As the table calls it."""
        return self.kind if self.path is None else f"{self.path} path: {self.kind}"

    @property
    def part(self) -> str:
        """What is hurt: no two at once on one part."""
        if self.path is not None:
            return f"{self.path} path"
        return _PARTS.get(self.kind, "server")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast troubles follow one another: spans of seconds, and how many of them are joined."""

    pauses_s: tuple[float, float] = (0.1, 1.5)
    holds_s: tuple[float, float] = (0.3, 3.0)
    joined: float = 0.25


_USUAL = Pace()


def plan(seed: int, kills: int, pace: Pace = _USUAL, *, processes: int = 1) -> list[Step]:
    """``kills`` kills and a quarter as many failing paths, the same ones for the same seed."""
    kinds = _KILLS if processes == 1 else (*_KILLS, "worker", "worker", "worker")
    chance = random.Random(seed)
    chosen: list[tuple[str, str | None]] = [
        (kind, None) for kind in itertools.islice(itertools.cycle(kinds), kills)
    ]
    failures = [(way, path) for way in WAYS for path in PATHS]
    chance.shuffle(failures)
    chosen += itertools.islice(itertools.cycle(failures), kills // _KILLS_A_CUT)
    chance.shuffle(chosen)
    return [
        Step(
            kind=kind,
            path=path,
            pause_s=chance.uniform(*pace.pauses_s),
            hold_s=chance.uniform(*pace.holds_s),
            joined=chance.random() < pace.joined,
        )
        for kind, path in chosen
    ]


def strike(scene: Scene, step: Step) -> None:
    """Do it."""
    if step.path is not None:
        for link in _links(scene, step.path):
            scene.loop.call(_fails(link, step.kind))
    else:
        _STRIKES[step.kind](scene)


def mend(scene: Scene, step: Step, struck_at: float) -> None:
    """Start again what was killed; let a path fail for as long as it is to, then mend it."""
    if step.path is None:
        _MENDS[step.kind](scene)
        return
    time.sleep(max(0.0, struck_at + step.hold_s - time.time()))
    for link in _links(scene, step.path):
        scene.loop.call(link.mend)


def _links(scene: Scene, path: str) -> Sequence[Link]:
    links = scene.links
    return {
        "devices": (links.devices,),
        "broker": (links.broker,),
        "database": (links.database,),
        "stations": (links.hj212, links.sl651),
    }[path]


def _fails(link: Link, way: str) -> Callable[[], None]:
    return {"cut": link.cut, "swallow": link.swallow, "slow": lambda: link.slow(_SLOW_S)}[way]


def _kill_backend(scene: Scene) -> None:
    """Kill a session of ingest (or ours, when it has none): the server restarts all of them."""
    try:
        sessions = scene.ask(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'cc_ingest'"
            " UNION ALL SELECT pg_backend_pid()"
        )
    except psycopg.OperationalError:
        scene.cluster.server.wait()
        sessions = scene.ask("SELECT pg_backend_pid()")
    os.kill(sessions[0][0], signal.SIGKILL)


_STRIKES: Mapping[str, Callable[[Scene], None]] = {
    "ingest": lambda scene: scene.ingest.kill(),
    "worker": lambda scene: scene.ingest.kill_worker(),
    "judge": lambda scene: scene.ingest.kill_judge(),
    "broker": lambda scene: scene.broker.stop(signal.SIGKILL),
    "backend": _kill_backend,
    "postmaster": lambda scene: scene.cluster.server.stop(signal.SIGKILL),
    "immediate": lambda scene: scene.cluster.server.stop(signal.SIGQUIT),
}
_MENDS: Mapping[str, Callable[[Scene], None]] = {
    "ingest": lambda scene: scene.ingest.start(),
    "worker": lambda scene: None,
    "judge": lambda scene: None,
    "broker": lambda scene: scene.broker.start(),
    "backend": lambda scene: scene.cluster.server.wait(),
    "postmaster": lambda scene: scene.cluster.server.start(),
    "immediate": lambda scene: scene.cluster.server.start(),
}
