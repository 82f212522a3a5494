"""`command-center import households`: who lives in the buildings."""

from datetime import UTC, datetime

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from events.actions.import_households import import_households

    return import_households(
        given.engine, given.path, by=given.by, now=datetime.now(UTC), mapping=given.mapping
    )


KIND = ImportKind(
    name="households",
    help="who lives in the buildings (personal data)",
    columns="Columns: building (code of a facility, kind building), unit; residents, contact,"
    " phone, note. A building in the file has the households of the file and no others.",
    run=_run,
)
