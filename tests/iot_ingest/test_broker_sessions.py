"""A broker that dies minutes after the first start still knows for whom it keeps messages."""

import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from command_center.machine.broker_sessions import SessionWatch
from grid.store import heartbeats
from grid.store.postgis import reading, transaction
from iot_ingest.store.registration import register_devices
from tests.iot_ingest.place import BY, NOW, item, row, until
from tests.iot_ingest.test_flood import followed, may_connect
from tests.iot_ingest.test_ingest_process import beating, count, publisher, send, start
from tests.support.broker import TestBroker
from tests.support.cluster import TestDatabase


def saved(broker: TestBroker) -> bytes:
    """What the broker has on disk."""
    file = broker.folder / "broker.db"
    return file.read_bytes() if file.exists() else b""


def test_ingests_first_session_survives_the_broker(
    village: TestDatabase, broker: TestBroker
) -> None:
    secret = register_devices(village.engine("cc_admin"), [row("WL-5")], by=BY)["WL-5"]
    with followed(broker, village):
        process = start(village, broker, "--no-judge")
        try:
            until(lambda: "ingest" in beating(village), 60)
            until(lambda: b"cc_ingest" in saved(broker), 20)
        finally:
            process.kill()
            process.wait(30)
        broker.stop(signal.SIGKILL)
        broker.start()
        until(lambda: may_connect(broker.port, "WL-5", secret))
        device = publisher(broker, "WL-5", secret)
        send(device, item(NOW, water_level=1.5), "WL-5")
        device.disconnect()
        device.loop_stop()
        process = start(village, broker, "--no-judge")
        try:
            until(lambda: count(village) == 1, 60)
        finally:
            process.terminate()
            process.wait(30)


def test_each_connection_is_new_once(village: TestDatabase) -> None:
    engine = village.engine("cc_ingest")
    watch = SessionWatch()

    def is_new(process: str, detail: Mapping[str, Any]) -> bool:
        with transaction(engine, BY) as conn:
            heartbeats.beat(conn, process, NOW, datetime.now(UTC), detail)
        with reading(engine) as conn:
            return watch.is_new(conn)

    assert not is_new("ingest", {"subscribed": False, "connected_at": 1.0})
    assert is_new("ingest", {"subscribed": True, "connected_at": 1.0})
    assert not is_new("ingest", {"subscribed": True, "connected_at": 1.0})
    assert not is_new("judge", {"subscribed": True, "connected_at": 1.0})
    assert is_new("ingest-1", {"subscribed": True, "connected_at": 1.0})
    assert not is_new("ingest", {"subscribed": False, "connected_at": 2.0})
    assert is_new("ingest", {"subscribed": True, "connected_at": 2.0})
    assert not is_new("ingest-1", {"subscribed": True, "connected_at": 1.0})
