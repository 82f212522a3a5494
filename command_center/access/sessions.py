"""Sessions: an opaque token in a cookie, its digest in the database, the account behind it."""

import hashlib
import time
from collections import OrderedDict
from datetime import UTC, datetime

import anyio
from anyio import to_thread
from sqlalchemy import Engine

from events.actions import accounts
from events.actions.accounts import SignedIn
from events.model.access import Actor

# A revoked or disabled account is refused after at most this long; logging out works at once.
_REMEMBERED_S = 3.0
_REMEMBERED = 5_000

# argon2 takes 19 MiB and some 40 ms of a core each: never more than this at once.
_PASSWORDS_AT_ONCE = 2

COOKIE = "cc_session"
SECURE_COOKIE = "__Host-cc_session"


def cookie_name(*, https: bool) -> str:
    """The cookie's name: browsers bind a ``__Host-`` cookie to this very host, over https."""
    return SECURE_COOKIE if https else COOKIE


class Sessions:
    """Logging in and out, and the actor behind a token; used from the event loop."""

    def __init__(self, engine: Engine) -> None:
        """``engine`` works as cc_web."""
        self._engine = engine
        self._known: OrderedDict[bytes, tuple[float, Actor | None]] = OrderedDict()
        self._passwords = anyio.CapacityLimiter(_PASSWORDS_AT_ONCE)

    async def actor(self, token: str) -> Actor | None:
        """The account that ``token`` stands for, None when it is unknown, over or revoked."""
        key = hashlib.sha256(token.encode()).digest()
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < _REMEMBERED_S:
            return known[1]
        actor = await to_thread.run_sync(
            lambda: accounts.session_actor(self._engine, token, now=datetime.now(UTC))
        )
        self._known[key] = (time.monotonic(), actor)
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return actor

    async def log_in(self, name: str, password: str, *, address: str) -> SignedIn:
        """Check a password and open a session. Raises SignInRefused."""
        return await to_thread.run_sync(
            lambda: accounts.authenticate(
                self._engine, name, password, address=address, now=datetime.now(UTC)
            ),
            limiter=self._passwords,
        )

    async def log_out(self, token: str, actor: Actor) -> None:
        """Revoke the session of ``token``, which ``actor`` holds."""
        key = hashlib.sha256(token.encode()).digest()
        await to_thread.run_sync(
            lambda: accounts.logout(self._engine, token, by=actor, now=datetime.now(UTC))
        )
        self._known[key] = (time.monotonic(), None)
