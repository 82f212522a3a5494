"""`command-center import elevations`: how high the ground of cells lies."""

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from grid.actions.import_elevations import import_elevations

    return import_elevations(given.engine, given.path, by=given.by, mapping=given.mapping)


KIND = ImportKind(
    name="elevations",
    help="how high the ground of cells lies",
    columns="Columns: cell (code, 15 digits), elevation_m (its lowest ground, above the datum of"
    " the gauges' heights).",
    run=_run,
)
