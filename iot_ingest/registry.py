"""What the ingester knows by heart: devices, metrics, and which metrics some rule looks at."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from datetime import time as datetime_time

from sqlalchemy import Connection

import layers
from iot_ingest.model.reading import to_us
from iot_ingest.stations import Stations
from iot_ingest.store import devices, hourly, metrics
from iot_ingest.store.devices import Door
from iot_ingest.store.metrics import StoredMetric
from iot_ingest.unit_profiles import UnitProfiles

_REFRESH_S = 5.0
# One metric's name may be asked for this often; a device that sends nonsense costs no more.
_METRICS_S = 1.0


class Registry:
    """Read whole when something changed, and in part when an unknown name comes."""

    def __init__(self, profiles: UnitProfiles | None = None) -> None:
        self.stations = Stations(profiles or UnitProfiles())
        self.doors: dict[str, Door] = {}
        self.metrics: dict[str, StoredMetric] = {}
        self.judged: list[int] = []
        # days before this are archived
        self.kept_from_us = 0
        self._rule_metrics = {
            rule.metric for layer in layers.discover().values() for rule in layer.rules
        }
        self._fingerprint = ""
        self._refreshed = -_REFRESH_S
        self._metrics_read = -_METRICS_S

    def refresh(self, conn: Connection) -> None:
        """Read everything again if something changed; asks at most every 5 s."""
        now = time.monotonic()
        if now - self._refreshed < _REFRESH_S:
            return
        self.stations.profiles.refresh()
        fingerprint = devices.fingerprint(conn)
        if fingerprint != self._fingerprint:
            self.doors = devices.doors(conn)
            self._read_metrics(conn)
            self.stations.forget()
            self._fingerprint = fingerprint
        kept_from = datetime.combine(hourly.state(conn).kept_from, datetime_time(), UTC)
        self.kept_from_us = to_us(kept_from)
        self._refreshed = now

    def unknown_devices(self, device_ids: Iterable[str]) -> list[str]:
        """Those of the ids that are not known yet."""
        return [one for one in dict.fromkeys(device_ids) if one not in self.doors]

    def learn_devices(self, conn: Connection, device_ids: list[str]) -> None:
        """Look unknown devices up: they may have been registered a moment ago."""
        self.doors.update(devices.doors(conn, device_ids))

    def learn_metrics(self, conn: Connection) -> None:
        """Read the metrics again because of an unknown name; at most every second."""
        if time.monotonic() - self._metrics_read >= _METRICS_S:
            self._read_metrics(conn)

    def _read_metrics(self, conn: Connection) -> None:
        self.metrics = metrics.all(conn)
        self.judged = [
            one.metric_no for one in self.metrics.values() if one.name in self._rule_metrics
        ]
        self._metrics_read = time.monotonic()
