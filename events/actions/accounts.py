"""Accounts and sessions: add, change password, disable, sign in, sign out."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from events.model.problems import Incomplete, NotFound, SignInRefused
from events.model.refusal import Reason, Refusal
from events.model.sign_in import FORGOTTEN_AFTER, pause, source
from events.store import accounts, departments, ledger
from grid.store.postgis import reading, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.account import Account
    from events.model.actor import Actor, Role

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)
_SHORTEST_PASSWORD = 12
_NAME = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,62}$")

# About 40 ms and 19 MiB a password; a few at once, so that a rush of sign-ins cannot take the
# machine down.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)
# Checked for names that do not exist, so that the answer takes as long.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """An open session: its token (for the cookie), who it is, and when it ends at the latest."""

    token: str
    actor: Actor
    expires_at: datetime


def add(
    conn: Connection,
    *,
    name: str,
    role: Role,
    area_code: str,
    by: Actor,
    now: datetime,
    password: str | None = None,
    name_zh: str = "",
    name_en: str = "",
    department_code: str | None = None,
    crew_code: str | None = None,
) -> str:
    """Add an account in this transaction; its password (a random one where none is given).

    A crew brings its department. Raises Incomplete for a bad or taken name, a short password,
    and unknown codes.
    """
    if not _NAME.match(name):
        raise Incomplete(Refusal(reason=Reason.BAD_NAME, field="name"))
    chosen = _strong(password) if password is not None else secrets.token_urlsafe(12)
    area_id = departments.area_id_of(conn, area_code)
    if area_id is None:
        raise Incomplete(Refusal(reason=Reason.UNKNOWN_AREA, field="area"))
    department_id, crew_id = _place(conn, department_code, crew_code)
    account_id = accounts.add(
        conn,
        name=name,
        name_zh=name_zh or name,
        name_en=name_en or name,
        role=role,
        password_hash=_hash(chosen),
        area_id=area_id,
        department_id=department_id,
        crew_id=crew_id,
    )
    if account_id is None:
        raise Incomplete(Refusal(reason=Reason.NAME_TAKEN, field="name"))
    _trail(conn, "add", name, now, role=role, area_id=area_id, department_id=department_id,
           crew_id=crew_id, added_by=by.key)  # fmt: skip
    return chosen


def change_password(
    conn: Connection, *, name: str, by: Actor, now: datetime, password: str | None = None
) -> str:
    """Give an account a new password (a random one where none is given) and end its sessions.

    Raises NotFound, and Incomplete for a short password.
    """
    chosen = _strong(password) if password is not None else secrets.token_urlsafe(12)
    account = _known(conn, name)
    accounts.set_password(conn, account.account_id, _hash(chosen))
    accounts.close_sessions(conn, account.account_id, now=now)
    _trail(conn, "passwd", name, now, changed_by=by.key)
    return chosen


def disable(conn: Connection, *, name: str, by: Actor, now: datetime) -> None:
    """Disable an account and end its sessions. Raises NotFound."""
    account = _known(conn, name)
    if accounts.disable(conn, account.account_id, now=now):
        accounts.close_sessions(conn, account.account_id, now=now)
        _trail(conn, "disable", name, now, disabled_by=by.key)


def authenticate(
    engine: Engine, name: str, password: str, *, address: str, now: datetime
) -> SignedIn:
    """Sign in from an IP address. Raises SignInRefused: wrong name or password, disabled, or too
    many wrong ones from there: others may sign in to the same account meanwhile.
    """
    origin = source(address)
    with reading(engine) as conn:
        account = accounts.by_name(conn, name)
        refused = account is not None and accounts.is_refused(
            conn, account.account_id, origin, now=now
        )
    good = _verify(account.password_hash if account is not None else None, password)
    if account is None or account.disabled_at is not None:
        raise SignInRefused(Refusal(reason=Reason.SIGN_IN))
    if refused:
        raise SignInRefused(Refusal(reason=Reason.LOCKED))
    with transaction(engine, account.actor.key) as conn:
        if good:
            return _open(conn, account, origin, now)
        _note_failure(conn, account, origin, now)
    raise SignInRefused(Refusal(reason=Reason.SIGN_IN))


def _note_failure(conn: Connection, account: Account, origin: str, now: datetime) -> None:
    failures = accounts.failed(
        conn, account.account_id, origin, now=now, forgotten=now - FORGOTTEN_AFTER
    )
    wait = pause(failures)
    if wait is not None:
        accounts.refuse(conn, account.account_id, origin, until=now + wait)
    _trail(conn, "refuse", account.name, now)


def session_actor(engine: Engine, token: str, *, now: datetime) -> Actor | None:
    """Who holds a session token; None when it is unknown, too old, idle too long or revoked."""
    digest = _digest(token)
    with reading(engine) as conn:
        found = accounts.session(conn, digest, now=now, idle_since=now - IDLE)
    if found is None:
        return None
    actor, last_seen_at = found
    if now - last_seen_at > _SEEN_EVERY:
        with transaction(engine, actor.key) as conn:
            accounts.seen(conn, digest, now=now)
    return actor


def logout(engine: Engine, token: str, *, by: Actor, now: datetime) -> None:
    """End a session; nothing happens when it had ended."""
    with transaction(engine, by.key) as conn:
        if accounts.close_session(conn, _digest(token), now=now) is not None:
            _trail(conn, "logout", by.name, now)


def _open(conn: Connection, account: Account, origin: str, now: datetime) -> SignedIn:
    token = secrets.token_urlsafe(32)
    expires_at = now + LONGEST
    accounts.forgive(conn, account.account_id, origin)
    accounts.open_session(
        conn, _digest(token), account_id=account.account_id, now=now, expires_at=expires_at
    )
    _trail(conn, "login", account.name, now)
    return SignedIn(token=token, actor=account.actor, expires_at=expires_at)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _strong(password: str) -> str:
    if len(password) < _SHORTEST_PASSWORD:
        raise Incomplete(Refusal(reason=Reason.WEAK_PASSWORD, field="password"))
    return password


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def _verify(password_hash: str | None, password: str) -> bool:
    with _AT_ONCE:
        try:
            _HASHER.verify(password_hash or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def _known(conn: Connection, name: str) -> Account:
    account = accounts.by_name(conn, name)
    if account is None:
        raise NotFound(Refusal(reason=Reason.NO_SUCH_ACCOUNT))
    return account


def _place(
    conn: Connection, department_code: str | None, crew_code: str | None
) -> tuple[int | None, int | None]:
    department_id = crew_id = None
    if department_code is not None:
        department_id = departments.id_of(conn, department_code)
        if department_id is None:
            raise Incomplete(Refusal(reason=Reason.UNKNOWN_DEPARTMENT, field="department"))
    if crew_code is not None:
        crew = departments.crew_of(conn, crew_code)
        if crew is None:
            raise Incomplete(Refusal(reason=Reason.UNKNOWN_CREW, field="crew"))
        crew_id, crews_department = crew
        if department_id not in (None, crews_department):
            raise Incomplete(Refusal(reason=Reason.CREW_OF_OTHER_DEPARTMENT, field="crew"))
        department_id = crews_department
    return department_id, crew_id


def _trail(conn: Connection, verb: str, name: str, now: datetime, **payload: object) -> None:
    ledger.append(
        conn,
        at=now,
        verb=f"account.{verb}",
        object_kind="account",
        object_key=name,
        payload=payload,
    )
