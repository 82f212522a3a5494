"""`command-center import formulas`: the city's own versions of the evaluation's figures."""

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from datetime import UTC, datetime

    from command_center.evaluation.pack import read_pack
    from command_center.problem import Problem
    from events.actions.configure import add_formulas
    from events.model.problems import Refused
    from grid.store.postgis import transaction

    rows = read_pack(given.path)
    try:
        with transaction(given.engine, given.by) as conn:
            added = add_formulas(conn, rows, now=datetime.now(UTC))
    except Refused as refused:
        told = refused.refusal
        raise Problem(
            zh=f"{told.field}：{told.told('zh')}", en=f"{told.field}: {told.told('en')}"
        ) from refused
    return ImportReport(imported=len(rows), refused=(), unchanged=len(rows) - len(added))


KIND = ImportKind(
    name="formulas",
    help="versions of the evaluation's figures",
    columns="A TOML file as docs/evaluation.md shows; --crs and --mapping mean nothing for it.",
    run=_run,
)
