"""Rules over several devices: their windows are measured, compared, and judged one by one.

A reading marks the windows it belongs to; a window is looked at when it is over, and again when a
reading of it comes late. Only the windows that changed are read, of the devices they changed at:
what the others measured is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection

import layers
from iot_ingest.judging import Judged, Task, judge, limits_of, ms
from iot_ingest.model.device import Device
from iot_ingest.store import windows
from iot_ingest.store.dirty import DirtySpan
from iot_ingest.store.metrics import StoredMetric
from iot_ingest.store.windows import Mark, Measured, Window
from layers.contract import Limits, Member, Rule, Scope

_log = logging.getLogger(__name__)

# So long after its end a window counts as over: readings need a moment to arrive.
SETTLE = timedelta(minutes=1)
# What is later than this is not compared any more; what was measured is kept a little longer.
COMPARED_FOR = timedelta(days=28)
KEPT_FOR = timedelta(days=30)
_MOST_ENDS = 200


class Groups:
    """Who is compared with whom, as devices are registered now.

    ``devices``: those of layers that compare devices.
    """

    def __init__(
        self,
        devices: Mapping[int, Device],
        metrics: Mapping[int, StoredMetric],
        districts: Mapping[int, int],
        limits: Callable[[Rule, Device], Limits | None] = limits_of,
    ) -> None:
        self._limits = limits
        self._devices = devices
        self._metrics = metrics
        self._districts = districts
        self._rules = {
            rule.name: rule
            for layer in layers.discover().values()
            for rule in layer.rules
            if rule.scope is not None
        }
        self._members: dict[str, list[Device]] = {}
        for device in devices.values():
            for scope in Scope:
                key = self._key(scope, device)
                if key is not None:
                    self._members.setdefault(key, []).append(device)

    def marks(self, spans: Iterable[DirtySpan], now: datetime) -> list[Mark]:
        """The windows in which readings of these spans lie."""
        found = []
        for span in spans:
            device, metric = self._devices.get(span.device_no), self._metrics.get(span.metric_no)
            if device is None or metric is None or span.last < now - COMPARED_FOR:
                continue
            for rule in layers.rules_of(metric.name, layer=device.layer):
                key = None if rule.scope is None else self._key(rule.scope, device)
                limits = None if key is None else self._limits(rule, device)
                if key is not None and limits is not None:
                    found.append(
                        Mark(
                            rule=rule.name,
                            device_no=device.device_no,
                            group_key=key,
                            width=timedelta(milliseconds=limits.window_ms),
                            first=max(span.first, now - COMPARED_FOR),
                            last=span.last,
                        )
                    )
        return found

    def rule(self, name: str) -> tuple[Rule, StoredMetric] | None:
        """A rule over several devices and what it looks at; None when there is none any more."""
        rule = self._rules.get(name)
        for metric in self._metrics.values():
            if rule is not None and metric.name == rule.metric:
                return rule, metric
        return None

    def members(self, rule: Rule, key: str) -> dict[int, tuple[Device, Limits]]:
        """The devices of a group that the rule has limits for, by their number."""
        found = {}
        for device in self._members.get(key, ()):
            limits = self._limits(rule, device) if rule.metric in device.metrics else None
            if limits is not None:
                found[device.device_no] = device, limits
        return found

    def _key(self, scope: Scope, device: Device) -> str | None:
        if scope is Scope.DISTRICT:
            return f"district:{device.layer}:{self._districts.get(device.device_no)}"
        site = device.attributes.get("site")
        return None if site is None else f"site:{device.layer}:{site}"


def compare_group(
    conn: Connection, groups: Groups, name: str, key: str, now: datetime
) -> list[list[Judged]]:
    """What changes in the findings of a claimed group, a list for each device with changes."""
    taken = windows.take(conn, name, key, now - SETTLE, _MOST_ENDS)
    known = groups.rule(name)
    if known is None or not taken:
        return []
    rule, metric = known
    members = groups.members(rule, key)
    if not members:
        return []
    width_ms = next(iter(members.values()))[1].window_ms
    windows.measure(conn, name, metric.metric_no, timedelta(milliseconds=width_ms), taken)
    ends = sorted({at for _, at in taken})
    rows = windows.measured(conn, name, list(members), ends)
    values = _values(rule, members, rows)
    windows.put_values(conn, name, values)
    firsts: dict[int, datetime] = {}
    for no, at in values:
        firsts[no] = min(at, firsts.get(no, at))
    return judge(
        conn,
        [
            Task(device=members[no][0], metric=metric, rule=rule, limits=members[no][1],
                 first=firsts[no])
            for no in sorted(firsts)
        ],
    )  # fmt: skip


def _values(
    rule: Rule, members: Mapping[int, tuple[Device, Limits]], rows: Sequence[Measured]
) -> dict[Window, float | None]:
    """How far each device stands out, where that is not what is stored."""
    found: dict[Window, float | None] = {}
    for at, group in groupby(rows, key=lambda one: one.at):
        measured = list(group)
        limits = next(iter(members.values()))[1].at(ms(at))
        try:
            new = rule.compare([_member(one, *members[one.device_no]) for one in measured], limits)
        except Exception:  # noqa: BLE001 - a rule is somebody's arithmetic: it must not stop the others
            _log.exception("rule %s failed and is skipped", rule.name)
            return {}
        for one in measured:
            value = new.get(one.device_no)
            if value != one.value:
                found[one.device_no, at] = value
    return found


def _member(one: Measured, device: Device, limits: Limits) -> Member:
    return Member(
        device_no=one.device_no,
        site=str(device.attributes.get("site", device.device_id)),
        mean=one.mean,
        share=one.readings * limits.interval_ms / limits.window_ms,
    )
