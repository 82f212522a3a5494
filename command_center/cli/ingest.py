"""`command-center ingest`: the ingest process."""

import argparse
import os
import sys


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "ingest",
        help="the ingest process, against given services",
        description="Take readings from the broker into the database and judge them; needs"
        " COMMAND_CENTER_DATABASE_URL (role cc_ingest) and COMMAND_CENTER_BROKER_URL. Further"
        " arguments go to `python -m iot_ingest`.",
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Become the ingest process: it is a program of its own below this one."""
    os.execv(sys.executable, [sys.executable, "-m", "iot_ingest", *arguments.arguments])  # noqa: S606
