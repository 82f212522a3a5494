"""What each process may do to the database: what it needs, and not what would hurt."""

from __future__ import annotations

import pytest

from tests.support.cluster import TestDatabase

PROCESSES = ("cc_web", "cc_ingest", "cc_dispatch")


@pytest.mark.parametrize(("role", "right", "table", "column"), [
    *[(role, "SELECT", "iot.devices", "secret_hash") for role in PROCESSES],
    *[(role, "UPDATE", "events.ticket_events", "unlinked_at") for role in PROCESSES],
    *[(role, "UPDATE", "events.ledger", "payload") for role in (*PROCESSES, "cc_admin")],
    *[(role, "UPDATE", "events.events", "description") for role in (*PROCESSES, "cc_admin")],
    *[(role, "SELECT", "contact.contacts", "contact") for role in ("cc_ingest", "cc_dispatch")],
    ("cc_ingest", "SELECT", "events.accounts", "name"),
    ("cc_ingest", "SELECT", "events.reports", "token_sha256"),
    ("cc_ingest", "UPDATE", "iot.dirty", "device_no"),
    ("cc_dispatch", "SELECT", "events.accounts", "password_hash"),
    ("cc_dispatch", "SELECT", "events.sessions", "token_sha256"),
    ("cc_dispatch", "SELECT", "events.action_keys", "key"),
    ("cc_web", "UPDATE", "events.accounts", "password_hash"),
    ("cc_web", "UPDATE", "events.accounts", "role"),
])  # fmt: skip
def test_a_process_may_not(
    database: TestDatabase, role: str, right: str, table: str, column: str
) -> None:
    with database.superuser() as conn:
        found = conn.execute(
            "SELECT has_column_privilege(%s, %s, %s, %s)", (role, table, column, right)
        ).fetchone()
    assert found == (False,)


def test_nothing_that_was_recorded_can_be_deleted(database: TestDatabase) -> None:
    """Deleting is for queues, sessions, shifts and holidays, and for the base map."""
    with database.superuser() as conn:
        rows = conn.execute(
            "SELECT DISTINCT n.nspname || '.' || c.relname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " CROSS JOIN unnest(ARRAY['cc_web', 'cc_ingest', 'cc_dispatch', 'cc_admin']) AS role"
            " WHERE n.nspname IN ('grid', 'events', 'iot', 'contact') AND c.relkind IN ('r', 'p')"
            " AND (has_table_privilege(role, c.oid, 'DELETE')"
            " OR has_table_privilege(role, c.oid, 'TRUNCATE')) ORDER BY 1"
        ).fetchall()
    assert [row[0] for row in rows] == [
        "events.calendar_days", "events.inbox", "events.sessions", "events.shifts",
        "grid.basemap", "iot.dirty",
    ]  # fmt: skip
