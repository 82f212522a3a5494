"""Random tests that are worth nothing when luck lets nothing happen."""

from collections.abc import Callable

MOST = 6


def run_until_seen(run: Callable[[], None], seen: Callable[[], bool]) -> None:
    """Run a random test, and again as long as it has not ``seen`` what it is for.

    Raises AssertionError after so many runs that it is no matter of luck any more.
    """
    for _ in range(MOST):
        run()
        if seen():
            return
    raise AssertionError(f"not seen in {MOST} runs")
