"""`command-center import basemap`: the base map."""

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from grid.actions.import_basemap import import_basemap

    return import_basemap(
        given.engine, given.path, by=given.by, crs=given.crs, mapping=given.mapping
    )


KIND = ImportKind(
    name="basemap",
    help="the base map",
    columns="Columns: kind (sea, land, water, river, green, building, road_major, road,"
    " road_minor, place), name_zh, name_en; any shapes. Replaces the old base map.",
    run=_run,
)
