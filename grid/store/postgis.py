"""The way into PostGIS: engine, transactions with an actor, COPY, LISTEN and NOTIFY."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import create_engine, make_url, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

    Rows = list[tuple[Any, ...]]
    Waiting = dict[Callable[[Connection, Rows], None], Rows]

# Where a connection keeps what was handed to `gather`, what of it comes last, and what is `noted`.
_FIRST, _GATHERED, _LAST, _NOTED = "first", "gathered", "last", "noted"
# A notification carries at most 8,000 bytes.
_NOTIFY_BYTES = 7_900

_SET_ACTOR = text("SELECT set_config('cc.actor', :by, true)")
_PLAN = text("SELECT set_config('plan_cache_mode', :mode, true)")
_NOTIFY = text("SELECT pg_notify(:channel, :payload)")
# A server that the network no longer reaches is given up after some 20 s, not after the 15 minutes
# in which TCP tries again.
_NETWORK: dict[str, Any] = {
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}  # fmt: skip


def dsn(url: str, role: str | None) -> tuple[str, str]:
    """A libpq URL without SQLAlchemy's driver name, and the start-up options."""
    parsed = make_url(url)
    options = "-c timezone=UTC"
    if role is not None and parsed.username != role:
        # One login for all processes: take the process's own role, so that the GRANTs hold.
        options += f" -c role={role}"
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    return plain, options


def make_engine(
    url: str,
    *,
    role: str | None = None,
    pool_size: int = 8,
    application_name: str = "command-center",
    statement_timeout_ms: int = 0,
    checked: bool = True,
) -> Engine:
    """An Engine on a ``postgresql://`` URL that works as ``role``; it connects on first use.

    Connections are checked before use, so that a restarted database costs one retry and no error;
    with ``checked=False`` they are not: for a process that tries again anyway.
    """
    plain, options = dsn(url, role)
    if statement_timeout_ms:
        options += f" -c statement_timeout={statement_timeout_ms}"
    return create_engine(
        make_url(plain).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=checked,
        # the same one again: its plans and caches are warm
        pool_use_lifo=True,
        pool_timeout=10,
        connect_args={
            "options": options,
            "application_name": application_name,
            **_NETWORK,
        },
    )


def is_away(error: DBAPIError) -> bool:
    """Whether the database cannot be reached, rather than having refused a statement."""
    cause = error.orig
    unreached = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    return error.connection_invalidated or unreached


@contextmanager
def transaction(engine: Engine, by: str) -> Iterator[Connection]:
    """One transaction in the name of an actor (``Actor.key``): COMMIT at the end, else ROLLBACK.

    ``grid.actor()`` inside the database returns ``by``. Raises ValueError for an empty actor.
    """
    if not by:
        raise ValueError("a transaction needs an actor")
    with engine.begin() as conn:
        conn.execute(_SET_ACTOR, {"by": by})
        yield conn


@contextmanager
def sending(engine: Engine, by: str) -> Iterator[Connection]:
    """A `transaction` in one round trip: its statements and COMMIT are sent, then waited for.

    Only for statements whose rows and counts of rows nobody asks for. What the database refuses
    is raised at the end, as psycopg raises it; nothing is stored then.
    """
    if not by:
        raise ValueError("a transaction needs an actor")
    with engine.connect() as conn:
        driver = _driver(conn)
        try:
            with pipelined(conn):
                conn.execute(_SET_ACTOR, {"by": by})
                yield conn
                conn.commit()
        except BaseException:
            # SQLAlchemy believes in its COMMIT. (A rollback inside the pipeline would only hear
            # that it is aborted, and hide why.)
            if not driver.closed:
                driver.rollback()
            raise


@contextmanager
def gathering(conn: Connection) -> Iterator[None]:
    """Writes that stores hand to `gather` wait inside, and are made at the end, kind by kind.

    For work on many things in one transaction. Whoever reads such rows calls `flush` before.
    """
    info = conn.info
    info[_FIRST], info[_GATHERED], info[_LAST], info[_NOTED] = {}, {}, {}, {}
    try:
        yield
        flush(conn)
        _write(conn, info[_LAST])
    finally:
        del info[_FIRST], info[_GATHERED], info[_LAST], info[_NOTED]


def noted(conn: Connection) -> dict[Any, Any] | None:
    """What stores note for the rest of this transaction inside `gathering`; None outside of it.

    Only what nobody else can change meanwhile, because this transaction holds its lock, or what may
    be as old as the transaction.
    """
    found: dict[Any, Any] | None = conn.info.get(_NOTED)
    return found


def flush(conn: Connection) -> None:
    """Make the writes that wait inside `gathering` now: somebody wants to read them."""
    _write(conn, conn.info.get(_FIRST) or {})
    _write(conn, conn.info.get(_GATHERED) or {})


def _write(conn: Connection, waiting: Waiting) -> None:
    while waiting:
        write = next(iter(waiting))
        write(conn, waiting.pop(write))


