"""What the judge knows by heart: devices it has judged, metrics, and the limits of their rules."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

import layers
from grid.store import city as cities
from iot_ingest.comparing import Groups
from iot_ingest.judging import limits_of
from iot_ingest.model.device import Device
from iot_ingest.store import devices, metrics, windows
from iot_ingest.store.metrics import StoredMetric
from layers.contract import Limits, Rule

# Bounds and names of metrics change once in a blue moon.
_METRICS_S = 5.0
# Stations of one kind have the same attributes, and the same limits: each is kept once.
_MOST_SHARED = 20_000


class Known:
    """Devices are read when they are first judged, and again when they changed."""

    def __init__(self) -> None:
        self.metrics: dict[int, StoredMetric] = {}
        self._devices: dict[int, Device] = {}
        self._mark: int | None = None
        self._metrics_at = -_METRICS_S
        self._shared: dict[str, Mapping[str, Any]] = {}
        self._seen: dict[int, int] = {}
        self._groups: Groups | None = None
        self._limits: dict[tuple[str, int, float], tuple[Mapping[str, Any], Limits | None]] = {}

    def learn(self, conn: Connection, wanted: Iterable[tuple[int, int]] = ()) -> None:
        """Forget what changed, and know the wanted (device_no, metric_no)."""
        mark = devices.mark(conn)
        if self._mark is not None:
            changed = devices.changed(conn, self._mark)
            # (told again while some transaction goes on for long)
            if changed != self._seen:
                self._seen = changed
                self._groups = None
                for device_no in changed:
                    self._devices.pop(device_no, None)
        self._mark = mark
        missing = {no for no, _ in wanted if no not in self._devices}
        if missing:
            self._read_devices(conn, missing)
        late = time.monotonic() - self._metrics_at >= _METRICS_S
        if late or any(metric_no not in self.metrics for _, metric_no in wanted):
            found = {one.metric_no: one for one in metrics.all(conn).values()}
            if found != self.metrics:
                self.metrics, self._groups = found, None
            self._metrics_at = time.monotonic()

    def rules(
        self, device_no: int, metric_no: int
    ) -> Iterator[tuple[Device, StoredMetric, Rule, Limits]]:
        """The rules that judge a metric of a device, with its limits."""
        device, metric = self._devices.get(device_no), self.metrics.get(metric_no)
        if device is None or metric is None:
            return
        for rule in layers.rules_of(metric.name, layer=device.layer):
            limits = self.limits(rule, device)
            if limits is not None:
                yield device, metric, rule, limits

    def groups(self, conn: Connection) -> Groups:
        """Who is compared with whom; of layers that compare, all devices are known for it."""
        if self._groups is None:
            compare = [
                code
                for code, layer in layers.discover().items()
                if any(rule.scope is not None for rule in layer.rules)
            ]
            nos = devices.of_layers(conn, compare)
            self._read_devices(conn, [no for no in nos if no not in self._devices])
            members = {no: self._devices[no] for no in nos if no in self._devices}
            districts = windows.districts(conn, nos)
            self._groups = Groups(members, self.metrics, districts, self.limits)
        return self._groups

    def _read_devices(self, conn: Connection, device_nos: Iterable[int]) -> None:
        city = cities.get(conn)
        # rules that look at the local day ask for its zone; a device may have one of its own
        known = {} if city is None else {"time_zone": city.time_zone}
        for one in devices.by_nos(conn, device_nos):
            attributes = self._share({**known, **one.attributes})
            self._devices[one.device_no] = replace(one, attributes=attributes)

    def _share(self, attributes: dict[str, Any]) -> Mapping[str, Any]:
        if len(self._shared) > _MOST_SHARED:
            self._shared.clear()
        return self._shared.setdefault(repr(sorted(attributes.items())), attributes)

    def limits(self, rule: Rule, device: Device) -> Limits | None:
        """The limits of a rule; None when it has none, or wrong ones (that is logged)."""
        key = (rule.name, id(device.attributes), device.interval_s)
        attributes, limits = self._limits.get(key, (None, None))
        if attributes is device.attributes:
            return limits
        limits = limits_of(rule, device)
        if len(self._limits) > _MOST_SHARED:
            self._limits.clear()
        self._limits[key] = (device.attributes, limits)
        return limits
