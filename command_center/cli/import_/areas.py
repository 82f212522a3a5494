"""`command-center import areas`: administrative areas."""

import argparse

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--time-zone",
        metavar="NAME",
        help="of the city, if the file has its area: Asia/Shanghai (default in China), ...",
    )


def _run(given: Given) -> ImportReport:
    from grid.actions.import_areas import import_areas

    return import_areas(
        given.engine,
        given.path,
        by=given.by,
        crs=given.crs,
        mapping=given.mapping,
        time_zone=given.arguments.time_zone,
    )


KIND = ImportKind(
    name="areas",
    help="administrative areas",
    columns="Columns: code (4 digits city, 6 district, 9 street, 12 community), name_zh,"
    " name_en; polygons.",
    run=_run,
    add_options=_options,
)
