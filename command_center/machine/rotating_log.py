"""One log file per child, bounded in size."""

import os
from pathlib import Path

from command_center.machine.account import Account


class RotatingLog:
    """Appends bytes to a file; beyond ``limit`` bytes it becomes NAME.1, that NAME.2, ...

    A disk that is full loses log lines and stops nothing.
    """

    def __init__(
        self, path: Path, account: Account, *, limit: int = 10_000_000, kept: int = 3
    ) -> None:
        self._path = path
        self._account = account
        self._limit = limit
        self._kept = kept
        self._handle: int | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append what a child said."""
        try:
            if self._handle is None:
                self._open()
            if self._size and self._size + len(data) > self._limit:
                self._rotate()
            handle = self._handle
            if handle is not None:
                self._size += os.write(handle, data)
        except OSError:
            self.close()

    def tail(self, lines: int) -> str:
        """Return the last lines of the file, for an error message."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, self._path.stat().st_size - 16_384))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self) -> None:
        # The folder belongs to a less privileged account: never follow a link planted there.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        self._handle = os.open(self._path, flags, 0o640)
        if self._account.switch:
            os.fchown(self._handle, self._account.uid, self._account.gid)
        self._size = os.fstat(self._handle).st_size

    def _rotate(self) -> None:
        self.close()
        for number in range(self._kept - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._open()
