"""The balance: what was sent and acknowledged, beside what is stored, set aside, found and told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import layers
from layers.contract import Limits, Rule
from tests.chaos.devices import METRIC
from tests.chaos.journal import Journal, Key, Sent
from tests.chaos.scene import LIMITS, Scene
from tests.layers import plain

_RULE = "road_ponding"


Identity = tuple[str, str, int]
Told = tuple[int, int | None, int, float, int]
"""Onset, end (ms since 1970), level, peak, time of the peak: a finding as rules tell it."""


@dataclass(kw_only=True, slots=True)
class Balance:
    """Counts of messages, and what is wrong (``faults``: empty when nothing is).

    ``lost_by_broker``: acknowledged to the device, never to the broker by us, and not stored.
    """

    sent: int = 0
    stored: int = 0
    set_aside: int = 0
    ours: int = 0
    lost_ours: int = 0
    never_taken: int = 0
    lost_by_broker: list[Sent] = field(default_factory=list)
    doubled: int = 0
    findings: int = 0
    events: int = 0
    duplicates: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def lost_by_careful(self) -> int:
        """Of what the broker lost: what careful devices had sent."""
        return sum(one.careful for one in self.lost_by_broker)


def balance(scene: Scene) -> Balance:
    """Compare the journal with the database."""
    found = Balance()
    stored = _readings(scene, found)
    aside = _quarantine(scene)
    for key, sent in scene.journal.sent.items():
        _place(found, key, sent, stored, aside)
    _strangers(found, scene.journal, stored, aside)
    _counts(scene, found, stored)
    _findings(scene, found, stored)
    _events(scene, found)
    if found.lost_by_careful:
        found.faults.append(f"careful devices lost {found.lost_by_careful} messages")
    return found


def _readings(scene: Scene, found: Balance) -> dict[Identity, float]:
    rows = scene.ask(
        "SELECT d.device_id, m.name, (extract(epoch FROM r.ts) * 1000)::bigint, r.value"
        " FROM iot.readings r JOIN iot.devices d USING (device_no)"
        " JOIN iot.metrics m USING (metric_no)"
    )
    stored = {(device, metric, ms): value for device, metric, ms, value in rows}
    found.doubled += len(rows) - len(stored)
    return stored


def _quarantine(scene: Scene) -> Counter[Key]:
    rows = scene.ask("SELECT topic, payload FROM iot.quarantine")
    return Counter((topic, bytes(payload)) for topic, payload in rows)


def _place(
    found: Balance, key: Key, sent: Sent, stored: dict[Identity, float], aside: Counter[Key]
) -> None:
    """Where one message is: stored once, set aside once, lost, or never taken from its device."""
    found.sent += 1
    found.ours += sent.ours
    value = stored.get((sent.device_id, sent.metric, sent.ts_ms))
    if sent.value is None and aside[key]:
        found.set_aside += 1
        if aside[key] > 1:
            found.doubled += 1
            found.faults.append(f"set aside {aside[key]} times: {key}")
    elif sent.value is not None and value is not None:
        found.stored += 1
        if value != sent.value:
            found.faults.append(f"{key}: {value} is stored")
    elif sent.ours:
        found.lost_ours += 1
        found.faults.append(f"acknowledged by ingest and lost: {key}")
    elif sent.taken_at is None:
        found.never_taken += 1
    else:
        found.lost_by_broker.append(sent)


def _strangers(
    found: Balance, journal: Journal, stored: dict[Identity, float], aside: Counter[Key]
) -> None:
    """Nothing is there that nobody sent."""
    sent = {
        (one.device_id, one.metric, one.ts_ms)
        for one in journal.sent.values()
        if one.value is not None
    }
    odd: list[object] = [*(stored.keys() - sent), *(aside.keys() - journal.sent.keys())]
    odd += [key for key in aside if key in journal.sent and journal.sent[key].value is not None]
    found.doubled += len(odd)
    found.faults += [f"nobody sent this, or not so: {one}" for one in odd]


def _counts(scene: Scene, found: Balance, stored: dict[Identity, float]) -> None:
    """The ingester's own counts are committed with the readings: they agree, or one came twice."""
    ((kept, duplicates, aside),) = scene.ask(
        "SELECT sum(stored)::bigint, sum(duplicates)::bigint, sum(quarantined)::bigint"
        " FROM iot.intake"
    )
    found.duplicates = duplicates
    if kept != len(stored):
        found.faults.append(f"ingest counted {kept} stored readings, there are {len(stored)}")
    if aside != found.set_aside:
        found.faults.append(f"ingest counted {aside} set aside, there are {found.set_aside}")


# --- findings and events ----------------------------------------------------------------------


def _findings(scene: Scene, found: Balance, stored: dict[Identity, float]) -> None:
    """The current findings are those of plain rules over all readings in their order."""
    rule, limits = _ponding(scene.wishes.interval_s)
    points: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for (device_id, metric, ms), value in stored.items():
        if metric == METRIC:
            points[device_id].append((ms, value))
    rows = scene.ask(
        "SELECT d.device_id, (extract(epoch FROM f.onset) * 1000)::bigint,"
        " (extract(epoch FROM f.ended_at) * 1000)::bigint, f.level, f.peak,"
        " (extract(epoch FROM f.peak_at) * 1000)::bigint"
        " FROM iot.findings f JOIN iot.devices d USING (device_no)"
        " WHERE f.rule = %s AND NOT f.withdrawn",
        rule.name,
    )
    here = Counter((device, tuple(rest)) for device, *rest in rows)
    wanted = Counter(
        (device_id, one)
        for device_id, series in points.items()
        for one in _plainly(rule, limits, sorted(series))
    )
    found.findings = wanted.total()
    found.faults += [f"finding missing: {one}" for one in wanted - here]
    found.faults += [f"finding too many: {one}" for one in here - wanted]


def _ponding(interval_s: float) -> tuple[Rule, Limits]:
    (rule,) = (one for one in layers.rules_of(METRIC, layer="flood") if one.name == _RULE)
    limits = rule.limits({**LIMITS, "interval_s": interval_s})
    if limits is None:
        raise ValueError(f"{_RULE} does not judge a street with {LIMITS}")
    return rule, limits


def _plainly(rule: Rule, limits: Limits, series: Sequence[tuple[int, float]]) -> list[Told]:
    found = plain.judge(rule.name, series, limits, plain.threshold(series, limits, 1), 1)
    return [(one.onset_ms, one.ended_ms, one.level, one.peak, one.peak_ms) for one in found]


def _events(scene: Scene, found: Balance) -> None:
    """Every revision of every finding, withdrawn ones included, was told once."""
    rows = scene.ask(
        "SELECT f.finding_id, f.revision, count(e.*), count(DISTINCT e.revision),"
        " min(e.revision), max(e.revision)"
        " FROM iot.findings f LEFT JOIN events.events e ON e.thread = f.finding_id"
        " GROUP BY f.finding_id, f.revision"
    )
    for finding_id, revision, events, *told in rows:
        found.events += events
        if [events, *told] != [revision, revision, 1, revision]:
            found.faults.append(f"{finding_id}, revision {revision}: {events} events {told}")
    ((alone,),) = scene.ask(
        "SELECT count(*) FROM events.events e WHERE e.source = 'sensor'"
        " AND NOT EXISTS (SELECT FROM iot.findings f WHERE f.finding_id = e.thread)"
    )
    if alone:
        found.faults.append(f"{alone} events of no finding")
