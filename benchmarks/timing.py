"""How long a question takes, asked again and again: for the benchmarks that print it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def say(name: str, act: Callable[[], object], *, times: int) -> None:
    """Print the median and the p95 of so many calls, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{name:40} {statistics.median(took):8.1f} ms, p95 {p95:8.1f} ms", flush=True)
