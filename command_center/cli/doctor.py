"""`command-center doctor`: check everything and say what to do."""

import argparse
import dataclasses
import json
import os

from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "doctor",
        help="check services, versions, clocks, disk, and say what to do",
        description="Check versions, data folder, disk, database, schema, broker, clocks and"
        " processes. Ends with 1 when something is bad.",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line per finding."""
    settings = read_settings(os.environ)
    from command_center.machine.doctor import Grade, examine

    findings = list(examine(settings))
    if arguments.json:
        print(json.dumps([dataclasses.asdict(one) for one in findings], ensure_ascii=False))
    else:
        marks = {Grade.OK: "ok ", Grade.WARNING: "?  ", Grade.BAD: "BAD"}
        for one in findings:
            print(f"{marks[one.grade]}  {one.check:<14} {one.told(settings.language)}")
    return 1 if any(one.grade is Grade.BAD for one in findings) else 0
