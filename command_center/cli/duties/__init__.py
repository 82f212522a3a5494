"""`command-center duties`: who answers for what, as ordered rules in versions."""

import argparse
from collections.abc import Callable
from pathlib import Path

from command_center.cli.duties import change, replayed, show

_DESCRIPTION = """\
Duties are an ordered list of rules; the first that matches a ticket decides which department
answers. A version is imported as a draft, checked, replayed on past tickets, and put in force by
two people from a time on. What was in force stays as it was, and every decision names its version
and rule.
"""


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its actions."""
    parser = subcommands.add_parser(
        "duties",
        help="who answers for what: list, import, check, backtest, activate, history",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    def action(
        name: str, text: str, run: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        one = actions.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        one.add_argument("--json", action="store_true", help="print the result as JSON")
        one.set_defaults(run=run)
        return one

    _add_shows(action)
    _add_changes(action)


_Adder = Callable[[str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]


def _add_shows(action: _Adder) -> None:
    one = action("list", "the rules of a version in order, and what is wrong with them", show.rules)
    one.add_argument("--version", type=int, metavar="N", help="default: the one in force")
    one.add_argument("--csv", action="store_true", help="as a file that `duties import` takes")
    action("history", "every version: how far it is, who did what, when and why", show.history)
    one = action(
        "check",
        "what is wrong with a version or a file: rules that never decide, that decide by their"
        " order alone, that name what is not there; 1 when there are errors",
        show.check,
    )
    one.add_argument("what", metavar="VERSION|FILE", nargs="?", help="default: the newest version")
    one = action(
        "backtest",
        "what the tickets of the last months would have become under a version, against the one"
        " in force and against who solved them",
        replayed.run,
    )
    one.add_argument("version", type=int, metavar="VERSION")
    one.add_argument(
        "--months", type=int, default=3, metavar="N", help="how far back, 3 if not given"
    )


def _add_changes(action: _Adder) -> None:
    one = action(
        "import", "read a whole version from a file as a draft, or list every refused row",
        change.import_,
    )  # fmt: skip
    one.add_argument("file", metavar="FILE", type=Path, help=".csv or .toml")
    one.add_argument("--note", default="", metavar="TEXT", help="what is new in it")
    one = action(
        "activate",
        "ask to put a draft in force; where somebody else has asked, do it",
        change.activate,
    )
    one.add_argument("version", type=int, metavar="VERSION")
    one.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the ledger")
    one.add_argument("--accept", default="", metavar="TEXT", help="why its warnings are accepted")
    one.add_argument("--from", dest="starts", metavar="TIME", help="in force from then on")
    one.add_argument(
        "--alone",
        action="store_true",
        help="without a second person: for a city's first duties; the ledger says so",
    )
    for name, text, run in (
        ("refuse", "refuse what somebody asked, or take back what you asked", change.refuse),
        ("discard", "a draft, or a version before its time, is never in force", change.discard),
    ):
        one = action(name, text, run)
        one.add_argument("version", type=int, metavar="VERSION")
        one.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the ledger")
