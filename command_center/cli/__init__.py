"""The subcommands of command-center, one file each.

A file of this folder is a subcommand when it has `add_to(subcommands)`, which adds a parser
whose defaults carry `run`: a function of the parsed arguments that returns the exit code
(0 done, 1 failed, 2 wrong use).
"""

import argparse
import importlib
import os
import pkgutil
import select
import signal
import sys
from collections.abc import Callable, Sequence

from command_center.problem import Problem
from command_center.settings import read_language


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every subcommand found in this folder."""
    parser = argparse.ArgumentParser(
        prog="command-center",
        description="A command center for grid-based urban governance.",
    )
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module_info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        if hasattr(module, "add_to"):
            module.add_to(subcommands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand named on the command line and return its exit code.

    A Problem is told on standard error, in the language of the environment.
    """
    try:
        parsed = _parsed(arguments)
        run: Callable[[argparse.Namespace], int] = parsed.run
        code = run(parsed)
        _flush()
    except BrokenPipeError:
        if not _nobody_reads():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Problem as problem:
        print(f"command-center: {problem.told(read_language(os.environ))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return build_parser().parse_args(arguments)
    except SystemExit:  # help was asked for, or the use is wrong
        _flush()
        raise


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _nobody_reads() -> bool:
    """Whether who reads what is printed has read enough and is gone: `... | head`."""
    output = select.poll()
    output.register(sys.stdout, 0)  # a pipe without a reader is an error whatever is asked for
    return bool(output.poll(0))
