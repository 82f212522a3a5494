"""`command-center dispatch`: the dispatcher."""

import argparse
import os

from command_center.machine.doors import database_url
from command_center.machine.quick_start import quick_start
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "dispatch",
        help="the dispatcher, against given services",
        description="Turn events into tickets, route them, watch deadlines, deliver notices;"
        " needs COMMAND_CENTER_DATABASE_URL (role cc_dispatch).",
    )
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Dispatch until SIGTERM."""
    settings = read_settings(os.environ)
    database_url(settings, "cc_dispatch")  # says what is missing before slow imports
    with quick_start():
        from command_center import dispatcher

    return int(dispatcher.main() or 0)
