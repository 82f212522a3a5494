"""`scripts/chaos`: kill everything under load, again and again, and count what is there after.

Private services in a temporary folder; progress on standard error, the table on standard output.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import sys
from typing import Any, NoReturn

from tests.chaos.outage import outage
from tests.chaos.report import of_outage, of_storm, table, table_of_outage
from tests.chaos.scene import NeverHappened, Wishes, set_scene
from tests.chaos.storm import storm
from tests.chaos.troubles import plan
from tests.chaos.verdict import balance

# Messages a second of one device, so that none is a flood.
_MOST_OF_ONE = 20.0
_ENDS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """0: nothing was lost or doubled; 1: something was, or did not recover."""
    options = _parser().parse_args()
    for number in _ENDS:
        signal.signal(number, _interrupt)
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    _say(f"seed {seed}: `scripts/chaos --seed {seed}` repeats the order")
    kinds = ["mosquitto", "nats"] if options.broker == "both" else [options.broker]
    try:
        run = _outage if options.outage else _storm
        results = [run(kind, seed, options) for kind in kinds]
    except NeverHappened as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("stopped; everything that was started is stopped, too")
        return 1
    if options.json:
        print(json.dumps({"seed": seed, "runs": results}, ensure_ascii=False, indent=2))
    return 1 if any(one["faults"] for one in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--seed", type=int, help="of the order; none: drawn, and said")
    parser.add_argument("--kills", type=int, default=200, help="on each broker; and paths cut")
    parser.add_argument("--broker", choices=["mosquitto", "nats", "both"], default="mosquitto")
    parser.add_argument("--processes", type=int, default=1, help="ingest processes")
    parser.add_argument("--rate", type=float, default=300, help="MQTT messages a second")
    parser.add_argument(
        "--devices", type=int, default=20, help="that speak MQTT; more where one would flood"
    )
    parser.add_argument("--stations", type=int, default=4, help="half HJ 212, half SL 651")
    parser.add_argument(
        "--outage", type=float, metavar="SECONDS", help="no kills: the database is away for so long"
    )
    parser.add_argument("--no-wall", action="store_true", help="--outage without web and browser")
    parser.add_argument("--most-mb", type=float, default=400, help="memory a process may take")
    parser.add_argument("--json", action="store_true", help="the outcome as JSON")
    return parser


def _storm(kind: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    steps = plan(seed, options.kills, processes=options.processes)
    wishes = Wishes(
        broker=kind,
        rate=options.rate,
        devices=options.devices,
        stations=options.stations,
        seed=seed,
        processes=options.processes,
    )
    with set_scene(wishes) as scene:
        _say(f"{kind}: {options.kills} kills, {len(steps) - options.kills} failing paths")
        course = storm(scene, steps, told=_say)
        result = of_storm(scene, course, balance(scene), options.most_mb)
    heading = (
        f"{options.kills} kills on {kind}, seed {seed}, {options.rate:g} messages/s,"
        f" ingest processes: {options.processes}"
    )
    _show(table(result, heading), options)
    return result


def _outage(kind: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    wall = not options.no_wall
    wishes = Wishes(
        broker=kind,
        rate=options.rate,
        devices=max(options.devices, math.ceil(options.rate / _MOST_OF_ONE)),
        stations=0,
        seed=seed,
        processes=options.processes,
        direct=True,
        steady=True,
    )
    with set_scene(wishes) as scene:
        course = outage(scene, seconds=options.outage, wall=wall, told=_say)
        result = of_outage(scene, course, balance(scene), options.most_mb, wall=wall)
    heading = f"The database away for {options.outage:g} s at {options.rate:g} messages/s, {kind}"
    _show(table_of_outage(result, heading), options)
    return result


def _show(text: str, options: argparse.Namespace) -> None:
    print(text, file=sys.stderr if options.json else sys.stdout)


def _say(line: str) -> None:
    print(f"chaos: {line}", file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    # once: what is stopped now must not be interrupted while it stops
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
