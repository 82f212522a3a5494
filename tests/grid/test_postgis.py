"""The database plumbing: engine, transactions, COPY, LISTEN and NOTIFY."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from grid.store.postgis import (
    copy_rows,
    dsn,
    listen,
    make_engine,
    notify,
    reading,
    sending,
    transaction,
)
from tests.support.cluster import TestDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

HEARTBEAT = text(
    "INSERT INTO grid.heartbeats (process, started_at, at) VALUES (:process, now(), now())"
)


def _count(database: TestDatabase) -> int:
    with reading(database.engine()) as conn:
        return int(conn.execute(text("SELECT count(*) FROM grid.heartbeats")).scalar_one())


def _half(conn: Connection) -> None:
    conn.execute(HEARTBEAT, {"process": "lost"})
    notify(conn, "cc_live", "ticket", [99])
    conn.execute(text("SELECT 1 / 0"))


def _write_and_fail(database: TestDatabase) -> None:
    """A transaction that writes, notifies, and does not reach its end."""
    with pytest.raises(DBAPIError), transaction(database.engine(), "system:test") as conn:
        _half(conn)


def test_a_transaction_has_an_actor_and_is_all_or_nothing(database: TestDatabase) -> None:
    engine = database.engine()
    with transaction(engine, "account:liwei") as conn:
        assert conn.execute(text("SELECT grid.actor()")).scalar_one() == "account:liwei"
        conn.execute(HEARTBEAT, {"process": "a"})
    assert _count(database) == 1
    _write_and_fail(database)
    assert _count(database) == 1
    with engine.connect() as conn:  # the actor does not outlive its transaction
        assert conn.execute(text("SELECT grid.actor()")).scalar_one() is None


def test_a_transaction_without_an_actor_does_not_begin(database: TestDatabase) -> None:
    with (
        pytest.raises(ValueError, match="needs an actor"),
        transaction(database.engine(), "") as conn,
    ):
        conn.execute(HEARTBEAT, {"process": "a"})


def test_reading_sees_one_moment_and_writes_nothing(database: TestDatabase) -> None:
    with reading(database.engine()) as conn:
        count = text("SELECT count(*) FROM grid.heartbeats")
        assert conn.execute(count).scalar_one() == 0
        with transaction(database.engine(), "system:test") as other:
            other.execute(HEARTBEAT, {"process": "a"})
        assert conn.execute(count).scalar_one() == 0
        with pytest.raises(DBAPIError, match="read-only"):
            conn.execute(HEARTBEAT, {"process": "b"})
    # the next user of the pooled connection may write again
    with transaction(database.engine(), "system:test") as conn:
        conn.execute(HEARTBEAT, {"process": "c"})
    assert _count(database) == 2


def test_one_login_takes_the_role_it_is_asked_to(database: TestDatabase) -> None:
    with database.superuser() as root:
        root.execute("CREATE ROLE one_for_all LOGIN PASSWORD 'x' IN ROLE cc_web, cc_ingest")
    url = make_url(database.url("cc_web")).set(username="one_for_all", password="x")
    engine = make_engine(url.render_as_string(hide_password=False), role="cc_web", pool_size=1)
    try:
        with engine.connect() as conn:
            row = conn.execute(text("SELECT current_user, session_user")).one()
            assert tuple(row) == ("cc_web", "one_for_all")
            assert conn.execute(text("SHOW timezone")).scalar_one() == "UTC"
    finally:
        engine.dispose()
        with database.superuser() as root:
            root.execute("DROP ROLE one_for_all")


def test_a_statement_can_be_given_a_time_limit(database: TestDatabase) -> None:
    engine = make_engine(database.url("cc_web"), role="cc_web", statement_timeout_ms=50)
    try:
        with pytest.raises(DBAPIError, match="timeout"), engine.connect() as conn:
            conn.execute(text("SELECT pg_sleep(5)"))
    finally:
        engine.dispose()


def test_a_pooled_connection_that_died_is_replaced(database: TestDatabase) -> None:
    engine = database.engine()
    assert _count(database) == 0
    with database.superuser() as root:
        root.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with transaction(engine, "system:test") as conn:
        conn.execute(HEARTBEAT, {"process": "a"})
    assert _count(database) == 1


@pytest.mark.parametrize(
    ("url", "role", "plain", "options"),
    [
        ("postgresql://cc_web:a%40b@/city?host=%2Frun", "cc_web", None, "-c timezone=UTC"),
        (
            "postgresql+psycopg://boss@db:5433/city",
            "cc_web",
            "postgresql://boss@db:5433/city",
            "-c timezone=UTC -c role=cc_web",
        ),
        ("postgresql://boss@db/city", None, None, "-c timezone=UTC"),
    ],
)
def test_urls_are_kept_and_roles_added(
    url: str, role: str | None, plain: str | None, options: str
) -> None:
    assert dsn(url, role) == (plain or url, options)


def test_rows_are_copied_in_the_transaction(database: TestDatabase) -> None:
    rows = [(f"p{n}", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z") for n in range(1_000)]
    columns = ("process", "started_at", "at")
    with transaction(database.engine(), "system:test") as conn:
        assert copy_rows(conn, "grid.heartbeats", columns, rows) == 1_000
    assert _count(database) == 1_000
    with (
        pytest.raises(psycopg.errors.UniqueViolation),
        transaction(database.engine(), "system:test") as conn,
    ):
        copy_rows(conn, "grid.heartbeats", columns, [("new", *rows[0][1:]), rows[0]])
    assert _count(database) == 1_000


def _beat(conn: Connection, *names: str) -> None:
    statement = text(
        "INSERT INTO grid.heartbeats (process, started_at, at, detail)"
        " VALUES (:name, now(), now(), jsonb_build_object('by', grid.actor()))"
    )
    for name in names:
        conn.execute(statement, {"name": name})


def test_what_is_sent_in_one_piece_is_stored_whole_or_not_at_all(database: TestDatabase) -> None:
    engine = database.engine()
    with sending(engine, "system:test") as conn:
        _beat(conn, *(f"p{n}" for n in range(20)))
    assert _count(database) == 20
    with (
        pytest.raises((psycopg.errors.UniqueViolation, IntegrityError)),
        sending(engine, "system:test") as conn,
    ):
        _beat(conn, "p20", "p19", "p21", "p22")
    with pytest.raises(DBAPIError), sending(engine, "system:test") as conn:
        _beat(conn, "p30", "a NUL \0 cannot be sent")
    # ... and the connection is good for the next
    with sending(engine, "system:test") as conn:
        _beat(conn, "p40")
    assert _count(database) == 21
    with engine.connect() as conn:
        actors = conn.execute(text("SELECT DISTINCT detail->>'by' FROM grid.heartbeats")).scalars()
        assert set(actors) == {"system:test"}


@pytest.fixture
def heard(database: TestDatabase) -> Iterator[list[dict[str, object]]]:
    """What a listener on `cc_live` and `cc_dirty` hears."""
    arrived: list[dict[str, object]] = []
    done, ready = threading.Event(), threading.Event()

    def hear() -> None:
        url = database.url("cc_web")
        with listen(
            url, ["cc_live", "cc_dirty"], role="cc_web", wake_every_s=0.05, stopped=done.is_set
        ) as notices:
            for batch in notices:
                arrived.extend(json.loads(one.payload) | {"channel": one.channel} for one in batch)
                ready.set()

    thread = threading.Thread(target=hear)
    thread.start()
    assert ready.wait(10)
    yield arrived
    done.set()
    thread.join(10)
    assert not thread.is_alive()


def _wait(heard: list[dict[str, object]], count: int) -> None:
    for _ in range(200):
        if len(heard) >= count:
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"heard only {heard}")


def test_listeners_hear_what_was_committed(
    database: TestDatabase, heard: list[dict[str, object]]
) -> None:
    _write_and_fail(database)
    with transaction(database.engine(), "system:test") as conn:
        notify(conn, "cc_live", "ticket", [3, 1, 3])
        notify(conn, "cc_dirty", "wake", [])
    _wait(heard, 2)
    assert heard == [
        {"t": "ticket", "ids": [3, 1], "channel": "cc_live"},
        {"t": "wake", "ids": [], "channel": "cc_dirty"},
    ]


def test_many_ids_are_sent_in_parts_that_fit(
    database: TestDatabase, heard: list[dict[str, object]]
) -> None:
    ids = list(range(10**12, 10**12 + 5_000))
    with transaction(database.engine(), "system:test") as conn:
        notify(conn, "cc_live", "reading", ids)
    _wait(heard, 10)  # of 529 each, and the rest
    sent = [one["ids"] for one in heard if isinstance(one["ids"], list)]
    assert [one for part in sent for one in part] == ids
    assert all(len(json.dumps(part)) < 8_000 for part in sent)


def test_a_listener_says_when_the_database_goes_away(database: TestDatabase) -> None:
    url = database.url("cc_web")
    with listen(url, ["cc_live"], role="cc_web", stopped=lambda: False) as notices:
        assert next(notices) == []
        with database.superuser() as root:
            root.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'cc_web'"
            )
        with pytest.raises(psycopg.OperationalError):
            list(notices)


def test_who_fails_while_listening_leaves_no_connection(database: TestDatabase) -> None:
    def fail() -> None:
        url = database.url("cc_web")
        with listen(url, ["cc_live"], role="cc_web", stopped=lambda: False) as notices:
            next(notices)
            raise LookupError

    with pytest.raises(LookupError) as held:
        fail()
    with database.superuser() as root:
        for _ in range(100):
            left = root.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            ).fetchone()
            if left == (0,):
                break
            time.sleep(0.05)
    assert left == (0,)
    assert held.traceback  # a log keeps an error just so, and with it all that it went through
