"""The ingest processes of a city: names, accounts at the broker, shares of the devices.

Number 0 is the one that is always there. Of N processes, number n takes what devices of every
N-th bucket send; a number that is not below N takes nothing, it only ends what it had begun.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol, TypeVar

from iot_ingest.model.device import BUCKETS

MOST_PROCESSES: Final = 16
KINDS: Final = ("readings", "status")
# Named like a device, but registered devices cannot be named so.
_MARK: Final = "cc_mark"


def process_name(number: int) -> str:
    """The name in heartbeats: ``ingest``, ``ingest-1``, ..."""
    return "ingest" if number == 0 else f"ingest-{number}"


def is_ingest(process: str) -> bool:
    """Whether this is the name of an ingest process in heartbeats."""
    return process == process_name(0) or process.startswith(f"{process_name(0)}-")


def spool_name(number: int) -> str:
    """The folder of its spool: ``spool``, ``spool-1``, ..."""
    return "spool" if number == 0 else f"spool-{number}"


def broker_user(number: int, first: str = "cc_ingest") -> str:
    """The user at the broker: ``cc_ingest``, ``cc_ingest_1``, ..."""
    return first if number == 0 else f"{first}_{number}"


def broker_password(password: str, user: str) -> str:
    """The password of a further process, from that of the first: one secret is enough to keep."""
    return _derived(password, user)


def client_id(user: str, password: str) -> str:
    """A client id that nobody can guess who does not know the password.

    For brokers that let any user take any client id, and with it the session.
    """
    return f"{user}-{_derived(password, f'client id of {user}')[:24]}"


def filters(number: int, processes: int) -> tuple[str, ...]:
    """What number ``number`` of ``processes`` subscribes to."""
    if processes == 1 and number == 0:
        return tuple(f"cc/v1/+/+/{kind}" for kind in KINDS)
    if number >= processes:
        return ()
    return tuple(
        f"cc/v1/{bucket:02x}/+/{kind}"
        for bucket in range(number, BUCKETS, processes)
        for kind in KINDS
    )


def marks(foreign: Collection[str], mine: Collection[str]) -> dict[str, int]:
    """A topic for each filter of ``foreign`` that comes through it, and no device publishes to.

    What a process publishes there comes back behind everything that was sent before. With each
    how many of its filters it matches: NATS sends it for each of them.
    """
    held = {*foreign, *mine}
    found = {}
    for one in foreign:
        narrow = one.replace("/v1/+/", "/v1/00/")
        wide = f"cc/v1/+/{narrow.split('/', 3)[3]}"
        found[narrow.replace("/+/", f"/{_MARK}/")] = (narrow in held) + (wide in held)
    return found


def every_filter() -> frozenset[str]:
    """Whatever a process may have subscribed to, whatever their number was."""
    return frozenset({*filters(0, 1), *_narrow("+")})


def mark_topics() -> frozenset[str]:
    """All topics of `marks`."""
    return frozenset(_narrow(_MARK))


def _narrow(device: str) -> Iterator[str]:
    for bucket in range(BUCKETS):
        yield from (f"cc/v1/{bucket:02x}/{device}/{kind}" for kind in KINDS)


class Beat(Protocol):
    """What is looked at of a heartbeat."""

    @property
    def process(self) -> str:
        """Whose it is."""

    @property
    def detail(self) -> Mapping[str, Any]:
        """What the process says of itself."""


AnyBeat = TypeVar("AnyBeat", bound=Beat)


def ingest_beats(beats: Iterable[AnyBeat]) -> list[AnyBeat | None]:
    """The beats of all ingest processes that ought to run, number 0 first; None: there is none.

    How many ought to run is what number 0 says.
    """
    found = {one.process: one for one in beats}
    first = found.get(process_name(0))
    processes = 1 if first is None else _processes(first)
    all_of_them = [found.get(process_name(number)) for number in range(processes)]
    return [
        one if one is not None and _processes(one) == processes else None for one in all_of_them
    ]


def _processes(beat: Beat) -> int:
    return int(beat.detail.get("processes", 1))


def _derived(password: str, name: str) -> str:
    return hmac.new(password.encode(), name.encode(), hashlib.sha256).hexdigest()
