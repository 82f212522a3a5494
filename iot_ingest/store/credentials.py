"""Who may connect to the broker: the devices' password entries."""

from sqlalchemy import Connection

from grid.store.named_sql import Statements

SQL = Statements.beside(__file__)


def entries(conn: Connection) -> dict[str, str]:
    """Return device id -> password entries (`broker_password`) of devices that may connect."""
    return {row.device_id: row.secret_hash for row in SQL.rows(conn, "entries")}


def mark(conn: Connection) -> str:
    """Return a text that changes whenever `entries` may have changed."""
    found: str = SQL.value(conn, "mark")
    return found
