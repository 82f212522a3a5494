"""Twenty kills, and a database that is away: the short form of `scripts/chaos`, in every run."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.chaos.outage import outage
from tests.chaos.report import of_outage, of_storm
from tests.chaos.scene import Scene, Wishes, set_scene
from tests.chaos.storm import storm
from tests.chaos.troubles import Pace, plan
from tests.chaos.verdict import balance

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

_SEED = 20
_FAST = Pace(pauses_s=(0.0, 0.3), holds_s=(0.2, 1.0), joined=0.5)
_MOST_MB = 300.0


def quiet(_line: str) -> None:
    """Nobody reads the progress of a test."""


def test_a_seed_repeats_the_order_and_every_kind_has_its_share() -> None:
    steps = plan(7, 20)
    assert plan(7, 20) == steps != plan(8, 20)
    kinds = Counter(one.kind for one in steps if one.path is None)
    assert kinds == {
        "broker": 6, "ingest": 4, "backend": 3, "judge": 3, "postmaster": 2, "immediate": 2,
    }  # fmt: skip
    every = plan(7, 48)
    assert len({one.name for one in every if one.path is not None}) == 12


@pytest.mark.parametrize(("kind", "kills"), [("mosquitto", 20), ("nats", 20)])
def test_kills_lose_and_double_nothing(
    kind: str, kills: int, figures: Callable[[str], None]
) -> None:
    wishes = Wishes(broker=kind, rate=150, devices=8, stations=2, seed=_SEED, fsync=False)
    with set_scene(wishes) as scene:
        course = storm(scene, plan(_SEED, kills, _FAST), told=quiet)
        result = of_storm(scene, course, balance(scene), _MOST_MB)
        assert result["faults"] == []
        a_loss_and_a_stranger_would_be_seen(scene)
    back = {name: one["max_s"] for name, one in result["recovery"].items()}
    messages = result["messages"]["sent"]
    figures(f"{kills} kills, {kind}: {messages} messages, {result['findings']} findings;")
    figures("back after " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in back.items()))


def a_loss_and_a_stranger_would_be_seen(scene: Scene) -> None:
    """Take one reading away and put another one there."""
    lost = next(
        one for one in scene.journal.sent.values() if one.ours and one.metric == "water_level"
    )
    with scene.database.superuser() as conn:
        conn.execute(
            "WITH gone AS (DELETE FROM iot.readings r USING iot.devices d"
            " WHERE r.device_no = d.device_no AND d.device_id = %s"
            " AND r.ts = to_timestamp(%s::float8 / 1000) RETURNING r.*)"
            " INSERT INTO iot.readings SELECT device_no, metric_no, ts + interval '7 ms', value,"
            " flag, received_at FROM gone",
            (lost.device_id, lost.ts_ms),
        )
    again = balance(scene)
    assert (again.lost_ours, again.doubled, len(again.faults)) == (1, 1, 2)


def test_a_database_that_is_away_costs_nothing_and_everybody_is_told(
    figures: Callable[[str], None],
) -> None:
    wishes = Wishes(
        rate=1_000, devices=50, stations=0, seed=_SEED, direct=True, steady=True, fsync=False
    )
    with set_scene(wishes) as scene:
        course = outage(scene, seconds=8, wall=True, told=quiet)
        # a browser on a busy machine is slow, not wrong: the web's own time is what counts
        found = balance(scene)
        result = of_outage(scene, course, found, _MOST_MB, wall=True, seen_within_s=30)
    figures(", ".join(f"{name} {value}" for name, value in result["outage"].items()))
    figures(", ".join(f"{name} {value}" for name, value in result["told"].items()))
    assert result["faults"] == []
