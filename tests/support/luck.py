"""Random tests that are worth nothing when luck lets nothing happen."""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings

MOST = 6


def lives(examples: int, steps: int) -> settings:
    """How a state machine is run whose town is not founded anew for each example.

    A shorter example would not fail alike there, so none is looked for.
    """
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip


def run_until_seen(run: Callable[[], None], seen: Callable[[], bool]) -> None:
    """Run a random test, and again as long as it has not ``seen`` what it is for.

    Raises AssertionError after so many runs that it is no matter of luck any more.
    """
    for _ in range(MOST):
        run()
        if seen():
            return
    raise AssertionError(f"not seen in {MOST} runs")
