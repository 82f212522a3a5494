"""Who may say what at the broker: our own users, and every device below its own name."""

from collections.abc import Mapping
from dataclasses import dataclass

from iot_ingest.model.worker import MOST_PROCESSES, broker_password, broker_user


@dataclass(frozen=True, kw_only=True, slots=True)
class Right:
    """The topics that a user may read, and write; None: none."""

    reads: str | None = None
    writes: str | None = None


# Users beside the devices, each one connection; these have generated passwords.
USERS = ("cc_ingest", "cc_replay", "cc_demo", "cc_crews", "cc_health")

_RIGHTS = {
    "cc_replay": Right(writes="cc/v1/#"),
    "cc_demo": Right(reads="cc/demo/#"),
    "cc_crews": Right(writes="cc/demo/#"),
    "cc_health": Right(),
}
# (it publishes marks, to know that everything before them has come: iot_ingest/share.py)
_INGEST = Right(reads="cc/v1/#", writes="cc/v1/+/cc_mark/+")


def with_ingest_users(passwords: Mapping[str, str]) -> dict[str, str]:
    """Add the users of further ingest processes to users with their passwords."""
    ingest = passwords[broker_user(0)]
    further = {
        user: broker_password(ingest, user)
        for user in (broker_user(number) for number in range(1, MOST_PROCESSES))
    }
    return {**passwords, **further}


def right_of(user: str) -> Right:
    """What one of our own users may do."""
    return _RIGHTS.get(user, _INGEST)
