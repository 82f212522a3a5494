"""What is done to a registered device: a new secret, out of service, back into it, let in."""

from __future__ import annotations

import secrets

from sqlalchemy import Engine

from grid.store.named_sql import Statements
from grid.store.postgis import transaction
from iot_ingest.store import blocks, devices, trail
from iot_ingest.store.registration import password_entry

_SQL = Statements.beside(__file__)


class NoSuchDevice(Exception):
    """There is no device of this id."""


def renew_secret(engine: Engine, device_id: str, *, by: str) -> str:
    """Give a device a new secret, which is told here once; the old one lets nobody in any more.

    ``by`` is an actor's key. Raises NoSuchDevice.
    """
    secret = secrets.token_urlsafe(32)
    with transaction(engine, by) as conn:
        entry = password_entry(secret)
        if not _SQL.value(conn, "set_secret", device_id=device_id, secret_hash=entry):
            raise NoSuchDevice(device_id)
        trail.device(conn, "secret", device_id)
    return secret


def set_disabled(engine: Engine, device_id: str, disabled: bool, *, by: str) -> bool:
    """Take a device out of service, or back into it; False when it was so, or is unknown.

    What a disabled device sends is put aside, and the broker does not let it in.
    """
    with transaction(engine, by) as conn:
        changed = bool(_SQL.value(conn, "set_disabled", device_id=device_id, disabled=disabled))
        if changed:
            trail.device(conn, "disable" if disabled else "enable", device_id)
    return changed


def let_in(engine: Engine, device_id: str, *, by: str) -> bool:
    """Let a device that is cut off in before its time; False when it is not cut off.

    ``by`` is an actor's key. Raises NoSuchDevice.
    """
    with transaction(engine, by) as conn:
        device = devices.by_id(conn, device_id)
        if device is None:
            raise NoSuchDevice(device_id)
        lifted = blocks.lift(conn, device.device_no) > 0
        if lifted:
            trail.device(conn, "let_in", device_id)
    return lifted
