"""`command-center migrate`: bring the schema up to date."""

import argparse
import json
import os

from command_center.machine.doors import database_url
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "migrate",
        help="bring the database's schema up to date",
        description="Apply the migrations that are missing in the database, in order.",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Apply what is missing and say what was applied."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from grid.store.migrate import migrate

    with database_problems():
        applied = migrate(database_url(settings, "cc_owner"))
    if arguments.json:
        print(json.dumps({"applied": applied}))
    else:
        for name in applied:
            print(name)
        print("已是最新" if settings.language == "zh" else "up to date")
    return 0
