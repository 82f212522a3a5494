"""Bring a database up to date: its schema, then what our packs have that is new."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from command_center.machine.database_problems import database_problems
from grid.store.migrate import migrate
from grid.store.postgis import make_engine, transaction

BY = "system:migrate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """The names of the migrations that were applied; the categories and figures that were new."""

    migrations: tuple[str, ...]
    categories: tuple[str, ...]
    figures: tuple[str, ...]


def bring_up_to_date(url: str) -> Applied:
    """Apply what is missing, as the owner of the schema.

    A rule of a newer version raises events of categories that an older city does not have: they
    are added, and so are figures of the evaluation. What the city changed in those that it has
    stays. Raises Problem.
    """
    from iot_ingest.store.registration import sync_metrics

    with database_problems():
        migrations = migrate(url)
        engine = make_engine(url, role="cc_owner", pool_size=1)
        try:
            with transaction(engine, BY) as conn:
                categories = add_new_categories(conn, datetime.now(UTC))
                figures = add_new_figures(conn, datetime.now(UTC))
                sync_metrics(conn)
        finally:
            engine.dispose()
    return Applied(migrations=tuple(migrations), categories=categories, figures=figures)


def add_new_figures(conn: Connection, now: datetime) -> tuple[str, ...]:
    """Add the figures of our pack that the city does not have at all; "code version" of each."""
    from command_center.evaluation.pack import read_pack
    from events.actions.configure import add_formulas

    return add_formulas(conn, read_pack(), now=now, anew=True)


def add_new_categories(conn: Connection, now: datetime) -> tuple[str, ...]:
    """Add the categories of our packs that the city does not have yet; their codes."""
    from events.actions.configure import add_categories
    from events.model.category import Category
    from layers.packs import load_categories

    rows = [Category.from_row(one.as_row()) for one in load_categories()]
    return add_categories(conn, rows, now=now)
