"""A request that comes again with its key gets the same answer and does nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from events.model.ledger import canonical
from events.model.problems import Incomplete, KeyConflict
from events.model.refusal import Reason, Refusal
from events.store import action_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.store.action_keys import UsedKey


def check_key(key: str | None) -> None:
    """Raises Incomplete for a key that cannot be kept."""
    if key is not None and not 8 <= len(key) <= 128:
        raise Incomplete(Refusal(reason=Reason.BAD_KEY, field="key"))


def digest_of(request: Mapping[str, Any]) -> bytes:
    """What makes a request the same when it comes again."""
    return hashlib.sha256(canonical(request).encode()).digest()


def is_repeat(conn: Connection, key: str, use: UsedKey, *, now: datetime) -> bool:
    """Note the use of a key; True when this request was done already. Raises KeyConflict for the
    same key with another request."""
    if action_keys.claim(conn, key, use, now=now):
        return False
    if action_keys.get(conn, key) != use:
        raise KeyConflict
    return True
