"""`command-center import warning`: a warning of somebody else, as a CAP 1.2 file."""

from datetime import UTC, datetime

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import GridProblem, ImportReport


def _run(given: Given) -> ImportReport:
    from events.actions.take_warning import take_warning
    from events.model.cap import MOST_BYTES, NotCap, read_cap
    from grid.store.postgis import transaction

    try:
        with given.path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise GridProblem(
            zh=f"文件 {given.path} 打不开：{fault.strerror}。",
            en=f"the file {given.path} cannot be opened: {fault.strerror}.",
        ) from fault
    try:
        message = read_cap(content)
        with transaction(given.engine, given.by) as conn:
            taken = take_warning(conn, message, now=datetime.now(UTC))
    except NotCap as problem:
        return ImportReport(imported=0, refused=problem.refusals)
    return ImportReport(imported=1, refused=(), unchanged=0 if taken.new else 1)


KIND = ImportKind(
    name="warning",
    help="a warning of somebody else (CAP 1.2)",
    columns="An XML file: alert, update or cancellation. Polygons, circles, and codes of divisions"
    " become areas on the map until they expire, are replaced or cancelled.",
    run=_run,
)
