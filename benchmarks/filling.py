"""Fill tables of a private database fast: indexes are made at the end, from all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

# Those that no constraint needs.
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index AS i
WHERE indrelid = ANY(CAST(%s AS regclass[]))
    AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
"""


@contextmanager
def without_indexes(conn: psycopg.Connection, *tables: str) -> Iterator[None]:
    """Do without the indexes of ``tables`` inside, as superuser, and without their triggers and
    foreign keys: what is generated is consistent, and writes itself what triggers would."""
    found = conn.execute(_INDEXES, [list(tables)]).fetchall()
    conn.execute("SET session_replication_role = replica")
    for name, _ in found:
        conn.execute(f"DROP INDEX {name}".encode())
    yield
    conn.execute("SET maintenance_work_mem = '1GB'")
    for _, made in found:
        conn.execute(made.encode())
    conn.execute("RESET maintenance_work_mem")
    conn.execute("SET session_replication_role = origin")
