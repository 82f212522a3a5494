"""Keeps children running: in order up, restarted with back-off, in reverse order down."""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from command_center.machine.child import Child
from command_center.machine.data_folder import DataFolder
from command_center.machine.process_table import Identity, end, identify
from command_center.machine.rotating_log import RotatingLog
from command_center.machine.secret_files import write_private
from command_center.machine.service import BackOff, Service
from command_center.problem import Problem

# Starts that may fail before a service that never was ready is given up.
_FIRST_STARTS = 3
_READY_EVERY_S = 0.05
# A spare is made when a start is over and what had waited for it is worked off.
_SPARE_AFTER_S = 15.0
_LONGEST_SPARE_PAUSE_S = 600.0


class Supervisor:
    """The children of one data folder. Use it in one event loop, in the main thread.

    ``told`` hears of restarts. A service that has a spare command is kept with a second process,
    ready but idle, that takes the place of the first when that ends (ADR 38).
    ``run/processes.json`` names the running children, so that a supervisor that was killed leaves
    nothing behind that the next one does not find.
    """

    def __init__(
        self,
        data: DataFolder,
        *,
        told: Callable[[Problem], None],
        back_off: BackOff | None = None,
        spare_after_s: float = _SPARE_AFTER_S,
    ) -> None:
        self._data = data
        self._spare_after_s = spare_after_s
        self._told = told
        self._back_off = back_off or BackOff()
        self._keepers: dict[str, _Keeper] = {}

    async def start(self, *services: Service) -> None:
        """Start services as their needs become ready; return when all are.

        May be called again with further services. Raises Problem when one cannot be started;
        the others keep running until `stop`.
        """
        new = []
        for service in services:
            keeper = _Keeper(
                service, self._data, self._told, self._back_off, self._record, self._spare_after_s
            )
            self._keepers[service.name] = keeper
            new.append(keeper)
        starts = [asyncio.create_task(self._start_one(keeper)) for keeper in new]
        try:
            await asyncio.gather(*starts)
        finally:
            for one in starts:
                one.cancel()
            await asyncio.gather(*starts, return_exceptions=True)

    async def stop(self) -> None:
        """Stop all children, those that others need last."""
        left = dict(self._keepers)
        while left:
            needed = {name for keeper in left.values() for name in keeper.service.needs}
            wave = [name for name in left if name not in needed] or list(left)
            await asyncio.gather(*(left.pop(name).stop() for name in wave))
        self._keepers.clear()
        self._record()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a child (SIGHUP: read your files again), once it is ready."""
        self._keepers[name].send(number)

    async def _start_one(self, keeper: "_Keeper") -> None:
        for name in keeper.service.needs:
            await self._keepers[name].ready.wait()
        await keeper.start()

    def _record(self) -> None:
        record = {name: one.record() for name, one in self._keepers.items()}
        path = self._data.room("run") / "processes.json"
        # A full disk costs the record, never the supervision.
        with contextlib.suppress(OSError):
            write_private(path, json.dumps(record) + "\n", self._data.account)


def clear_leftovers(data: DataFolder, *, patience_s: float = 10.0) -> None:
    """End what a killed supervisor left behind: wait for it, then insist. Blocks."""
    try:
        record = json.loads((data.room("run") / "processes.json").read_text())
    except (FileNotFoundError, ValueError):
        return
    pids = []
    for one in record.values():
        identity = one["identity"]
        if identity and identify(identity["pid"]) == Identity(**identity):
            pids.append(identity["pid"])
    end(pids, [(None, patience_s), (signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)])


def _outcome(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


class _Keeper:
    """Keeps one service running until it is stopped."""

    def __init__(
        self,
        service: Service,
        data: DataFolder,
        told: Callable[[Problem], None],
        back_off: BackOff,
        changed: Callable[[], None],
        spare_after_s: float,
    ) -> None:
        self.service = service
        self.ready = asyncio.Event()
        self._log_path = data.room("logs") / f"{service.name}.log"
        self._log = RotatingLog(self._log_path, data.account)
        self._told = told
        self._back_off = back_off
        self._changed = changed
        self._spare_after_s = spare_after_s
        self._child: Child | None = None
        self._spare: Child | None = None
        self._listens: Child | None = None
        self._owed: set[signal.Signals] = set()
        self._starts = 0
        self._failures = 0
        self._given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to keep the service; return when it is ready. Raises Problem."""
        self._task = asyncio.create_task(self._keep())
        ready = asyncio.create_task(self.ready.wait())
        patience = self.service.ready_within.total_seconds()
        try:
            waited_for: set[asyncio.Future[Any]] = {ready, self._given_up, self._task}
            await asyncio.wait(
                waited_for,
                timeout=patience,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ready.cancel()
        if self._task.done() and not self._task.cancelled():
            self._task.result()
        if not self.ready.is_set():
            raise self._did_not_start()

    async def stop(self) -> None:
        """Stop the child and keep it stopped."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for child in (self._child, self._spare):
            if child is not None:
                await child.stop()
        self._log.close()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child: as soon as it is ready, for before that it may die of it."""
        child = self._child
        if child is not None and child is self._listens and child.running:
            child.send(number)
        else:
            self._owed.add(number)

    def record(self) -> dict[str, object]:
        child = self._child
        identity = identify(child.pid) if child is not None and child.running else None
        return {
            "identity": asdict(identity) if identity else None,
            "starts": self._starts,
            "log": str(self._log_path),
        }

    async def _keep(self) -> None:
        while True:
            outcome = await self._run_once()
            self._failures += 1
            if not self.ready.is_set() and self._failures >= _FIRST_STARTS:
                if not self._given_up.done():
                    self._given_up.set_result(None)
                return
            delay = self._back_off.delay(self._failures)
            if self.ready.is_set():
                self._told(self._ended(outcome, delay))
            await asyncio.sleep(delay)

    async def _run_once(self) -> str:
        """Start the child and wait for its end; return in what way it ended."""
        self._starts += 1
        try:
            await asyncio.to_thread(self.service.prepare)
            self._child = self._from_spare() or Child(self.service, self._log)
        except (OSError, Problem) as error:
            self._note(f"cannot start: {error}")
            return str(error)
        kind = " (the spare)" if self._child.spare else ""
        self._note(f"started as process {self._child.pid}{kind}")
        self._changed()
        watch = asyncio.create_task(self._watch(self._child))
        try:
            code = await self._child.exited()
        finally:
            watch.cancel()
        lived = time.monotonic() - self._child.started_at
        if lived >= self._back_off.forgiven_after.total_seconds():
            self._failures = 0
        outcome = _outcome(code)
        self._note(f"ended: {outcome}")
        self._changed()
        return outcome

    async def _watch(self, child: Child) -> None:
        ready = self.service.ready
        while not await asyncio.to_thread(ready, child.began_at):  # noqa: ASYNC110 (another process)
            await asyncio.sleep(_READY_EVERY_S)
        self._note(f"ready after {time.monotonic() - child.started_at:.2f} s")
        self._listens = child
        while self._owed:
            child.send(self._owed.pop())
        self.ready.set()
        if self.service.spare:
            await self._keep_spare()

    async def _keep_spare(self) -> None:
        """Make a spare, and another one when it ends: later each time, if it always does."""
        pause = self._spare_after_s
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_SPARE_PAUSE_S)
            try:
                self._spare = Child(self.service, self._log, spare=True)
            except OSError as error:
                self._note(f"cannot start a spare: {error}")
                continue
            self._note(f"spare is process {self._spare.pid}")
            self._note(f"spare ended: {_outcome(await self._spare.exited())}")

    def _from_spare(self) -> Child | None:
        """The spare, at work; None when there is none, or it has ended."""
        spare, self._spare = self._spare, None
        if spare is None or not spare.running:
            return None
        try:
            spare.go()
        except OSError:
            return None
        return spare

    def _note(self, text: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._log.write(f"{stamp} supervisor: {self.service.name} {text}\n".encode())

    def _ended(self, outcome: str, delay: float) -> Problem:
        name = self.service.name
        return Problem(
            zh=f"{name} 已退出（{outcome}），{delay:g} 秒后重启；日志：{self._log_path}",
            en=f"{name} ended ({outcome}), restarting in {delay:g} s; log: {self._log_path}",
        )

    def _did_not_start(self) -> Problem:
        tail = self._log.tail(12)
        return Problem(
            zh=f"{self.service.name} 未能启动，其日志 {self._log_path} 的最后几行：\n{tail}",
            en=f"{self.service.name} did not start; the end of its log {self._log_path}:\n{tail}",
        )
