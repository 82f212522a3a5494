"""Administrators change the registry through the web's narrow way; everybody else is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import bcrypt
import pytest
from sqlalchemy.exc import ProgrammingError

from grid.store.postgis import reading
from iot_ingest.model.broker_password import hash_password, mosquitto_entry, nats_entry
from iot_ingest.store import credentials, devices
from iot_ingest.store.provisioning import NoSuchDevice, renew_secret, set_disabled
from iot_ingest.store.registration import RefusedDevices, register_devices
from tests.events.town import SIDE, SOUTH, WEST, Town
from tests.iot_ingest.place import rows_of

ADMIN = "account:admin"
DEVICE: dict[str, Any] = {
    "device_id": "WL-1",
    "model": "gauge",
    "layer": "flood",
    "name_zh": "一号站",
    "name_en": "Gauge 1",
    "metrics": ["water_level"],
    "interval_s": 0.3,
    "lon": WEST + SIDE / 2,
    "lat": SOUTH + SIDE / 2,
    "attributes": {"warning_m": 4, "station_password": "123456"},
}


def register(town: Town, *rows: dict[str, Any], by: str = ADMIN, **how: Any) -> dict[str, str]:
    """Register as the web process does."""
    return register_devices(town.web, rows or [DEVICE], by=by, all_metrics=False, **how)


def trail(town: Town) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What the ledger says of devices."""
    rows = town.rows(
        "SELECT actor, verb, object_key, payload FROM events.ledger"
        " WHERE object_kind = 'device' ORDER BY entry_id"
    )
    return [(str(a), str(v), str(k), json.loads(str(p))) for a, v, k, p in rows]


def entry_of(town: Town) -> str:
    with town.database.engine("cc_admin").connect() as conn:
        return credentials.entries(conn).get("WL-1", "")


def opens(secret: str, entry: str) -> bool:
    """Whether a secret belongs to both parts of a password entry."""
    kept, for_nats = mosquitto_entry(entry), nats_entry(entry)
    assert for_nats is not None
    salt = base64.b64decode(kept.split("$")[3])
    return hash_password(secret, salt=salt) == kept and bcrypt.checkpw(
        secret.encode(), for_nats.encode()
    )


def test_an_administrator_registers_changes_and_renews(town: Town) -> None:
    made = register(town, only="new")
    assert opens(made["WL-1"], entry_of(town))
    assert register(town, DEVICE | {"name_en": "Gauge I"}, only="known") == {}
    assert opens(made["WL-1"], entry_of(town))
    secret = renew_secret(town.web, "WL-1", by=ADMIN)
    assert opens(secret, entry_of(town))
    assert not opens(made["WL-1"], entry_of(town))
    assert set_disabled(town.web, "WL-1", True, by=ADMIN)
    assert not set_disabled(town.web, "WL-1", True, by=ADMIN)
    assert entry_of(town) == ""
    register(town, DEVICE, only="known", stay_disabled=True)
    with reading(town.web) as conn:
        found = devices.by_id(conn, "WL-1")
    assert found is not None
    assert found.disabled_at is not None
    assert set_disabled(town.web, "WL-1", False, by=ADMIN)
    assert [(actor, verb, key) for actor, verb, key, _ in trail(town)] == [
        (ADMIN, verb, "WL-1")
        for verb in (
            "device.put", "device.put", "device.secret", "device.disable", "device.put",
            "device.enable",
        )
    ]  # fmt: skip
    payloads = [payload for *_, payload in trail(town)]
    assert payloads[0]["new"] is True
    assert payloads[0]["set"]["attributes"] == {"warning_m": 4, "station_password": True}
    assert payloads[1] == {"new": False, "set": {"name_en": "Gauge I"}}


def test_the_same_again_changes_nothing(town: Town) -> None:
    register(town)
    before = rows_of(town.web, "SELECT device_no, changed_at FROM iot.devices")
    register(town)
    assert rows_of(town.web, "SELECT device_no, changed_at FROM iot.devices") == before
    assert len(trail(town)) == 1


def test_new_is_new_and_known_is_known(town: Town) -> None:
    with pytest.raises(RefusedDevices) as caught:
        register(town, only="known")
    assert caught.value.faults[0].zh == "device_id 未登记"
    register(town, only="new")
    with pytest.raises(RefusedDevices):
        register(town, only="new")
    with pytest.raises(NoSuchDevice):
        renew_secret(town.web, "WL-2", by=ADMIN)


@pytest.mark.parametrize("by", ["account:operator", "account:supervisor", "account:nobody",
                                "system:cli:web"])  # fmt: skip
def test_the_database_refuses_everybody_else(town: Town, by: str) -> None:
    register(town)
    for change in (
        lambda: register(town, DEVICE | {"name_en": "X"}, by=by),
        lambda: renew_secret(town.web, "WL-1", by=by),
        lambda: set_disabled(town.web, "WL-1", True, by=by),
    ):
        with pytest.raises(ProgrammingError, match="only an administrator"):
            change()
    assert len(trail(town)) == 1
