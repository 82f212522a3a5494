"""`command-center import supplies`: what control sites have in store."""

from datetime import UTC, datetime

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from events.actions.import_supplies import import_supplies

    return import_supplies(
        given.engine, given.path, by=given.by, now=datetime.now(UTC), mapping=given.mapping
    )


KIND = ImportKind(
    name="supplies",
    help="counts of supplies at control sites",
    columns="Columns: site (code of a facility, kind control_site), item, stock, least; name_zh,"
    " name_en, unit, counted_at. What has run short becomes a ticket.",
    run=_run,
)
