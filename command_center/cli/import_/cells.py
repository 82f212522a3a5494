"""`command-center import cells`: unit cells."""

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from grid.actions.import_cells import import_cells

    return import_cells(given.engine, given.path, by=given.by, crs=given.crs, mapping=given.mapping)


KIND = ImportKind(
    name="cells",
    help="unit cells",
    columns="Columns: code (15 digits); polygons that cover their communities without"
    " gaps or overlaps.",
    run=_run,
)
