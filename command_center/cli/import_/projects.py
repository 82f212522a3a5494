"""`command-center import projects`: outfalls and sites that are being rectified."""

from datetime import UTC, datetime

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _run(given: Given) -> ImportReport:
    from events.actions.projects.import_list import import_projects

    return import_projects(
        given.engine, given.path, by=given.by, now=datetime.now(UTC), crs=given.crs,
        mapping=given.mapping,
    )  # fmt: skip


KIND = ImportKind(
    name="projects",
    help="a list of outfalls and construction sites to be rectified",
    columns="Columns: code, kind (outfall, site), department, names; points. Where known: type,"
    " water, receives, target_class, stage, method, before_class, after_class.",
    run=_run,
)
