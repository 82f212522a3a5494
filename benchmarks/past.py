"""The time machine over a year of a big city: what one frame costs, and the marks of the slider.

`python -m benchmarks.past [--tickets 1000000] [--devices 2000]` fills a private PostgreSQL with a
year: tickets in five states each, findings, readings of the days that are looked at. It prints,
for instants of the last hour, a week, a month and eleven months ago, what the database and the
encoder need for one frame; and for the marks of an hour, a day, a week and a month. At last it
opens the wall in Chromium at 1920x1080 and clicks on the slider: from input to painted frame, at
once and as a hand does, which points before it clicks.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import orjson
from playwright.async_api import Page
from sqlalchemy import Connection

from benchmarks.filling import without_indexes
from benchmarks.timing import say
from command_center.app import Application
from command_center.live import past
from command_center.settings import Settings
from events.model.access import Scope, scope
from grid.store.postgis import reading
from tests.events.town import found_town
from tests.support.browser import chromium
from tests.support.cluster import TestDatabase, running_cluster
from tests.web.serving import serve

_TIMES = 25
_say = partial(say, times=_TIMES)
_CLICKS = 20
_POINTED_MS = 200  # a hand that goes to a place and presses there
_DEVICES = """
INSERT INTO iot.metrics (name, unit, name_zh, name_en)
VALUES ('water_level', 'm', '水位', 'Water level'), ('rain_10min', 'mm', '雨量', 'Rain');
INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    position, area_id, secret_hash, changed_by)
SELECT 'WL-' || n, '00', 'gauge', 'flood', n || '号水位站', 'Gauge ' || n,
    '{water_level,rain_10min}', 300, ST_Point(118.0 + n % 100 * 0.005, 24.4 + n / 100 * 0.005,
    4326), 4, '', 'benchmark'
FROM generate_series(1, :devices) AS n;
UPDATE iot.due SET since = now() - interval '400 days'
"""
# A ticket every so many seconds, open for 4 hours, one in a hundred for 20 days.
_FILL = """
CREATE TEMP TABLE life AS
SELECT n, now() - interval '365 days' + n * interval '365 days' / :tickets AS at,
    CASE WHEN n % 100 = 0 THEN interval '20 days' ELSE interval '4 hours' END AS lasts
FROM generate_series(CAST(1 AS bigint), :tickets) AS n;
INSERT INTO events.tickets (number, state, category_code, family, layer, severity, source,
    title_zh, title_en, description, position, area_id, department_id, crew_id, occurred_at,
    created_at, updated_at, filed_at, dispatched_at, due_at, closed_at)
SELECT to_char(at, 'YYYYMMDD') || '-' || to_char(n, 'FM0000000'),
    CASE WHEN at + lasts < now() THEN 'closed' ELSE 'dispatched' END, 'flooding', 'flood', 'flood',
    1 + n % 4, 'hotline', '路面积水', 'Water on the road', '',
    ST_Point(118.0 + n * 7919 % 100000 * 0.000005, 24.4 + n * 104729 % 100003 * 0.000005, 4326),
    3 + n % 2, 1 + n % 2, 1 + n % 3, at, at, least(at + lasts, now()), at, at,
    at + interval '8 hours', CASE WHEN at + lasts < now() THEN at + lasts END
FROM life ORDER BY n;
INSERT INTO events.ticket_past (ticket_id, since, until, version, state, severity, area_id,
    department_id, crew_id, supervised, stage_at, due_at)
SELECT t.ticket_id, t.at + t.lasts * (v - 1) / 5,
    CASE WHEN t.at + t.lasts * v / 5 < now() THEN t.at + t.lasts * v / 5 ELSE 'infinity' END, v + 1,
    (ARRAY['filed', 'dispatched', 'accepted', 'disposed', 'verified'])[v], t.severity, t.area_id,
    t.department_id, t.crew_id, false, t.at, t.at + interval '8 hours'
