"""The supervisor, with real child processes."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from command_center.machine.account import caller
from command_center.machine.data_folder import DataFolder, open_data_folder
from command_center.machine.process_table import identify
from command_center.machine.service import BackOff, Service
from command_center.machine.supervisor import Supervisor, clear_leftovers
from command_center.problem import Problem

# Waits for signals. (A shell that starts programs meanwhile loses one that comes in that moment.)
LISTEN = "while :; do wait; done"
BACK_OFF = BackOff(delays=(0.0, 0.1, 0.2))


@pytest.fixture
async def told() -> list[Problem]:
    return []


@pytest.fixture
async def data(open_folder: Path) -> AsyncIterator[DataFolder]:
    folder = open_data_folder(open_folder, caller(), told=_unexpected)
    yield folder
    folder.close()


@pytest.fixture
async def supervisor(data: DataFolder, told: list[Problem]) -> AsyncIterator[Supervisor]:
    found = Supervisor(data, told=told.append, back_off=BACK_OFF)
    yield found
    await found.stop()


def _unexpected(problem: Problem) -> None:
    raise problem


def shell(name: str, script: str, data: DataFolder, **more: Any) -> Service:
    return Service(
        name=name,
        command=("/bin/sh", "-c", script),
        account=data.account,
        folder=data.path,
        **more,
    )


def pid_of(data: DataFolder, name: str) -> int:
    record = json.loads((data.room("run") / "processes.json").read_text())
    return int(record[name]["identity"]["pid"])


async def until(condition: Callable[[], bool], within_s: float = 5.0) -> float:
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > within_s:
            raise AssertionError("it did not happen in time")
        await asyncio.sleep(0.01)
    return time.monotonic() - begun


async def test_children_start_in_the_order_of_their_needs(
    data: DataFolder, supervisor: Supervisor
) -> None:
    flag = data.path / "base-is-ready"
    base = shell("base", f"sleep 0.3; touch {flag}; sleep 60", data, ready=lambda _: flag.exists())
    above = shell("above", f"test -e {flag} && echo in order; sleep 60", data, needs=("base",))
    await supervisor.start(above, base)
    await until(lambda: "in order" in (data.room("logs") / "above.log").read_text())


@pytest.mark.alone
async def test_a_killed_child_is_back_within_a_second(
    data: DataFolder, supervisor: Supervisor, told: list[Problem]
) -> None:
    await supervisor.start(shell("worker", "sleep 60", data))
    first = pid_of(data, "worker")
    os.kill(first, signal.SIGKILL)
    took = await until(lambda: identify(first) is None and pid_changed(data, "worker", first))
    assert took < 1.0
    assert "signal 9" in told[0].en
    assert "worker" in told[0].zh


def pid_changed(data: DataFolder, name: str, before: int) -> bool:
    record = json.loads((data.room("run") / "processes.json").read_text())
    identity = record[name]["identity"]
    return identity is not None and identity["pid"] != before


async def test_a_spare_takes_the_place_of_what_is_killed_and_is_replaced(
    data: DataFolder, told: list[Problem]
) -> None:
    said = data.room("logs") / "web.log"
    service = shell("web", "echo from nothing; sleep 60", data)
    spare = ("/bin/sh", "-c", "read line && echo spare at work; sleep 60")
    supervisor = Supervisor(data, told=told.append, back_off=BACK_OFF, spare_after_s=0.05)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(supervisor.stop)
        await supervisor.start(replace(service, spare=spare))
        for turn in (1, 2):
            await until(lambda: len(spares(data)) == 1)
            assert said.read_text().count("spare at work") == turn - 1
            waiting, working = spares(data)[0], pid_of(data, "web")
            os.kill(working, signal.SIGKILL)
            await until(partial(pid_changed, data, "web", working))
            assert pid_of(data, "web") == waiting
            await until(partial(says, said, "spare at work", turn))
        assert said.read_text().count("from nothing") == 1
        # one that has ended is not waited for, and another one is made
        await until(lambda: len(spares(data)) == 1)
        os.kill(spares(data)[0], signal.SIGKILL)
        await until(lambda: "spare ended: signal 9" in said.read_text())
        await until(lambda: len(spares(data)) == 1)
        for one in (spares(data)[0], pid_of(data, "web")):
            os.kill(one, signal.SIGKILL)
        await until(lambda: said.read_text().count("from nothing") == 2)
        await until(lambda: len(spares(data)) == 1)
    assert not spares(data)


def says(log: Path, words: str, times: int) -> bool:
    """Whether a log says something so often."""
    return log.read_text().count(words) == times


def spares(data: DataFolder) -> list[int]:
    """Our child processes that wait for a line, or did, but for the one that works."""
    record = json.loads((data.room("run") / "processes.json").read_text())
    working = (record.get("web", {}).get("identity") or {}).get("pid")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "cmdline").read_bytes().decode(errors="replace")
            if int(stat[1]) == os.getpid() and stat[0] != "Z" and "read line" in line:
                found.append(int(folder.name))
    return [one for one in found if one != working]


async def test_a_signal_to_what_is_starting_waits_until_it_can_be_heard(
    data: DataFolder, supervisor: Supervisor, told: list[Problem]
) -> None:
    heard, up = data.path / "heard", data.path / "up"
    trap = f"trap 'echo heard >> {heard}' HUP"
    script = f"sleep 0.3; {trap}; sleep 60 & : > {up}; {LISTEN}"
    service = shell("broker", script, data, ready=lambda _: up.exists())
    starting = asyncio.create_task(supervisor.start(service))
    await until((data.room("run") / "processes.json").exists)
    supervisor.signal("broker", signal.SIGHUP)
    supervisor.signal("broker", signal.SIGHUP)
    await starting
    await until(heard.exists)
    # a child that takes the place of another one is told no earlier
    up.unlink()
    first = pid_of(data, "broker")
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(told) == 1)  # it has ended, and the next one is not ready
    supervisor.signal("broker", signal.SIGHUP)
    await until(partial(pid_changed, data, "broker", first))
    await until(partial(says, heard, "heard", 2))
    supervisor.signal("broker", signal.SIGHUP)
    await until(partial(says, heard, "heard", 3))
    assert len(told) == 1, told


async def test_restarts_slow_down(data: DataFolder, supervisor: Supervisor) -> None:
    starts = data.path / "starts"
    await supervisor.start(shell("flapping", f"date +%s.%N >> {starts}; sleep 0.05; exit 3", data))
    await until(lambda: starts.exists() and len(starts.read_text().splitlines()) >= 5)
    times = [float(line) for line in starts.read_text().splitlines()]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[0] < 0.15
    assert gaps[3] >= 0.2


async def test_a_long_life_is_forgiven() -> None:
    back_off = BackOff(delays=(0.0, 1.0, 5.0))
    assert [back_off.delay(failures) for failures in (1, 2, 3, 9)] == [0.0, 1.0, 5.0, 5.0]


async def test_a_service_that_never_starts_is_reported_with_its_last_words(
    data: DataFolder, supervisor: Supervisor
) -> None:
    broken = shell("broken", "echo no such city; exit 1", data, ready=lambda _: False)
    with pytest.raises(Problem) as caught:
        await supervisor.start(broken)
    assert "broken did not start" in caught.value.en
    assert "no such city" in caught.value.zh


async def test_a_service_that_is_not_ready_in_time_is_reported(
    data: DataFolder, supervisor: Supervisor
) -> None:
    slow = shell(
        "slow", "sleep 60", data, ready=lambda _: False, ready_within=timedelta(seconds=0.3)
    )
    with pytest.raises(Problem, match="slow did not start"):
        await supervisor.start(slow)


async def test_a_program_that_is_missing_is_reported(
    data: DataFolder, supervisor: Supervisor
) -> None:
    missing = Service(
        name="missing",
        command=("/no/such/program",),
        account=caller(),
        folder=data.path,
        ready=lambda _: False,
    )
    with pytest.raises(Problem, match="missing did not start"):
        await supervisor.start(missing)


@pytest.mark.alone
async def test_stop_takes_the_reverse_order_and_insists(
    data: DataFolder, told: list[Problem]
) -> None:
    order = data.path / "order"
    note = f"trap 'echo $0 >> {order}; exit 0' TERM; sleep 60 & {LISTEN}"
    supervisor = Supervisor(data, told=told.append)
    stubborn = shell(
        "stubborn",
        "trap '' TERM; sleep 60 & while :; do sleep 1; done",
        data,
        stop_within=timedelta(seconds=0.3),
    )
    await supervisor.start(
        shell("base", note.replace("$0", "base"), data),
        shell("above", note.replace("$0", "above"), data, needs=("base",)),
        stubborn,
    )
    await asyncio.sleep(0.2)
    pids = [pid_of(data, name) for name in ("base", "above", "stubborn")]
    begun = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - begun < 2.0
    assert order.read_text().split() == ["above", "base"]
    assert [identify(pid) for pid in pids] == [None, None, None]
    assert told == []


async def test_what_a_child_leaves_behind_ends_with_it(
    data: DataFolder, supervisor: Supervisor
) -> None:
    grandchild = data.path / "grandchild"
    await supervisor.start(
        shell(
            "parent",
            f"sleep 60 & echo $! > {grandchild}.new; mv {grandchild}.new {grandchild}; wait",
            data,
        )
    )
    await until(grandchild.exists)
    left = int(grandchild.read_text())
    os.kill(pid_of(data, "parent"), signal.SIGKILL)
    await until(lambda: identify(left) is None)


async def test_logs_are_bounded(data: DataFolder, supervisor: Supervisor) -> None:
    from command_center.machine.rotating_log import RotatingLog

    log = RotatingLog(data.room("logs") / "x.log", caller(), limit=1_000, kept=2)
    for number in range(100):
        log.write(f"line {number:04}: {'.' * 40}\n".encode())
    log.close()
    found = sorted(one.name for one in data.room("logs").iterdir())
    assert found == ["x.log", "x.log.1", "x.log.2"]
    assert all(one.stat().st_size <= 1_000 for one in data.room("logs").iterdir())
    assert "line 0099" in log.tail(1)


def test_children_die_with_a_killed_supervisor(open_folder: Path) -> None:
    script = textwrap.dedent(
        f"""
        import asyncio
        from pathlib import Path
        from command_center.machine.account import service_account
        from command_center.machine.data_folder import open_data_folder
        from command_center.machine.service import Service
        from command_center.machine.supervisor import Supervisor

        async def main():
            data = open_data_folder(Path({str(open_folder)!r}), service_account(), told=print)
            supervisor = Supervisor(data, told=print)
            await supervisor.start(
                Service(name="child", command=("/bin/sleep", "60"), account=data.account,
                        folder=data.path))
            print("up", flush=True)
            await asyncio.sleep(60)

        asyncio.run(main())
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        record = json.loads((open_folder / "run" / "processes.json").read_text())
        child = record["child"]["identity"]["pid"]
        assert identify(child) is not None
        running.kill()
    deadline = time.monotonic() + 3
    while identify(child) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_leftovers_of_a_killed_supervisor_are_ended(open_folder: Path) -> None:
    data = open_data_folder(open_folder, caller(), told=_unexpected)
    with subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]) as left:
        identity = identify(left.pid)
        assert identity is not None
        record = {
            "left": {
                "identity": {"pid": left.pid, "started": identity.started, "boot": identity.boot}
            },
            "other": {"identity": {"pid": os.getpid(), "started": "1", "boot": identity.boot}},
            "gone": {"identity": None},
        }
        (data.room("run") / "processes.json").write_text(json.dumps(record))
        clear_leftovers(data, patience_s=0.2)
        assert left.wait(5) == -signal.SIGKILL
    data.close()
