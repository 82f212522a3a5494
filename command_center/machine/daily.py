"""What `run` does once a day: old days of readings go into files and leave the database."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from command_center.machine.account import Account
from command_center.machine.surroundings import CODE

# After a start the others come first.
_FIRST_S = 600.0
_EVERY_S = 86_400.0
_AGAIN_S = 3_600.0

ARCHIVE = (str(Path(sys.executable).with_name("command-center")), "archive", "--drop")


async def daily(
    command: Sequence[str],
    environment: Mapping[str, str],
    account: Account,
    log: Path,
    *,
    first_s: float = _FIRST_S,
    every_s: float = _EVERY_S,
    again_s: float = _AGAIN_S,
) -> None:
    """Run a command every day until cancelled, an hour later again when it fails.

    What it says is in ``log``, as it was the last time.
    """
    wait_s = first_s
    while True:
        await asyncio.sleep(wait_s)
        with log.open("wb") as told:
            child = await asyncio.create_subprocess_exec(
                *account.prefix(signal.SIGTERM),
                *command,
                stdout=told,
                stderr=told,
                cwd=CODE,
                env=dict(environment),
                start_new_session=True,
            )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            child.terminate()
            await child.wait()
            raise
        wait_s = every_s if code == 0 else again_s
