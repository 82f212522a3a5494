"""What the supervisor needs to know about a child."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from command_center.machine.account import Account


def _always(_since: datetime) -> bool:
    return True


def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A program that is kept running.

    ``needs`` names services that must be ready before the first start. ``prepare`` is called
    before every start and ``ready`` again and again after it, both in a thread; `ready` hears when
    that was, returns quickly and does not raise. ``stop_signal`` is also what the child gets when
    its supervisor dies. ``command`` is an absolute path and arguments; ``spare``, the same for a
    process that gets all ready and then waits for a line on its standard input before it does
    anything.
    """

    name: str
    command: tuple[str, ...]
    spare: tuple[str, ...] = ()
    account: Account
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    prepare: Callable[[], None] = _nothing
    ready: Callable[[datetime], bool] = _always
    ready_within: timedelta = timedelta(seconds=60)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class BackOff:
    """How long to wait before a restart: at once, then longer and longer.

    A child that ran for ``forgiven_after`` starts again from the beginning of ``delays``
    (seconds); the last one is the cap.
    """

    delays: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
    forgiven_after: timedelta = timedelta(seconds=30)

    def delay(self, failures: int) -> float:
        """Return the seconds before the next start after ``failures`` (1 or more) in a row."""
        return self.delays[min(failures, len(self.delays)) - 1]
