"""The fixtures that all other tests stand on."""

import socket

import pytest
from playwright.async_api import Browser
from sqlalchemy import text

from grid.store.postgis import transaction
from tests.support.broker import TestBroker, on_both_brokers
from tests.support.cluster import TestDatabase
from tests.support.loopback_only import OutsideConnectionError


def test_each_role_logs_in_as_itself(database: TestDatabase) -> None:
    for role in ("cc_owner", "cc_web", "cc_ingest", "cc_dispatch", "cc_admin"):
        with transaction(database.engine(role), "system:test") as conn:
            assert conn.execute(text("SELECT current_user")).scalar() == role
            assert conn.execute(text("SELECT grid.actor()")).scalar() == "system:test"


@on_both_brokers
def test_a_device_may_connect_with_its_secret_only(broker: TestBroker) -> None:
    from command_center.machine.broker import broker_answers

    given = broker.add_devices("pump-1")["pump-1"]
    assert broker_answers("127.0.0.1", broker.port, "pump-1", given)
    assert not broker_answers("127.0.0.1", broker.port, "pump-1", given + "x")
    assert not broker_answers("127.0.0.1", broker.port, "pump-2", given)


def test_tests_cannot_leave_the_machine() -> None:
    with socket.socket() as outside, pytest.raises(OutsideConnectionError):
        outside.connect(("192.0.2.1", 80))


async def test_the_browser_draws(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<title>网格</title>")
    assert await page.title() == "网格"
