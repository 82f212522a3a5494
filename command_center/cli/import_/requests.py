"""`command-center import requests`: requests of another system (311, hotline), with their end."""

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import GridProblem, ImportReport, Refusal

if TYPE_CHECKING:
    from events.actions.import_requests import ImportedRequests
    from events.model.request import RefusedRow, RequestMapping
    from grid.actions.load_file import Loaded
    from grid.model.coordinates import CoordinateSystem


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestReport(ImportReport):
    """What came of an import of requests, in rows; ``cells``: different cells touched.

    ``due``: closed requests that had a target; ``on_time``: those closed by their target.
    """

    rows: int
    closed: int
    open: int
    in_cells: int
    cells: int
    due: int
    on_time: int


def formats() -> list[str]:
    """Return the names of the packaged mappings."""
    folder = resources.files("command_center.cli").joinpath("mappings")
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir())


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=formats(),
        help="a mapping that comes with the program; without it and --mapping the first whose"
        " columns are there",
    )
    parser.add_argument(
        "--skip-refused", action="store_true", help="import the other rows when some are refused"
    )


def _run(given: Given) -> ImportReport:
    from command_center.machine.up_to_date import add_new_categories
    from events.actions.import_requests import import_requests
    from events.model.actor import system
    from grid.actions.load_file import load_file
    from grid.store.postgis import transaction

    loaded = load_file(given.path, given.mapping)
    mapping = _mapping(given, loaded)
    _check_columns(given, loaded, mapping)
    actor = system(given.by.removeprefix("system:"))
    with transaction(given.engine, actor.key) as conn:
        add_new_categories(conn, datetime.now(UTC))
        done = import_requests(
            conn,
            loaded.rows(),
            mapping,
            crs=_coordinate_system(given),
            skip_refused=given.arguments.skip_refused,
            by=actor,
            now=datetime.now(UTC),
        )
    report = _report(done, given)
    if not given.arguments.json:
        _tell(report, given)
    return report


def _mapping(given: Given, loaded: "Loaded") -> "RequestMapping":
    """The mapping of the file given, or named, or the first packaged one that fits."""
    if given.mapping.document:
        return _read(given.mapping.document)
    chosen = given.arguments.format
    candidates = [_packaged(name) for name in ([chosen] if chosen else formats())]
    for one in candidates:
        if chosen or set(one.required()) <= set(loaded.columns):
            return one
    names = ", ".join(loaded.columns)
    raise GridProblem(
        zh=f"无法识别 {given.path.name} 的列（{names}）：请用 --mapping 文件说明各列含义，"
        "写法见 docs/how-to/import-requests.md。",
        en=f"the columns of {given.path.name} ({names}) fit no packaged mapping: say what they"
        " mean in a --mapping file, see docs/how-to/import-requests.md.",
    )


def _packaged(name: str) -> "RequestMapping":
    folder = resources.files("command_center.cli").joinpath("mappings")
    return _read(tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")))


def _read(document: Mapping[str, Any]) -> "RequestMapping":
    from events.model.request import BadMapping, read_mapping

    try:
        return read_mapping(document)
    except BadMapping as bad:
        raise GridProblem(zh=f"{bad.words.zh}。", en=f"the mapping: {bad.words.en}.") from bad


def _check_columns(given: Given, loaded: "Loaded", mapping: "RequestMapping") -> None:
    missing = [one for one in mapping.required() if one not in loaded.columns]
    if missing:
        names = ", ".join(missing)
        raise GridProblem(
            zh=f"{given.path.name} 缺少列：{names}。请更正映射文件的 [columns]。",
            en=f"{given.path.name} lacks columns: {names}. Correct [columns] of the mapping.",
        )


def _coordinate_system(given: Given) -> "CoordinateSystem":
    from grid.model.coordinates import CoordinateSystem, coordinate_system

    said = given.crs or given.mapping.crs
    found = CoordinateSystem.WGS84 if said is None else coordinate_system(said)
    if found is None:
        raise GridProblem(
            zh="案件坐标应为经纬度：--crs 可用 EPSG:4326、EPSG:4490、GCJ-02、BD-09，"
            f"不支持 {said}。",
            en=f"requests have positions in degrees: --crs may be EPSG:4326, EPSG:4490, GCJ-02 or"
            f" BD-09, not {said}.",
        )
    return found


def _report(done: "ImportedRequests", given: Given) -> RequestReport:
    return RequestReport(
        imported=done.imported + done.known,
        unchanged=done.known,
        refused=tuple(_refusal(one) for one in done.refused),
        source_crs=_coordinate_system(given).value,
        rows=done.rows,
        closed=done.closed,
        open=done.open,
        in_cells=done.in_cells,
        cells=done.cells,
        due=done.due,
        on_time=done.on_time,
    )


def _refusal(one: "RefusedRow") -> Refusal:
    from events.model.request import REFUSAL_WORDS

    words = REFUSAL_WORDS[one.refusal]
    return Refusal(row=one.row, field=one.field, reason_zh=words.zh, reason_en=words.en)


def _tell(report: RequestReport, given: Given) -> None:
    if given.settings.language == "zh":
        print(
            f"共 {report.rows} 行：已办结 {report.closed}，未办结 {report.open}，"
            f"落入网格 {report.in_cells}（{report.cells} 个网格）；"
            f"有时限的 {report.due} 件中按期 {report.on_time} 件"
        )
    else:
        print(
            f"{report.rows} rows: {report.closed} closed, {report.open} open, {report.in_cells} in"
            f" cells ({report.cells} different ones); {report.on_time} of {report.due} with a"
            " target closed on time"
        )


KIND = ImportKind(
    name="requests",
    help="requests of another system, with their final state",
    columns="Columns: see docs/how-to/import-requests.md; known without a mapping: "
    + ", ".join(formats())
    + ".",
    run=_run,
    add_options=_options,
)
