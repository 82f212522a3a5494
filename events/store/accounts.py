"""Rows of events.accounts, events.sessions and events.sign_in_failures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from events.model.account import Account
from events.model.actor import Actor, Role
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

_SQL = Statements.beside(__file__)

# Ended sessions are kept so long, for whoever asks who was signed in.
_KEPT = timedelta(days=7)


def add(
    conn: Connection,
    *,
    name: str,
    name_zh: str,
    name_en: str,
    role: Role,
    password_hash: str | None,
    area_id: int,
    department_id: int | None,
    crew_id: int | None,
) -> int | None:
    """A new account; its id, or None when the name is taken."""
    found: int | None = _SQL.value(
        conn,
        "add",
        account_name=name,
        name_zh=name_zh,
        name_en=name_en,
        role=role.value,
        password_hash=password_hash,
        area_id=area_id,
        department_id=department_id,
        crew_id=crew_id,
    )
    return found


def by_name(conn: Connection, name: str) -> Account | None:
    """An account by name, or None."""
    row = _SQL.maybe(conn, "by_name", account_name=name)
    return None if row is None else _account(row)


def all(conn: Connection) -> tuple[Account, ...]:  # noqa: A001 - read as accounts.all(conn)
    """All accounts, without their passwords' hashes."""
    return tuple(_account(row) for row in _SQL.rows(conn, "all"))


def set_password(conn: Connection, account_id: int, password_hash: str) -> None:
    """Give an account a new password; earlier failures are forgotten."""
    _SQL.run(conn, "set_password", account_id=account_id, password_hash=password_hash)
    forgive(conn, account_id)


def disable(conn: Connection, account_id: int, *, now: datetime) -> bool:
    """Disable an account; False when it was disabled before."""
    return bool(_SQL.run(conn, "disable", account_id=account_id, now=now))


def is_refused(conn: Connection, account_id: int, source: str, *, now: datetime) -> bool:
    """Whether passwords for an account are not looked at now that come from ``source``."""
    return (
        _SQL.maybe(conn, "refused_until", account_id=account_id, source=source, now=now) is not None
    )


def failed(
    conn: Connection, account_id: int, source: str, *, now: datetime, forgotten: datetime
) -> int:
    """Count a wrong password; how many there were from there since ``forgotten`` at least."""
    _SQL.run(conn, "forget_failures", forgotten=forgotten)
    return int(
        _SQL.value(
            conn, "failed", account_id=account_id, source=source, now=now, forgotten=forgotten
        )
    )


def refuse(conn: Connection, account_id: int, source: str, *, until: datetime) -> None:
    """Look at no password for an account that comes from ``source``, for a while."""
    _SQL.run(conn, "refuse", account_id=account_id, source=source, until=until)


def forgive(conn: Connection, account_id: int, source: str | None = None) -> None:
    """Forget failures of an account: those from ``source``, or all."""
    _SQL.run(conn, "forgive", account_id=account_id, source=source)


def open_session(
    conn: Connection, token_sha256: bytes, *, account_id: int, now: datetime, expires_at: datetime
) -> None:
    """Keep a new session, and forget those of the account that ended a week ago."""
    _SQL.run(conn, "forget_sessions", account_id=account_id, before=now - _KEPT)
    _SQL.run(
        conn,
        "open_session",
        token_sha256=token_sha256,
        account_id=account_id,
        now=now,
        expires_at=expires_at,
    )


def session(
    conn: Connection, token_sha256: bytes, *, now: datetime, idle_since: datetime
) -> tuple[Actor, datetime] | None:
    """Who holds a session that is still good, and when it was last seen."""
    row = _SQL.maybe(conn, "session", token_sha256=token_sha256, now=now, idle_since=idle_since)
    if row is None:
        return None
    values = dict(row._mapping)
    last_seen_at: datetime = values.pop("last_seen_at")
    values["role"] = Role(values["role"])
    return Actor(kind="account", **values), last_seen_at


def seen(conn: Connection, token_sha256: bytes, *, now: datetime) -> None:
    """Note that a session was used."""
    _SQL.run(conn, "seen", token_sha256=token_sha256, now=now)


def close_session(conn: Connection, token_sha256: bytes, *, now: datetime) -> int | None:
    """End a session; its account, or None when it had ended."""
    found: int | None = _SQL.value(conn, "close_session", token_sha256=token_sha256, now=now)
    return found


def close_sessions(conn: Connection, account_id: int, *, now: datetime) -> int:
    """End all sessions of an account; how many."""
    return _SQL.run(conn, "close_sessions", account_id=account_id, now=now)


def _account(row: Row[Any]) -> Account:
    values = dict(row._mapping)
    values["role"] = Role(values["role"])
    return Account(**values)
