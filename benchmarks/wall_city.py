"""A city of 20,000 cells, 100,000 facilities and a million tickets behind a web process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks import lookup
from tests.events.town import found_town
from tests.support.cluster import TestDatabase, running_cluster
from tests.support.ports import free_port

PASSWORD = "correct horse battery"  # the town's accounts all have it
# What lookup's city has no need of: shapes of its areas, lives of its tickets, readings, projects.
_MORE = """
UPDATE grid.city SET bbox = ST_MakeEnvelope(118.0, 24.4, 118.142, 24.542, 4326),
    center = ST_Point(118.071, 24.471, 4326);
UPDATE grid.areas SET geometry = ST_Multi(ST_MakeEnvelope(118.0, 24.4, 118.142, 24.542, 4326))
WHERE kind <> 'community';
UPDATE grid.areas AS a SET geometry = (SELECT ST_Multi(ST_Union(geometry)) FROM grid.cells AS c
    WHERE c.area_id = a.area_id)
WHERE kind = 'community' AND code > '350500001002';
INSERT INTO events.events (source, category_code, severity, occurred_at, recorded_at, position,
    cell_id, area_id, title_zh, title_en, description, actor)
SELECT source, category_code, severity, occurred_at, created_at, position, cell_id, area_id,
    title_zh, title_en, description, 'system:benchmark'
FROM events.tickets ORDER BY ticket_id;
INSERT INTO events.ticket_events (ticket_id, event_id, linked_at, why, actor)
SELECT ticket_id, ticket_id, created_at, '{"score": 1}', 'system:benchmark' FROM events.tickets;
INSERT INTO events.ledger (at, actor, verb, object_kind, object_key, ticket_id, area_id, payload)
SELECT at, 'system:benchmark', 'ticket.' || verb, 'ticket', number, ticket_id, area_id,
    format('{"from":%s,"set":{},"to":"%s","version":%s,"why":""}', before, after, n)
FROM events.tickets, LATERAL (VALUES (1, 'create', 'null', 'reported', created_at),
    (2, 'dispatch', '"filed"', 'dispatched', created_at + interval '1 minute'),
    (3, 'close', '"verified"', 'closed', closed_at)
) AS m (n, verb, before, after, at)
WHERE at IS NOT NULL ORDER BY ticket_id, n;
INSERT INTO iot.metrics (name, unit, name_zh, name_en)
VALUES ('water_level', 'm', '水位', 'Water level');
SELECT iot.ensure_partition(day::date) FROM generate_series(now() - interval '1 day', now(),
    interval '1 day') AS day;
INSERT INTO iot.readings (device_no, metric_no, ts, value, received_at)
SELECT device_no, metric_no, at, 1.5 + device_no % 7 * 0.1, at
FROM generate_series(now() - interval '23 hours', now(), interval '10 minutes') AS at
CROSS JOIN iot.devices CROSS JOIN iot.metrics
WHERE device_no <= 1000 AND at::date >= (now() - interval '1 day')::date;
INSERT INTO iot.latest (device_no, metric_no, ts, value, flag, received_at)
SELECT device_no, metric_no, now(), 1.5 + device_no % 7 * 0.1, 'N', now()
FROM iot.devices CROSS JOIN iot.metrics;
INSERT INTO iot.device_status (device_no, online, since, last_message_at)
SELECT device_no, device_no % 20 > 0, now(), now() FROM iot.devices
ON CONFLICT DO NOTHING;
INSERT INTO events.projects (number, kind, stage, name_zh, name_en, position, area_id, component_id,
    department_id, opened_at, updated_at, stage_at, due_at)
SELECT 'P' || component_id, 'outfall', 'trace', '整改' || component_id, 'Project ' || component_id,
    position, area_id, component_id, 1 + component_id % 2, now(), now(), now(),
    now() + interval '30 days'
FROM grid.components WHERE component_id % 300 = 0;
VACUUM ANALYZE
"""


@dataclass
class BigCity:
    """The database, and a web process that is started anew on demand."""

    database: TestDatabase
    folder: Path
    tickets: int
    devices: int
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where the web is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The web process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the web process and wait until it answers; one that runs is stopped before."""
        self.stop()
        environment = {
            "PATH": os.environ["PATH"],
            "COMMAND_CENTER_DATABASE_URL": self.database.url("cc_web"),
            "COMMAND_CENTER_DATA": str(self.folder),
            "COMMAND_CENTER_LANGUAGE": "en",
            "COMMAND_CENTER_SECRET": "ab" * 32,
        }
        module = (sys.executable, "-m", "command_center", "serve", "--port", str(self.port))
        with (self.folder / "web.log").open("ab") as log:
            self._process = subprocess.Popen(
                module, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                httpx.get(f"{self.address}/api/health", timeout=5)
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(self.log())

    def stop(self) -> None:
        """Stop the web process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    @contextmanager
    def signed_in(self, name: str = "operator") -> Iterator[httpx.Client]:
        """An HTTP client with the session of an account."""
        with httpx.Client(base_url=self.address, timeout=30) as client:
            client.headers["Origin"] = self.address
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            yield client

    def log(self) -> str:
        """The end of what the web process said."""
        return (self.folder / "web.log").read_text()[-5_000:]

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query."""
        with self.database.superuser() as conn:
            return list(conn.execute(sql.encode()))


@contextmanager
def big_city(tickets: int, devices: int) -> Iterator[BigCity]:
    """Found and fill it, start its web process; all of it is gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="cc-wall-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="cc-wall-web-") as data,
        running_cluster(Path(folder), fsync=True) as cluster,
        cluster.database() as database,
    ):
        found_town(database)
        lookup.fill(database, tickets, devices=devices)
        began = time.monotonic()
        with database.superuser() as conn:
            conn.execute("SET cc.actor = 'system:benchmark'")
            conn.execute("SET session_replication_role = replica")
            for statement in _MORE.split(";\n"):
                conn.execute(statement.encode())
        print(f"their lives in {time.monotonic() - began:.0f} s", flush=True)
        city = BigCity(database=database, folder=Path(data), tickets=tickets, devices=devices)
        try:
            city.start()
            yield city
        finally:
            city.stop()
