"""What each process may do to the database: what it needs, and not what would hurt."""

from __future__ import annotations

import pytest

from tests.support.cluster import TestDatabase

PROCESSES = ("cc_web", "cc_ingest", "cc_dispatch")


@pytest.mark.parametrize(("role", "right", "table", "column"), [
    *[(role, "SELECT", "iot.devices", "secret_hash") for role in PROCESSES],
    *[("cc_web", right, "iot.devices", column)
      for right in ("INSERT", "UPDATE") for column in ("name_en", "secret_hash", "disabled_at")],
    *[("cc_web", "UPDATE", "iot.quarantine", column) for column in ("payload", "resolved_at")],
    *[("cc_web", right, "iot.replays", "asked_by") for right in ("INSERT", "UPDATE")],
    ("cc_web", "INSERT", "iot.readings", "value"),
    ("cc_ingest", "INSERT", "iot.replays", "asked_by"),
    *[(role, "UPDATE", "events.ticket_events", "unlinked_at")
      for role in ("cc_ingest", "cc_dispatch")],
    ("cc_web", "UPDATE", "events.ticket_events", "event_id"),
    *[("cc_web", "UPDATE", "events.proposals", one) for one in ("asked_by", "verb", "reason")],
    *[("cc_dispatch", right, "events.proposals", "approvals") for right in ("INSERT", "UPDATE")],
    ("cc_dispatch", "UPDATE", "events.parties", "signed_at"),
    *[(role, right, "events.duty_rules", "department_code")
      for role in PROCESSES for right in ("INSERT", "UPDATE")],
    ("cc_admin", "UPDATE", "events.duty_rules", "department_code"),
    *[(role, "UPDATE", "events.duty_versions", "effective_from")
      for role in ("cc_ingest", "cc_dispatch")],
    ("cc_web", "UPDATE", "events.duty_alerts", "ended_at"),
    ("cc_ingest", "SELECT", "events.proposals", "reason"),
    *[(role, "UPDATE", "events.projects", one) for role in (*PROCESSES, "cc_admin")
      for one in ("number", "kind", "component_id", "opened_at", "opened_why")],
    *[("cc_dispatch", right, "events.project_samples", "measured")
      for right in ("INSERT", "UPDATE")],
    *[(role, "UPDATE", "events.project_samples", "water_class") for role in ("cc_web", "cc_admin")],
    ("cc_ingest", "SELECT", "events.projects", "cause"),
    *[(role, "UPDATE", "events.ledger", "payload") for role in (*PROCESSES, "cc_admin")],
    *[(role, "UPDATE", "events.events", "description") for role in (*PROCESSES, "cc_admin")],
    *[(role, "SELECT", table, "contact") for role in ("cc_ingest", "cc_dispatch")
      for table in ("contact.contacts", "contact.households")],
    ("cc_admin", "SELECT", "contact.contacts", "contact"),
    ("cc_web", "UPDATE", "contact.households", "phone"),
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
    """Deleting is for queues, sessions, failures to sign in, shifts and holidays, for the base map,
    and for what is computed from readings and from tickets, the samples of figures among it.
    And who has moved out of a household is not kept: it is personal data."""
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
        "contact.households",
        "events.calendar_days", "events.facts", "events.figure_samples", "events.inbox",
        "events.sessions", "events.shifts", "events.sign_in_failures",
        "events.tallies", "events.to_compare", "events.to_count", "events.to_relate",
        "grid.basemap", "iot.compared", "iot.dirty", "iot.dirty_windows", "iot.stale",
    ]  # fmt: skip


def test_what_works_with_the_owners_rights_is_for_those_who_need_it(
    database: TestDatabase,
) -> None:
    """PostgreSQL lets everybody call a new function; here it must be said who may."""
    with database.superuser() as conn:
        rows = conn.execute(
            "SELECT p.oid::regproc::text, array_agg(role ORDER BY role) FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace"
            " CROSS JOIN unnest(ARRAY['cc_web', 'cc_ingest', 'cc_dispatch', 'cc_admin', 'public'])"
            " AS role WHERE n.nspname IN ('grid', 'events', 'iot', 'contact') AND p.prosecdef"
            " AND has_function_privilege(role, p.oid, 'EXECUTE') GROUP BY 1 ORDER BY 1"
        ).fetchall()
    people = ["cc_admin", "cc_web"]
    found = {name: roles for name, roles in rows if "cc_web" in roles or "public" in roles}
    assert found == {
        f"iot.{name}": people
        for name in (
            "add_metric", "ask_for_replay", "check_administrator", "lift_blocks", "put_device",
            "set_aside_as_seen", "set_device_disabled", "set_device_secret",
        )
    }  # fmt: skip
