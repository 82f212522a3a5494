"""`command-center make-cells`: cut an area into unit cells."""

import argparse
import getpass
import json
import os
from dataclasses import asdict

from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "make-cells",
        help="cut an area into unit cells",
        description="Cut every community of an area into square cells, clipped to the community."
        " An area without communities gets synthetic ones of at most 999 cells. Codes are never"
        " reused: cells that are replaced end, and keep their codes.",
    )
    parser.add_argument("--area", required=True, metavar="CODE", help="code of the area")
    parser.add_argument(
        "--size", required=True, type=float, metavar="METRES", help="side of a cell in metres"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Cut, and say how many cells there are."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from grid.actions.make_cells import make_cells
    from grid.model.refusal import GridProblem
    from grid.store.postgis import make_engine

    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    by = f"system:cli:{getpass.getuser()}"
    try:
        with database_problems():
            made = make_cells(engine, area_code=arguments.area, size_m=arguments.size, by=by)
    except GridProblem as problem:
        raise Problem(zh=problem.zh, en=problem.en) from problem
    finally:
        engine.dispose()
    if arguments.json:
        print(json.dumps(asdict(made)))
    elif settings.language == "zh":
        print(
            f"{made.communities} 个社区（其中合成 {made.synthetic} 个）：新建网格 {made.made}，"
            f"未变 {made.unchanged}，终止 {made.retired}。"
        )
    else:
        print(
            f"{made.communities} communities ({made.synthetic} synthetic): {made.made} cells"
            f" made, {made.unchanged} unchanged, {made.retired} ended."
        )
    return 0
