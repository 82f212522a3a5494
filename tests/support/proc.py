"""What processes take, as /proc tells it."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and those that it started, and those that they did; only those that live."""
    found = [pid]
    for one in found:
        for thread in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, thread.read_text().split())
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def memory_mb(pids: list[int]) -> float:
    """What processes hold together, shared pages shared out among those that have them (PSS)."""
    return sum(_pss_kb(one) for one in pids) / 1024


def cpu_s(pids: list[int]) -> float:
    """Processor seconds of processes so far."""
    return sum(_ticks(one) for one in pids) / _TICKS


def _pss_kb(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])