FROM (
    SELECT ticket_id, severity, area_id, department_id, crew_id, created_at AS at,
        CASE WHEN ticket_id % 100 = 0 THEN interval '20 days' ELSE interval '4 hours' END AS lasts
    FROM events.tickets
) AS t
CROSS JOIN generate_series(1, 5) AS v
WHERE t.at + t.lasts * (v - 1) / 5 < now()
ORDER BY 2;
INSERT INTO events.ledger (at, actor, verb, object_kind, object_key, ticket_id, area_id, payload)
SELECT created_at, 'system:benchmark', 'ticket.file', 'ticket', number, ticket_id, area_id, '{}'
FROM events.tickets ORDER BY created_at;
INSERT INTO events.ledger (at, actor, verb, object_kind, object_key, ticket_id, area_id, payload)
SELECT closed_at, 'system:benchmark', 'ticket.close', 'ticket', number, ticket_id, area_id, '{}'
FROM events.tickets WHERE closed_at IS NOT NULL ORDER BY closed_at;
INSERT INTO events.events (source, category_code, severity, occurred_at, recorded_at, position,
    area_id, device_no, thread, revision, change, title_zh, title_en, actor)
SELECT 'sensor', 'river_level', 1 + n % 4, at + (r - 1) * interval '40 minutes',
    at + (r - 1) * interval '40 minutes', ST_Point(118.2, 24.6, 4326), 3 + n % 2,
    1 + n % :devices, 'wl:' || n, r, CASE r WHEN 1 THEN 'raised' ELSE 'cleared' END, '水位超警戒',
    'Water level', 'system:benchmark'
FROM life CROSS JOIN generate_series(1, 2) AS r ORDER BY 5;
INSERT INTO events.ticket_events (ticket_id, event_id, linked_at, why, actor)
SELECT t.ticket_id, e.event_id, e.recorded_at, '{}', 'system:benchmark'
FROM events.events AS e JOIN events.tickets AS t ON t.ticket_id = (e.event_id + 1) / 2;
INSERT INTO events.alarm_past (thread, since, until, event_id, device_no, level)
SELECT thread, recorded_at, recorded_at + interval '40 minutes', event_id, device_no, severity
FROM events.events WHERE change = 'raised' ORDER BY recorded_at;
UPDATE events.past_counted SET until = date_trunc('hour', now());
INSERT INTO events.past_hours (area_id, hour, alarms, tickets)
SELECT above.area_id, date_trunc('hour', l.at), count(*), count(*)
FROM events.ledger AS l JOIN grid.areas AS a USING (area_id)
CROSS JOIN unnest(a.path) AS above (area_id)
WHERE l.verb = 'ticket.file' AND l.at < date_trunc('hour', now())
GROUP BY 1, 2
"""
_READINGS = """
INSERT INTO iot.readings (device_no, metric_no, ts, value, received_at)
SELECT d.device_no, m.metric_no, at, 1.5, at + interval '2 seconds'
FROM generate_series(CAST(:day AS timestamptz), CAST(:day AS timestamptz) + interval '1 day'
    - interval '15 minutes', interval '15 minutes') AS at
