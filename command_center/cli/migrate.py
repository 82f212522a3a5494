"""`command-center migrate`: bring the schema up to date, and what the city is configured with."""

import argparse
import json
import os

from command_center.machine.doors import database_url
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "migrate",
        help="bring the database's schema and categories up to date",
        description="Apply the migrations that are missing in the database, in order, then add the"
        " categories and metrics that are new in this version, and what an older city could not"
        " have set up. What the city changed stays.",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Apply what is missing and say what was applied and added."""
    settings = read_settings(os.environ)
    from command_center.machine.up_to_date import bring_up_to_date

    applied = bring_up_to_date(database_url(settings, "cc_owner"))
    if arguments.json:
        told = {
            "applied": applied.migrations,
            "categories": applied.categories,
            "figures": applied.figures,
            "proofs": applied.proofs,
            "ladder": applied.ladder,
        }
        print(json.dumps(told))
    else:
        for name in (*applied.migrations, *applied.categories, *applied.figures):
            print(name)
        zh = settings.language == "zh"
        for code in applied.proofs:
            print(f"{code}: {'结案须有凭证' if zh else 'closed with proof'}")
        if applied.ladder:
            print("已设置默认的逐级督办" if zh else "lateness is told level by level, by default")
        print("已是最新" if settings.language == "zh" else "up to date")
    return 0
