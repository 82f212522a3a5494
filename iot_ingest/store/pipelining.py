"""Statements whose answers nobody waits for, sent together: one round trip for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection


@contextmanager
def pipelined(conn: Connection) -> Iterator[None]:
    """Send what runs inside without waiting for each answer; wait for all of them at the end.

    Only for statements that return nothing: rows and counts of rows are not known inside. What
    the database refuses is raised at the end.
    """
    driver = conn.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("pipelined needs a psycopg connection")
    with driver.pipeline():
        yield
