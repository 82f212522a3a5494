"""What an open wall costs, how late it shows what happens, how soon it opens: the whole table.

``.venv/bin/python -m benchmarks.wall [--parts "load;changes;walls;tiles;drill"]``

- ``changes``, ``walls``: a demo city of its own (``command-center run`` without simulator), 100
  street gauges that send ``--rate`` messages a second through the broker; the wall in Chromium at
  1920x1080 without a graphics card, and 200 walls without a screen, on the same machine.
- ``load``, ``tiles``, ``drill``: a city of 20,000 cells, 100,000 facilities, ``--devices`` and
  ``--tickets``, one in fifty of them open, in a private PostgreSQL, behind a web process.

Every figure with a promise is printed with its bound and its ratio to it (1.00 is just held). The
exit code is 1 when a bound does not hold. ``--save FILE`` keeps the figures, ``--beside FILE``
prints the ratios to those.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.wall_changes import changes
from benchmarks.wall_city import big_city
from benchmarks.wall_crowd import crowd
from benchmarks.wall_drill import drill
from benchmarks.wall_load import load
from benchmarks.wall_sheet import Sheet
from benchmarks.wall_tiles import tiles
from tests.end_to_end.demo import Demo
from tests.support.whole import whole_city

_PARTS = ("load", "changes", "walls", "tiles", "drill")


def main() -> int:
    """Measure, print the table; 1 when a bound does not hold."""
    options = _parser().parse_args()
    parts = [one.strip() for one in options.parts.split(";")]
    if unknown := set(parts) - set(_PARTS):
        print(f"no such part: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    sheet = Sheet(before=json.loads(options.beside.read_text()) if options.beside else {})
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    if {"changes", "walls"} & set(parts):
        _in_the_demo_city(parts, sheet, options)
    if {"load", "tiles", "drill"} & set(parts):
        _in_the_big_city(parts, sheet, options)
    if options.save:
        sheet.save(options.save)
    print(sheet.verdict())
    print(f"load average {os.getloadavg()[0]:.1f}")
    return int(bool(sheet.missed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wall", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--parts", default=";".join(_PARTS), help="which, separated by ;")
    parser.add_argument("--rate", type=float, default=500, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20, help="for each row of changes, walls")
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--save", type=Path, help="keep the figures in this file")
    parser.add_argument("--beside", type=Path, help="print ratios to the figures of this file")
    parser.add_argument("--profile", type=Path, help="a CPU profile of the last row of changes")
    return parser


def _in_the_demo_city(parts: list[str], sheet: Sheet, options: argparse.Namespace) -> None:
    with _demo_city() as demo:
        if "changes" in parts:
            changes(
                demo, sheet, rate=options.rate, seconds=options.seconds, profile=options.profile
            )
        if "walls" in parts:
            crowd(demo, sheet, rate=options.rate, seconds=options.seconds)


def _in_the_big_city(parts: list[str], sheet: Sheet, options: argparse.Namespace) -> None:
    with big_city(options.tickets, options.devices) as city:
        for name, measure in (("load", load), ("tiles", tiles), ("drill", drill)):
            if name in parts:
                measure(city, sheet)


@contextmanager
def _demo_city() -> Iterator[Demo]:
    folder = Path(tempfile.mkdtemp(prefix="cc-bench-wall-"))
    try:
        with whole_city(folder, "--city", "demo", "--no-simulator", "--demo-login") as whole:
            demo = Demo(whole)
            yield demo
            demo.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
