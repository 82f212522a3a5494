"""What the ingester knows by heart: devices, metrics, and which metrics some rule looks at."""

from __future__ import annotations

import time
from collections.abc import Collection
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
    """Read whole at the start, then what changed, and at once when an unknown name comes."""

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
        self._mark: int | None = None
        self._refreshed = -_REFRESH_S
        self._metrics_read = -_METRICS_S

    def refresh(self, conn: Connection) -> None:
        """Read what changed since the last time; asks at most every 5 s."""
        now = time.monotonic()
        if now - self._refreshed < _REFRESH_S:
            return
        self.stations.profiles.refresh()
        mark = devices.mark(conn)
        if self._mark is None:
            self.doors = devices.every_door(conn)
        else:
            changed = devices.changed(conn, self._mark)
            if changed:
                self.doors.update(devices.doors(conn, device_nos=list(changed)))
                self.stations.forget()
        self._read_metrics(conn)
        self._mark = mark
        kept_from = datetime.combine(hourly.state(conn).kept_from, datetime_time(), UTC)
        self.kept_from_us = to_us(kept_from)
        self._refreshed = now

    def learn_devices(self, conn: Connection, device_ids: Collection[str]) -> bool:
        """Look unknown devices up: registered a moment ago? Whether some were found."""
        found = devices.doors(conn, list(device_ids)) if device_ids else {}
        self.doors.update(found)
        return bool(found)

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
