"""`command-center import components`: city facilities."""

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from grid.actions.import_components import import_components

    return import_components(
        given.engine, given.path, by=given.by, crs=given.crs, mapping=given.mapping
    )


KIND = ImportKind(
    name="components",
    help="city facilities",
    columns="Columns: code, kind, name_zh, name_en; points. Others are kept as attributes.",
    run=_run,
)
