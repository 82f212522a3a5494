"""Compare described tables with the schema that the migrations made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql.base import PGDialect

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DIALECT = PGDialect()  # type: ignore[no-untyped-call] # not annotated in SQLAlchemy


def differences(conn: Connection, described: MetaData) -> list[str]:
    """What the described schema (all tables of ``described.schema``) has otherwise; [] if equal.

    Compared are tables, columns with type, nullability, default, identity and generation,
    primary keys, foreign keys and unique constraints.
    """
    real = MetaData(schema=described.schema)
    real.reflect(conn)
    schema = f"{described.schema}."
    real_tables = {name: one for name, one in real.tables.items() if name.startswith(schema)}
    told = [
        f"{name} is only {where}"
        for names, where in (
            (described.tables.keys() - real_tables.keys(), "described"),
            (real_tables.keys() - described.tables.keys(), "in the database"),
        )
        for name in sorted(names)
    ]
    for name in sorted(described.tables.keys() & real_tables.keys()):
        here, there = _facts(described.tables[name]), _facts(real_tables[name])
        told += [
            f"{name} {key}: described {here.get(key)}, in the database {there.get(key)}"
            for key in sorted(here.keys() | there.keys())
            if here.get(key) != there.get(key)
        ]
    return told


def _facts(table: Table) -> dict[str, Any]:
    facts: dict[str, Any] = {f"column {one.name}": _column(one) for one in table.columns}
    facts["order"] = [one.name for one in table.columns]
    facts["primary key"] = [one.name for one in table.primary_key.columns]
    facts["foreign keys"] = {(one.parent.name, one.target_fullname) for one in table.foreign_keys}
    unique = {
        tuple(column.name for column in one.columns)
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
    }
    indexed = {tuple(c.name for c in one.columns) for one in table.indexes if one.unique}
    facts["unique"] = unique | indexed | {(c.name,) for c in table.columns if c.unique}
    return facts


def _column(column: Column[Any]) -> dict[str, Any]:
    default = column.server_default
    text = getattr(getattr(default, "arg", None), "text", None)
    computed = column.computed
    return {
        "type": str(column.type.compile(dialect=_DIALECT)),
        "nullable": column.nullable,
        "default": None if text is None or computed is not None else _plain(str(text)),
        "identity": None if column.identity is None else column.identity.always,
        "generated": None if computed is None else _plain(str(computed.sqltext)),
    }


def _plain(expression: str) -> str:
    """Expressions without the casts, schemas and brackets that the database adds."""
    short = re.sub(r"::\w+(\[\])?|\bpublic\.|\s", "", expression).lower()
    while short.startswith("(") and short.endswith(")"):
        short = short[1:-1]
    return short
