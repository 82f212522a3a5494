"""`command-center import KIND FILE`: bring in a city's own data, one file here for each kind.

A file of this folder is a kind of import when it has `KIND`, an `ImportKind`.
"""

import argparse
import getpass
import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from command_center.cli.import_.kind import Given, ImportKind
from command_center.cli.import_.told import print_report
from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import read_settings


def kinds() -> Iterator[ImportKind]:
    """Every kind of import found in this folder."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        kind = getattr(importlib.import_module(f"{__name__}.{found.name}"), "KIND", None)
        if isinstance(kind, ImportKind):
            yield kind


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its kinds."""
    parser = subcommands.add_parser(
        "import",
        help="bring in areas, cells, components, devices, requests or a base map",
        description="Import a file: all of it, or nothing and a list of every refused row.",
    )
    names = parser.add_subparsers(metavar="KIND", required=True)
    for kind in kinds():
        one = names.add_parser(
            kind.name,
            help=kind.help,
            description=f"{kind.help.capitalize()}. {kind.columns}",
            epilog="Kinds of file: .gpkg .geojson .shp .zip (a Shapefile) .parquet .csv",
        )
        one.add_argument("file", metavar="FILE", type=Path, help="the file to import")
        one.add_argument(
            "--crs",
            metavar="NAME",
            help="coordinate system of the file, where it does not say so itself:"
            " EPSG:4490, EPSG:4548, GCJ-02, BD-09, ...",
        )
        one.add_argument(
            "--mapping", metavar="FILE.toml", type=Path, help="how its columns are called in ours"
        )
        one.add_argument("--json", action="store_true", help="print the report as JSON")
        kind.add_options(one)
        one.set_defaults(run=run, kind=kind)


def run(arguments: argparse.Namespace) -> int:
    """Import the file and print the report: 0 when it was taken over, 1 when it was refused."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from grid.actions.read_table import read_mapping
    from grid.model.refusal import GridProblem
    from grid.store.postgis import make_engine

    kind: ImportKind = arguments.kind
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=2)
    try:
        with database_problems():
            report = kind.run(
                Given(
                    path=arguments.file,
                    crs=arguments.crs,
                    mapping=read_mapping(arguments.mapping),
                    by=f"system:cli:{getpass.getuser()}",
                    engine=engine,
                    settings=settings,
                    arguments=arguments,
                )
            )
    except GridProblem as problem:
        raise Problem(zh=problem.zh, en=problem.en) from problem
    finally:
        engine.dispose()
    print_report(report, settings.language, as_json=arguments.json)
    return 1 if report.refused and not report.imported else 0
