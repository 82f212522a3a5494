"""One running child process: started, watched, read, stopped. Linux only (pidfd)."""

import asyncio
import os
import signal
import subprocess
import time
from datetime import UTC, datetime

from command_center.machine.rotating_log import RotatingLog
from command_center.machine.service import Service

_CHUNK = 65_536


class Child:
    """A process of its own process group whose output goes to a log.

    Create it in the event loop's thread, which must live as long as the supervisor: the child
    gets the service's stop signal when that thread ends, however it ends. A ``spare`` waits for
    `go`.
    """

    def __init__(self, service: Service, log: RotatingLog, *, spare: bool = False) -> None:
        self._service = service
        self._log = log
        self.spare = spare
        self._loop = asyncio.get_running_loop()
        read_end, write_end = os.pipe()
        self._begin()
        try:
            self._process = subprocess.Popen(
                [
                    *service.account.prefix(service.stop_signal),
                    *(service.spare if spare else service.command),
                ],
                stdin=subprocess.PIPE if spare else subprocess.DEVNULL,
                stdout=write_end,
                stderr=subprocess.STDOUT,
                cwd=service.folder,
                env=dict(service.environment),
                start_new_session=True,
            )
        except OSError:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        self.pid = self._process.pid
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except OSError:  # too many files: one that nobody would see end is not kept
            os.close(read_end)
            self._kill_group()
            self._process.communicate()
            raise
        os.set_blocking(read_end, False)
        self._loop.add_reader(read_end, self._read, read_end)
        self._exited: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(self._pidfd, self._reap)

    @property
    def running(self) -> bool:
        """Whether the process still lives."""
        return not self._exited.done()

    def _begin(self) -> None:
        """Note when its work began: of the clock that never jumps, and of everybody's."""
        self.started_at, self.began_at = time.monotonic(), datetime.now(UTC)

    def go(self) -> None:
        """Let a spare begin its work. Raises OSError when it has ended meanwhile."""
        stdin = self._process.stdin
        if stdin is None:
            raise ValueError("this is no spare, or it works already")
        self._process.stdin = None
        self._begin()
        with stdin:
            stdin.write(b"\n")

    async def exited(self) -> int:
        """Return the exit code, negative for a signal, once the process has ended."""
        return await asyncio.shield(self._exited)

    async def stop(self) -> int:
        """Ask it to stop, insist after the service's patience, and return the exit code."""
        if self.running:
            self._process.send_signal(self._service.stop_signal)
            try:
                await asyncio.wait_for(self.exited(), self._service.stop_within.total_seconds())
            except TimeoutError:
                self._kill_group()
        return await self.exited()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process; one that has ended is left in peace."""
        if self.running:
            self._process.send_signal(number)

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        if self._process.stdin is not None:
            self._process.stdin.close()
        # Not reaped yet, so its number still names its group: whatever it left behind goes too.
        self._kill_group()
        self._exited.set_result(self._process.wait())

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _read(self, read_end: int) -> None:
        try:
            data = os.read(read_end, _CHUNK)
        except BlockingIOError:
            return
        if data:
            self._log.write(data)
        else:
            self._loop.remove_reader(read_end)
            os.close(read_end)
