"""How fast readings get from the broker into the database, beside a floor and two plain ways.

``.venv/bin/python -m benchmarks.ingest``, after ``apt-get install gcc libmosquitto-dev libpq-dev``.
A private broker and a private PostgreSQL (fsync on); 200 devices, 8 publishers with
quality of service 1, messages of one reading (about 120 bytes). Publishers, the floor and the
watcher are one small C program (``benchmarks/floor.c``), built at each run.

1. throughput: messages come as fast as the broker takes them; stored a second, publishing included.
2. drain: messages wait in the broker's queue; stored a second, from the first batch to the last.
   The judged line ends when the rules have looked at everything.
3. latency: messages come at a steady rate; from publishing to being visible to another session,
   and from publishing an excess to its alarm event.
4. many devices: start, and memory for each device.
5. outages: of the database (messages wait in the spool), of the ingester (in the broker's queue).

The broker is configured as shipped. CPU is that of the ingester's processes alone, without broker
and database.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks import ingest_measures as measures
from benchmarks.ingest_bench import FLOOR, FULL, MANY, ONE, OURS, Bench, services
from benchmarks.ingest_measures import Throughput

_NAMES = (FLOOR, ONE, MANY, OURS, FULL)
_PARTS = ("throughput", "latency", "alarms", "devices", "outages")
# Beside the rate of --rate: what must hold at it, and on which path.
_FASTER = ((FLOOR, 20_000.0), (OURS, 20_000.0), (FULL, 10_000.0))

_began = time.monotonic()


def main() -> int:
    """Run the measurements and print tables."""
    options = _parser().parse_args()
    parts = options.parts.split(";")
    names = [name for name in _NAMES if not options.only or name in options.only.split(";")]
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    with services() as bench:
        results: dict[str, Throughput] = {}
        if "throughput" in parts:
            results = _throughput(bench, names, options)
        if "latency" in parts and options.seconds:
            _latency(bench, names, options)
        if "alarms" in parts and options.seconds and FULL in names:
            _tell("alarms")
            late = measures.alarms(bench, options.rate, options.seconds)
            _print(
                ["", "events", "p50 ms", "p99 ms"],
                [[f"excess to event at {options.rate:,.0f}/s", str(len(late)), *_both(late)]],
            )
        if "devices" in parts and options.devices:
            _tell(f"{options.devices} devices")
            crowd = measures.crowd(bench, options.devices)
            _print(
                [f"{options.devices:,} devices", ""],
                [
                    ["start, s", f"{crowd.start_s:.1f}"],
                    ["memory a device, bytes", f"{crowd.bytes_each:.0f}"],
                    ["of it what rules look back at", f"{crowd.window_bytes:.0f}"],
                ],
            )
        if "outages" in parts and options.outage:
            _outages(bench, options.outage, results.get(OURS))
    return 0  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    add = parser.add_argument
    add("--messages", type=int, default=60_000, help="for the fast ones")
    add("--baseline", type=int, default=3_000, help="for one commit each")
    add("--rate", type=float, default=5_000, help="messages a second, for latency")
    add("--seconds", type=float, default=8, help="at that rate; 0: not at all")
    add("--devices", type=int, default=100_000, help="registered at once; 0: not at all")
    add("--outage", type=int, default=1_000_000, help="messages that wait; 0: not at all")
    add("--only", help="names of the table's lines, with ; between them")
    add("--parts", default=";".join(_PARTS), help="what to measure, with ; between them")
    return parser


def _throughput(
    bench: Bench, names: Sequence[str], options: argparse.Namespace
) -> dict[str, Throughput]:
    found = {}
    for name in names:
        _tell(f"throughput and drain: {name}")
        count = options.baseline if name == ONE else options.messages
        found[name] = measures.throughput(bench, name, count)

    def ratio(to: str, of: float) -> str:
        return f"{of / found[to].drain:.2f}" if to in found else "-"

    _print(
        ["", "live/s", "drain/s", "of floor", "of one each", "of executemany", "CPU us/message",
         "RSS MB", "findings"],
        [[name, f"{one.live:,.0f}", f"{one.drain:,.0f}", ratio(FLOOR, one.drain),
          ratio(ONE, one.drain), ratio(MANY, one.drain), f"{one.cpu_us:.0f}",
          f"{one.rss_mb:.0f}", str(one.findings) if name == FULL else "-"]
         for name, one in found.items()],
    )  # fmt: skip
    return found


def _latency(bench: Bench, names: Sequence[str], options: argparse.Namespace) -> None:
    lines = []
    for name, rate in [*((name, options.rate) for name in names if name != ONE), *_FASTER]:
        if name in names:
            _tell(f"latency at {rate:,.0f}/s: {name}")
            late = measures.latency(bench, name, rate, options.seconds)
            lines.append([name, f"{rate:,.0f}", *_both(late)])
    _print(["publish to visible", "messages/s", "p50 ms", "p99 ms"], lines)


def _outages(bench: Bench, count: int, peak: Throughput | None) -> None:
    lines = []
    for title, measure in (
        ("database away (spool)", measures.database_outage),
        ("ingester away (broker's queue)", measures.ingester_outage),
    ):
        _tell(title)
        found = measure(bench, count)
        share = "-" if peak is None else f"{found.drain / max(peak.live, peak.drain):.2f}"
        lines.append([title, f"{count:,}", f"{count / found.drain:.0f}", f"{found.drain:,.0f}",
                      share, *_both(found.live_ms)])  # fmt: skip
    _print(["", "messages", "caught up in s", "stored/s", "of peak", "live p50 ms", "live p99 ms"],
           lines)  # fmt: skip


def _both(latencies_ms: Sequence[float]) -> list[str]:
    """The middle and the 99th of a hundred."""
    if not latencies_ms:
        return ["-", "-"]
    return [f"{np.percentile(latencies_ms, share):.1f}" for share in (50, 99)]


def _tell(what: str) -> None:
    print(f"[{time.monotonic() - _began:5.0f} s] {what} ...", file=sys.stderr, flush=True)


def _print(head: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    print("\n| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")
    for line in lines:
        print("| " + " | ".join(line) + " |", flush=True)
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
