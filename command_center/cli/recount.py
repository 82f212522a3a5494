"""`command-center recount`: count the evaluation anew, or see that it is right."""

import argparse
import json
import os

from command_center.machine.doors import database_url
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "recount",
        help="count the evaluation's facts anew, or check them",
        description="Derive what counts of every ticket anew, and the sums of the days from that."
        " Needed after areas were moved or the city's time zone was changed. --check changes"
        " nothing and ends with 1 where anything is not as a plain count says.",
    )
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Count or compare; 1 where a comparison found something."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from events.actions.count import count_all, faults
    from events.model.access import system
    from grid.store.postgis import make_engine

    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    found: list[str] = []
    counted = 0
    try:
        with database_problems():
            if arguments.check:
                found = faults(engine, by=system("recount"))
            else:
                counted = count_all(engine, by=system("recount"))
    finally:
        engine.dispose()
    if arguments.json:
        print(json.dumps({"counted": counted, "faults": found}, ensure_ascii=False))
    elif arguments.check:
        print("\n".join(found) or "all facts and sums are right")
    else:
        print(f"{counted:,} tickets counted")
    return 1 if found else 0
