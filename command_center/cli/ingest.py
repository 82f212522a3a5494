"""`command-center ingest`: the ingest process."""

import argparse
import os
import sys


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "ingest",
        help="the ingest process, against given services",
        description="Take readings from the broker, and from stations, into the database and"
        " judge them; needs COMMAND_CENTER_DATABASE_URL (role cc_ingest) and"
        " COMMAND_CENTER_BROKER_URL.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--no-judge", action="store_true", help="store only, judge nothing")
    parser.add_argument(
        "--listen", default="127.0.0.1", metavar="ADDRESS", help="where stations connect"
    )
    parser.add_argument(
        "--hj212-port", type=int, default=0, metavar="N", help="port for HJ 212 stations; 0: none"
    )
    parser.add_argument(
        "--sl651-port", type=int, default=0, metavar="N", help="port for SL 651 stations; 0: none"
    )
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="ingest processes, 1 to 16"
    )
    parser.add_argument(
        "--spool-megabytes",
        type=int,
        default=4096,
        metavar="N",
        help="most disk space for messages while the database is away; 0: no spool",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Become the ingest process: it is a program of its own below this one."""
    options = [
        "--listen", arguments.listen, "--hj212-port", str(arguments.hj212_port),
        "--sl651-port", str(arguments.sl651_port), "--processes", str(arguments.processes),
        "--spool-megabytes", str(arguments.spool_megabytes),
    ]  # fmt: skip
    if arguments.no_judge:
        options.append("--no-judge")
    os.execv(sys.executable, [sys.executable, "-m", "iot_ingest", *options])  # noqa: S606
