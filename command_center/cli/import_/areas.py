"""`command-center import areas`: administrative areas."""

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from grid.actions.import_areas import import_areas

    return import_areas(given.engine, given.path, by=given.by, crs=given.crs, mapping=given.mapping)


KIND = ImportKind(
    name="areas",
    help="administrative areas",
    columns="Columns: code (4 digits city, 6 district, 9 street, 12 community), name_zh,"
    " name_en; polygons.",
    run=_run,
)
