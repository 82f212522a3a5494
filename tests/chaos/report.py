"""What a storm came to, as a table and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from tests.chaos import outage
from tests.chaos.journal import Sent
from tests.chaos.scene import Scene
from tests.chaos.storm import Course
from tests.chaos.verdict import Balance

# The wall and /api/health say within so long that the database is away.
SAID_WITHIN_S = 5.0
_SOON = ("the web knows after_s", "health says down after_s", "wall says so after_s")
# Of so many faults the sentences are given.
_FAULTS_TOLD = 20


def of_storm(scene: Scene, course: Course, found: Balance, most_mb: float) -> dict[str, Any]:
    """Everything of a run that is worth keeping; ``faults`` is empty when it went well."""
    result = _of_run(scene, found, most_mb)
    result["faults"] += course.faults
    if scene.wishes.broker != "mosquitto" and found.lost_by_broker:
        lost = len(found.lost_by_broker)
        result["faults"].append(f"the broker lost {lost} messages, and promises none")
    return {
        **result,
        "seconds": round(course.seconds),
        "recovery": _recoveries(course),
        "broker window": _window(course.broker_kills, found.lost_by_broker),
    }


def of_outage(
    scene: Scene, course: outage.Course, found: Balance, most_mb: float, *, wall: bool,
    seen_within_s: float = SAID_WITHIN_S,
) -> dict[str, Any]:  # fmt: skip
    """The same of an outage of the database.

    ``seen_within_s``: when those who look must have seen it; the web itself knows sooner.
    """
    result = _of_run(scene, found, most_mb)
    faults = result["faults"]
    if found.lost_by_broker:
        faults.append(f"{len(found.lost_by_broker)} messages were taken and are not there")
    if not course.spool_bytes:
        faults.append("the spool was never in use")
    told = outage.said(course) if wall else {}
    for name, seconds in told.items():
        if seconds is None:
            faults.append(f"{name}: never")
        elif name in _SOON:
            most_s = SAID_WITHIN_S if name == _SOON[0] else seen_within_s
            faults += [f"{name}: {seconds}, wanted within {most_s:g}"] * (seconds > most_s)
    kept = outage.spooled(scene, course)
    drain_s = course.drained_at - course.back_at
    before = outage.latencies_ms(course, 0.0, course.stopped_at - 1.0)
    meanwhile = outage.latencies_ms(course, course.back_at, course.drained_at)
    return {
        **result,
        "outage": {
            "away_s": round(course.back_at - course.stopped_at, 1),
            "messages sent meanwhile": kept,
            "most in the spool, MB": round(course.spool_bytes / 1e6, 1),
            "drained after_s": round(drain_s, 1),
            "drained a second, beside live ones": round(kept / drain_s),
            "live before: p50 ms": _percentile(before, 50),
            "live before: p99 ms": _percentile(before, 99),
            "live during the drain: p50 ms": _percentile(meanwhile, 50),
            "live during the drain: p99 ms": _percentile(meanwhile, 99),
        },
        "told": told,
    }


def _percentile(values: Sequence[float], share: int) -> float | None:
    return round(float(np.percentile(values, share)), 1) if values else None


def _of_run(scene: Scene, found: Balance, most_mb: float) -> dict[str, Any]:
    faults = list(found.faults)
    faults += [f"ingest ended by itself with {code}" for code in scene.ingest.ended_by_itself]
    peaks = {name: round(mb) for name, mb in sorted(scene.ingest.peaks_mb.items())}
    faults += [
        f"{name} took {mb} MB, more than {most_mb:.0f}"
        for name, mb in peaks.items()
        if mb > most_mb
    ]
    if found.never_taken:
        faults.append(f"{found.never_taken} messages were never acknowledged to their devices")
    return {
        "broker": scene.wishes.broker,
        "messages": {
            "sent": found.sent,
            "acknowledged by ingest": found.ours,
            "stored": found.stored,
            "in quarantine": found.set_aside,
            "lost after our acknowledgement": found.lost_ours,
            "stored or told twice": found.doubled,
            "never acknowledged to the device": found.never_taken,
            "lost by the broker": len(found.lost_by_broker),
            "of these sent by careful devices": found.lost_by_careful,
            "came again and changed nothing": found.duplicates,
        },
        "findings": found.findings,
        "events": found.events,
        "peak_mb": peaks,
        "faults": faults,
    }


def _recoveries(course: Course) -> dict[str, dict[str, Any]]:
    """By kind: how often, how often alone, and of these the median and the longest."""
    kinds = defaultdict(list)
    for one in course.recoveries:
        kinds[one.name].append(one)
    found = {}
    for name, every in sorted(kinds.items(), key=lambda one: ("path" in one[0], one[0])):
        alone = [one.seconds for one in every if one.alone]
        found[name] = {
            "times": len(every),
            "alone": len(alone),
            "median_s": round(median(alone), 2) if alone else None,
            "max_s": round(max(one.seconds for one in every), 2),
        }
    return found


def _window(kills: Sequence[float], lost: Sequence[Sent]) -> dict[str, Any]:
    """What a broker kill cost: messages lost, and how old the oldest acknowledgement was."""
    counts = dict.fromkeys(kills, 0)
    oldest_s = 0.0
    for one in lost:
        taken_at = one.taken_at or 0.0
        at = next((kill for kill in kills if kill >= taken_at), None)
        if at is not None:
            counts[at] += 1
            oldest_s = max(oldest_s, at - taken_at)
    each = sorted(counts.values()) or [0]
    return {
        "kills": len(kills),
        "kills that lost something": sum(one > 0 for one in each),
        "lost by one kill, median": median(each),
        "lost by one kill, most": each[-1],
        "oldest lost acknowledgement_s": round(oldest_s, 3),
    }


def table_of_outage(result: Mapping[str, Any], heading: str) -> str:
    """The outcome of an outage for people."""
    lines = [*_messages(result, heading), "", "| the outage | |", "|---|---:|"]
    rows = {**result["outage"], **result["told"]}
    lines += [f"| {name} | {_figure(value)} |" for name, value in rows.items()]
    return "\n".join([*lines, "", _memory(result), *verdict(result["faults"])])


def _figure(value: object) -> str:
    return "never" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _messages(result: Mapping[str, Any], heading: str) -> list[str]:
    lines = [f"## {heading}", "", "| messages | |", "|---|---:|"]
    lines += [f"| {name} | {number:,} |" for name, number in result["messages"].items()]
    told = f"| findings, told once each in {result['events']:,} events | {result['findings']:,} |"
    return [*lines, told]


def _memory(result: Mapping[str, Any]) -> str:
    each = ", ".join(f"{name} {mb} MB" for name, mb in result["peak_mb"].items())
    return f"Most memory: {each}."


def table(result: Mapping[str, Any], heading: str) -> str:
    """The outcome for people."""
    lines = _messages(result, heading)
    lines += [
        "", "| what was hurt | times | alone | back after s, median | most |",
        "|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name, one in result["recovery"].items():
        middle = "-" if one["median_s"] is None else f"{one['median_s']:.2f}"
        lines.append(
            f"| {name} | {one['times']} | {one['alone']} | {middle} | {one['max_s']:.2f} |"
        )
    lines += ["", "| the broker's own window | |", "|---|---:|"]
    lines += [f"| {name} | {number:,} |" for name, number in result["broker window"].items()]
    lines += ["", f"{_memory(result)} {result['seconds']} s in all."]
    return "\n".join([*lines, *verdict(result["faults"])])


def verdict(faults: Sequence[str]) -> list[str]:
    """The last lines: what is wrong, or that nothing is."""
    if not faults:
        return ["", "Nothing was lost, nothing was doubled."]
    more = len(faults) - _FAULTS_TOLD
    rest = [f"- ... and {more} more"] if more > 0 else []
    return ["", f"**{len(faults)} faults**", *(f"- {one}" for one in faults[:_FAULTS_TOLD]), *rest]