def gather(
    conn: Connection,
    write: Callable[[Connection, Rows], None],
    row: tuple[Any, ...],
    *,
    first: bool = False,
    last: bool = False,
) -> None:
    """Let ``write`` have this row: now, or inside `gathering` together with all others of it.

    ``first``: before the others, because their triggers read it. ``last``: at its end only, whoever
    calls `flush` before. For what others must wait for as soon as it is written: nothing else is
    waited for, then, while it is held.
    """
    kind = _FIRST if first else _LAST if last else _GATHERED
    waiting: Waiting | None = conn.info.get(kind)
    if waiting is None:
        write(conn, [row])
    else:
        waiting.setdefault(write, []).append(row)


def as_rows(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as a JSON array of arrays, for ``json_array_elements``: with long texts much cheaper
    than arrays of columns. Times are written in ISO 8601, intervals as days and seconds."""
    return json.dumps(list(rows), ensure_ascii=False, separators=(",", ":"), default=_as_text)


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"
    raise TypeError(f"{type(value).__name__} has no place in a row")


@contextmanager
def pipelined(conn: Connection) -> Iterator[None]:
    """Send what runs inside without waiting for each answer; wait for all of them at the end.

    Only for statements that return nothing: rows and counts of rows are not known inside. What
    the database refuses is raised at the end.
    """
    driver = _driver(conn)
    try:
        with driver.pipeline():
            yield
    except psycopg.OperationalError:
        if driver.closed:
            # (SQLAlchemy did not see it happen)
            conn.invalidate()
        raise


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reads: one snapshot (REPEATABLE READ, READ ONLY)."""
    with engine.connect() as conn:
        yield conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        # at a rollback psycopg forgets what it has prepared, and every statement is planned anew
        conn.commit()


@contextmanager
def planned_anew(conn: Connection) -> Iterator[None]:
    """Plan each statement inside for the values it is given, not once for any: where the values
    tell which way is the faster one, or which few of many partitions hold what is asked for."""
    conn.execute(_PLAN, {"mode": "force_custom_plan"})
    yield
    conn.execute(_PLAN, {"mode": "auto"})


def copy_rows(
    conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY rows into ``table`` ("schema.table", or a bare name for a temporary table).

    Returns the number of rows. Raises psycopg.Error as the server reports it.
    """
    statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(
        psycopg.sql.Identifier(*table.split(".")),
        psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns)),
    )
    count = 0
    with _driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _driver(conn: Connection) -> psycopg.Connection:
    driver = conn.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("this needs a psycopg connection")
    return driver


def notify(conn: Connection, channel: str, kind: str, ids: Iterable[int]) -> None:
    """Tell listeners, at COMMIT, which rows of ``kind`` changed: {"t": kind, "ids": [...]}.

    Ids are sent in chunks that fit a notification; readers fetch the rows themselves.  Without
    ids one empty notification goes out: it only wakes the listener.
    """
    gather(conn, _notify_all, (channel, kind, tuple(ids)))


def _notify_all(conn: Connection, rows: Rows) -> None:
    told: dict[tuple[str, str], list[int]] = {}
    for channel, kind, ids in rows:
        told.setdefault((channel, kind), []).extend(ids)
    for (channel, kind), ids in told.items():
        _notify(conn, channel, kind, ids)


def _notify(conn: Connection, channel: str, kind: str, ids: Iterable[int]) -> None:
    chunk: list[int] = []
    size = 0
    for one in dict.fromkeys(ids):
        size += len(str(one)) + 2
        if size > _NOTIFY_BYTES - 64:
            _send(conn, channel, kind, chunk)
            chunk, size = [], len(str(one)) + 2
        chunk.append(one)
    _send(conn, channel, kind, chunk)


def _send(conn: Connection, channel: str, kind: str, ids: list[int]) -> None:
    payload = json.dumps({"t": kind, "ids": ids}, separators=(",", ":"))
    conn.execute(_NOTIFY, {"channel": channel, "payload": payload})


@contextmanager
def listen(
    url: str,
    channels: Sequence[str],
    *,
    role: str | None = None,
    wake_every_s: float = 1.0,
    stopped: Callable[[], bool],
) -> Iterator[Iterator[list[psycopg.Notify]]]:
    """Give the notifications that arrive, and an empty list at least every ``wake_every_s``.

    The first is empty and comes when LISTEN is active: read the whole state then, so that
    nothing between two connections is missed. Ends when ``stopped()``; raises
    psycopg.OperationalError when the database goes away (call again to reconnect). The connection
    is closed at the end of the block, whatever ended it.
    """
    plain, options = dsn(url, role)
    with psycopg.connect(plain, autocommit=True, options=options, **_NETWORK) as conn:
        for channel in channels:
            conn.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
        yield _notices(conn, wake_every_s, stopped)


def _notices(
    conn: psycopg.Connection, wake_every_s: float, stopped: Callable[[], bool]
) -> Iterator[list[psycopg.Notify]]:
    yield []
    while not stopped():
        first = list(conn.notifies(timeout=wake_every_s, stop_after=1))
        # everything that is already here belongs to the same wake-up
        yield first + (list(conn.notifies(timeout=0)) if first else [])
