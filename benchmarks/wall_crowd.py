"""Two hundred open walls, and some that never read: what they cost the server, who waits."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import nullcontext
from typing import Any

from benchmarks.wall_changes import calm
from benchmarks.wall_clients import Wanted, stalled
from benchmarks.wall_sheet import Sheet
from tests.end_to_end.demo import Demo, Tally
from tests.support.proc import cpu_s, family, memory_mb

_WALLS = 200
_STALLED = 20
_SETTLE_S = 6.0


def crowd(demo: Demo, sheet: Sheet, *, rate: float, seconds: float) -> None:
    """The server alone, with 200 walls, and with 20 more that never read."""
    sheet.begin("walls", f"{_WALLS} open walls at {rate:g} changes/s; then {_STALLED} that stall")
    pid = demo.whole.processes()["web"]
    with demo.signed_in("operator") as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    wanted = Wanted(
        address=demo.whole.address, cookie=cookie, walls=_WALLS, settle_s=_SETTLE_S, seconds=seconds
    )
    flow = Tally(demo=demo, rate=rate, depth=calm)
    flow.start()
    try:
        time.sleep(_SETTLE_S)
        alone = _share(pid, seconds)
        before_mb = memory_mb(family(pid))
        sheet.add("server without walls, of a core", alone * 100, "%")
        told = _with_walls(wanted, pid)
        sheet.add("server, of a core", told["share"] * 100, "%", most=25.0)
        each_us = (told["share"] - alone) * seconds / told["messages"] * 1e6
        sheet.add("a message to a wall costs", each_us, "us")
        each_kb = (told["memory_mb"] - before_mb) * 1024 / _WALLS
        sheet.add("memory of a wall", each_kb, "kB", most=100.0)
        sheet.add("messages to a wall", told["messages"] / seconds / _WALLS, "/s", least=5.0)
        sheet.add("reading to wall: p95", told["p95"], "s", most=1.0)
        beside = _with_walls(wanted, pid, stall=_STALLED)
        sheet.add(
            "server, 20 stalled beside them, of a core", beside["share"] * 100, "%", most=25.0
        )
        sheet.add("reading to wall, 20 stalled: p95", beside["p95"], "s", most=1.0)
        sheet.add("messages to a wall, 20 stalled",
                  beside["messages"] / seconds / _WALLS, "/s", least=5.0)  # fmt: skip
        stalled_kb = (beside["memory_mb"] - told["memory_mb"]) * 1024 / _STALLED
        sheet.add("memory of a stalled wall", stalled_kb, "kB")
    finally:
        flow.stop()


def _share(pid: int, seconds: float) -> float:
    spent, began = cpu_s([pid]), time.monotonic()
    time.sleep(seconds)
    return (cpu_s([pid]) - spent) / (time.monotonic() - began)


def _with_walls(wanted: Wanted, pid: int, *, stall: int = 0) -> dict[str, Any]:
    """Figures of the walls, the server's share of a core meanwhile, and its memory."""
    command, said = wanted.command()
    beside = stalled(wanted.address, wanted.cookie, stall) if stall else nullcontext()
    with beside, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as walls:
        assert walls.stdin is not None
        assert walls.stdout is not None
        walls.stdin.write(said)
        walls.stdin.close()
        assert walls.stdout.readline() == b"measuring\n"
        share = _share(pid, wanted.seconds)
        memory = memory_mb(family(pid))
        told: dict[str, Any] = json.loads(walls.stdout.readline())
    assert not told["closed"], f"{told['closed']} walls were closed"
    return {**told, "share": share, "memory_mb": memory}
