"""Bring a database up to date: its schema, then what our packs have that is new."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from command_center.machine.database_problems import database_problems
from grid.store.migrate import migrate
from grid.store.postgis import make_engine, transaction

if TYPE_CHECKING:
    from events.model.category import Category

BY = "system:migrate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """The names of the migrations that were applied, the categories and figures that were new, the
    codes of the categories that ask for proof now, and whether the city got a ladder."""

    migrations: tuple[str, ...]
    categories: tuple[str, ...]
    figures: tuple[str, ...]
    proofs: tuple[str, ...] = ()
    ladder: bool = False


def bring_up_to_date(url: str) -> Applied:
    """Apply what is missing, as the owner of the schema.

    A rule of a newer version raises events of categories that an older city does not have: they
    are added, and so are figures of the evaluation. What an older city could not have asked for or
    set up yet (proof of closure, who is told of lateness) it gets as our packs have it. What the
    city changed stays. Raises Problem.
    """
    from iot_ingest.store.registration import sync_metrics

    with database_problems():
        migrations = migrate(url)
        engine = make_engine(url, role="cc_owner", pool_size=1)
        try:
            with transaction(engine, BY) as conn:
                now = datetime.now(UTC)
                categories = add_new_categories(conn, now)
                figures = add_new_figures(conn, now)
                proofs, ladder = add_defaults(conn, now)
                sync_metrics(conn)
        finally:
            engine.dispose()
    return Applied(migrations=tuple(migrations), categories=categories, figures=figures,
                   proofs=proofs, ladder=ladder)  # fmt: skip


def add_new_figures(conn: Connection, now: datetime) -> tuple[str, ...]:
    """Add the figures of our pack that the city does not have at all; "code version" of each."""
    from command_center.evaluation.pack import read_pack
    from events.actions.configure import add_formulas

    return add_formulas(conn, read_pack(), now=now, anew=True)


def add_new_categories(conn: Connection, now: datetime) -> tuple[str, ...]:
    """Add the categories of our packs that the city does not have yet; their codes."""
    from events.actions.configure import add_categories

    return add_categories(conn, _categories(), now=now)


def add_defaults(conn: Connection, now: datetime) -> tuple[tuple[str, ...], bool]:
    """What came after the city was made, and nobody has configured since: codes of categories that
    ask for proof now, and whether it got a ladder."""
    from command_center.demo.ladder import ladder_levels
    from events.actions.configure import add_ladder, ask_for_proof
    from grid.store.city import get

    proofs = ask_for_proof(conn, _categories(), now=now)
    return proofs, get(conn) is not None and add_ladder(conn, ladder_levels(), now=now)


def _categories() -> list["Category"]:
    from events.model.category import Category
    from layers.packs import load_categories

    return [Category.from_row(one.as_row()) for one in load_categories()]
