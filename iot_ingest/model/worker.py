"""The ingest processes of a city: names, accounts at the broker, shares of the devices.

Number 0 is the one that is always there. Of N processes, number n takes what devices of every
N-th bucket send.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from iot_ingest.model.device import BUCKETS

MOST_PROCESSES: Final = 16
KINDS: Final = ("readings", "status")


def process_name(number: int) -> str:
    """The name in heartbeats: ``ingest``, ``ingest-1``, ..."""
    return "ingest" if number == 0 else f"ingest-{number}"


def broker_user(number: int) -> str:
    """The user at the broker: ``cc_ingest``, ``cc_ingest_1``, ..."""
    return "cc_ingest" if number == 0 else f"cc_ingest_{number}"


def broker_password(password: str, number: int) -> str:
    """The password of that user, from that of ``cc_ingest``: one secret is enough to keep."""
    return password if number == 0 else _derived(password, broker_user(number))


def client_id(user: str, password: str) -> str:
    """A client id that nobody can guess who does not know the password.

    For brokers that let any user take any client id, and with it the session.
    """
    return f"{user}-{_derived(password, f'client id of {user}')[:24]}"


def filters(number: int, processes: int) -> tuple[str, ...]:
    """What number ``number`` of ``processes`` subscribes to."""
    if processes == 1:
        return tuple(f"cc/v1/+/+/{kind}" for kind in KINDS)
    return tuple(
        f"cc/v1/{bucket:02x}/+/{kind}"
        for bucket in range(number, BUCKETS, processes)
        for kind in KINDS
    )


def every_filter() -> tuple[str, ...]:
    """Whatever any process may have subscribed to, whatever their number was."""
    buckets = (f"{bucket:02x}" for bucket in range(BUCKETS))
    return tuple(f"cc/v1/{one}/+/{kind}" for one in ("+", *buckets) for kind in KINDS)


def _derived(password: str, name: str) -> str:
    return hmac.new(password.encode(), name.encode(), hashlib.sha256).hexdigest()
