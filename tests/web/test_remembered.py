"""What many look at: made once, and nobody waits in turn for what cannot be made."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest

from command_center.remembered import Kept

PATIENCE_S = 10.0


def test_one_makes_it_for_all() -> None:
    kept = Kept(60.0)
    made = [kept.get("a", partial(int, n)) for n in range(3)]
    assert made == [0, 0, 0]
    assert kept.get("b", lambda: 7) == 7
    again = Kept(0.0)
    assert [again.get("a", partial(int, n)) for n in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(("stale", "seen"), [(1.0, "new"), (1e9, "old")])
def test_while_it_is_made_the_last_one_may_be_shown(stale: float, seen: str) -> None:
    kept = Kept(1e-6, stale=stale)
    assert kept.get("a", lambda: "old") == "old"
    begun, go_on = Event(), Event()

    def make() -> str:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return "new"

    with ThreadPoolExecutor() as pool:
        first = pool.submit(kept.get, "a", make)
        assert begun.wait(PATIENCE_S)
        other = pool.submit(kept.get, "a", lambda: "new")
        if seen == "old":
            assert other.result(PATIENCE_S) == "old"
        go_on.set()
        assert first.result(PATIENCE_S) == "new"
        assert other.result(PATIENCE_S) == seen


def test_who_waited_for_what_failed_is_told_so_and_who_asks_later_tries() -> None:
    kept = Kept(60.0)
    begun, go_on = Event(), Event()
    tries: list[int] = []

    def fail() -> str:
        tries.append(1)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        raise OSError("away")

    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(kept.get, "a", fail)]
        assert begun.wait(PATIENCE_S)
        asked.append(pool.submit(kept.get, "a", fail))
        with pytest.raises(TimeoutError):
            asked[1].result(0.2)  # it waits
        go_on.set()
        for one in asked:
            with pytest.raises(OSError, match="away"):
                one.result(PATIENCE_S)
    assert len(tries) == 1
    assert kept.get("a", lambda: "back") == "back"