CROSS JOIN iot.devices AS d CROSS JOIN iot.metrics AS m
ORDER BY d.device_no, m.metric_no, at
"""
_LATEST = """
INSERT INTO iot.latest (device_no, metric_no, ts, value, flag, received_at)
SELECT device_no, metric_no, now(), 1.5, 'N', now() FROM iot.devices CROSS JOIN iot.metrics
"""
_TABLES = (
    "events.tickets", "events.ticket_past", "events.ledger", "events.events",
    "events.ticket_events", "events.alarm_past",
)  # fmt: skip
_AGO = {
    "10 minutes": timedelta(minutes=10), "an hour": timedelta(hours=1), "a week": timedelta(days=7),
    "a month": timedelta(days=30), "11 months": timedelta(days=330),
}  # fmt: skip
_SPANS = {
    "hour": (timedelta(hours=1), 60), "day": (timedelta(days=1), 96),
    "week": (timedelta(days=7), 84), "month": (timedelta(days=30), 120),
}  # fmt: skip


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.past", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--pictures", type=Path, help="keep pictures of the wall in this folder")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cc-past-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder), fsync=False) as cluster,
        cluster.database() as database,
    ):
        town = found_town(database)
        now = datetime.now(UTC)
        _fill(database, now, tickets=asked.tickets, devices=asked.devices)
        gc.freeze()  # as the server does with all that it has imported
        with reading(database.engine("cc_web")) as conn:
            _measure(conn, now, Scope(), "the city")
            _measure(conn, now, scope(town.people["west"]), "a community")
        asyncio.run(_browser(database, now, asked.pictures))


def _fill(database: TestDatabase, now: datetime, *, tickets: int, devices: int) -> None:
    began = time.monotonic()
    days = {(now - ago - timedelta(days=n)).date() for ago in _AGO.values() for n in (0, 1)}

    def run(statements: str, **values: object) -> None:
        given = {"tickets": tickets, "devices": devices, **values}
        for name, value in given.items():
            statements = statements.replace(f":{name}", str(value))
        for statement in statements.split(";\n"):
            conn.execute(statement.encode())

    with database.superuser() as conn:
        run(_DEVICES)
        with without_indexes(conn, *_TABLES):
            run(_FILL)
        for day in _every_day(now):
            conn.execute(f"SELECT iot.ensure_partition('{day}')".encode())
        for day in sorted(days):
            run(_READINGS, day=f"'{day} 00:00:00+00'")
        run(_LATEST)
        conn.execute("VACUUM ANALYZE")
    print(
        f"{tickets:,} tickets, {devices:,} devices in {time.monotonic() - began:.0f} s", flush=True
    )


def _every_day(now: datetime) -> list[date]:
    return [(now - timedelta(days=n)).date() for n in range(366)]


def _measure(conn: Connection, now: datetime, inside: Scope, name: str) -> None:
    for ago, span in _AGO.items():
        then = now - span
        for facts in (True, False):
            made = past.frame(conn, then, inside, facts=facts)
            size = len(orjson.dumps(made)) // 1024
            what = f"{len(made['tickets'])} tickets, {size} kB{', with devices' if facts else ''}"
            _say(f"{name}, {ago} ago ({what})", partial(_frame, conn, then, inside, facts=facts))
    for span_name, (length, slices) in _SPANS.items():
        first = now - timedelta(days=60) - length
        _say(f"{name}, marks of one {span_name}",
             partial(past.marks, conn, first, first + length, inside, slices=slices))  # fmt: skip


async def _browser(database: TestDatabase, now: datetime, pictures: Path | None) -> None:
    """From a click on the slider to the painted frame, in the browser."""
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(database_url=database.url("cc_web"), data=Path(data), language="en",
                            secret=b"s" * 32)  # fmt: skip
        with serve(Application(settings)) as served, reading(database.engine("cc_web")) as conn:
            found = past.frame(conn, now - timedelta(days=30), Scope(), facts=True)
            async with chromium() as browser:
                page = await browser.new_page(viewport={"width": 1920, "height": 1080})
                then = (now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
                await page.goto(f"{served.url}/login?next=/?then={then}")
                await page.fill("[name=name]", "operator")
                await page.fill("[name=password]", "correct horse battery")
                await page.press("[name=password]", "Enter")
                await page.wait_for_selector(".cc-map-canvas[data-ready]", timeout=120_000)
                await page.wait_for_timeout(4_000)
                for span in _SPANS:
                    await page.select_option("[data-past=span]", span)
                    await page.wait_for_timeout(2_000)
                    for rests_ms in (0, _POINTED_MS):
                        how = f"pointed at {rests_ms} ms before" if rests_ms else "at once"
                        told = await _clicks(page, rests_ms)
                        print(f"slider of one {span}, {how}: {told}", flush=True)
                    if pictures:
                        await page.screenshot(path=pictures / f"past-{span}.png")
    print(f"({len(found['tickets'])} tickets, {len(found['devices'])} devices)", flush=True)


async def _clicks(page: Page, rests_ms: int) -> str:
    box = await page.locator("#past-slider").bounding_box()
    assert box is not None
    took = []
    for n in range(_CLICKS):
        # other instants than those before: none of them is kept
        x = box["x"] + box["width"] * (0.2 + 0.03 * n) + rests_ms / 25
        await page.mouse.move(x, box["y"] + 20)
        if rests_ms:
            await page.wait_for_timeout(rests_ms)
        await page.mouse.click(x, box["y"] + 20)
        await page.wait_for_timeout(1_200)
        while await page.evaluate("cc_wall.past.busy"):
            await page.wait_for_timeout(100)
        took.append(float(await page.evaluate("cc_wall.past.took")))
    return f"{statistics.median(took):.0f} ms, p95 {statistics.quantiles(took, n=20)[-1]:.0f} ms"


def _frame(conn: Connection, then: datetime, inside: Scope, *, facts: bool) -> bytes:
    return orjson.dumps(past.frame(conn, then, inside, facts=facts))


if __name__ == "__main__":
    main()
