"""`command-center serve`: the web process."""

import argparse
import gc
import os
import sys

from command_center.machine.doors import database_url
from command_center.machine.quick_start import quick_start
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "serve",
        help="the web process, against given services",
        description="Serve pages and API; needs COMMAND_CENTER_DATABASE_URL (role cc_web).",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8050, help="port to listen on")
    parser.add_argument(
        "--spare",
        action="store_true",
        help="be ready, and serve once a line comes on standard input",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    settings = read_settings(os.environ)
    database_url(settings, "cc_web")  # says what is missing before slow imports
    with quick_start():
        from command_center.app import create_app, main_serve

        app = create_app(settings)
    # the picture of a big city is kept, too: looking through it for garbage again and again would
    # hold up everybody who asks meanwhile
    app.hub.on_loaded = gc.freeze
    if arguments.spare and not sys.stdin.readline():
        return 0  # who would have said it is gone
    return main_serve(app, host=arguments.host, port=arguments.port)
