"""`scripts/soak`: a demo city, an open wall in Chromium, 500 changes a second, for an hour.

A line a minute on standard error, the table and the verdict on standard output. Private services in
a temporary folder; all of it is stopped and removed at the end, after Ctrl-C, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from tests.end_to_end.demo import Demo
from tests.soak.course import Course, soak
from tests.soak.verdict import Bounds, faults, table
from tests.support.browser import chromium
from tests.support.whole import whole_city

_ENDS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """0: it stayed as it was; 1: something grew, grew old, complained or was lost."""
    options = _parser().parse_args()
    for number in _ENDS:
        signal.signal(number, _interrupt)
    bounds = Bounds(heap_mb=options.heap_mb, memory_mb=options.memory_mb, age_s=options.age_s)
    folder = Path(tempfile.mkdtemp(prefix="cc-soak-"))
    try:
        course = _run(folder, options)
    except KeyboardInterrupt:
        _say("stopped; everything that was started is stopped, too")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = faults(course, bounds, options.rate)
    if options.json:
        print(json.dumps({**asdict(course), "faults": found}, ensure_ascii=False, indent=2))
    else:
        print(table(course))
        print("\n".join(["NOT WELL:", *found] if found else ["everything held"]))
    return int(bool(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--minutes", type=float, default=60, help="how long to watch")
    parser.add_argument("--rate", type=float, default=500, help="messages a second, a change each")
    parser.add_argument("--heap-mb", type=float, default=5, help="the page's heap may move by")
    parser.add_argument(
        "--memory-mb", type=float, default=10, help="web, ingest and dispatch may each grow by"
    )
    parser.add_argument("--age-s", type=float, default=5, help="what is shown may be so old")
    parser.add_argument("--json", action="store_true", help="every look as JSON")
    return parser


def _run(folder: Path, options: argparse.Namespace) -> Course:
    _say("founding a demo city")
    with whole_city(folder, "--city", "demo", "--no-simulator", "--demo-login") as whole:
        demo = Demo(whole)
        try:
            return asyncio.run(_watched(demo, options))
        finally:
            demo.close()


async def _watched(demo: Demo, options: argparse.Namespace) -> Course:
    async with chromium() as browser:
        return await soak(demo, browser, minutes=options.minutes, rate=options.rate, say=_say)


def _say(line: str) -> None:
    print(f"soak: {line}", file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    # once: what is stopped now must not be interrupted while it stops
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
