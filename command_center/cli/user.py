"""`command-center user`: accounts."""

import argparse
import getpass
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import Settings, read_settings
from events.model.actor import ROLE_WORDS, Role, system

if TYPE_CHECKING:
    from sqlalchemy import Connection


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "user",
        help="accounts: add, new password, disable",
        description="Accounts of the people who work with the command center.",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser(
        "add",
        help="make an account",
        description="Make an account and print its one-time password.",
        epilog="; ".join(
            f"{role}: {words.en.partition(': ')[2]}" for role, words in ROLE_WORDS.items()
        ),
    )
    add.add_argument("--role", required=True, choices=[str(role) for role in Role])
    add.add_argument("--area", metavar="CODE", help="area answered for; default: the whole city")
    add.add_argument("--department", metavar="CODE", help="department the person belongs to")
    add.add_argument("--crew", metavar="CODE", help="crew the person belongs to (field staff)")
    add.add_argument("--name-zh", default="", metavar="TEXT", help="name on Chinese screens")
    add.add_argument("--name-en", default="", metavar="TEXT", help="name on English screens")
    passwd = verbs.add_parser(
        "passwd", help="a new password", description="Give an account a new password."
    )
    disable = verbs.add_parser(
        "disable", help="no more logins", description="Disable an account and end its sessions."
    )
    for verb, parsed in (("add", add), ("passwd", passwd), ("disable", disable)):
        parsed.add_argument("name", metavar="NAME", help="the account's name")
        parsed.add_argument("--json", action="store_true", help="print the result as JSON")
        parsed.set_defaults(run=run, verb=verb)
    for parsed in (add, passwd):
        parsed.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input instead of making one",
        )


def run(arguments: argparse.Namespace) -> int:
    """Do it in one transaction, in the name of the person at this machine."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from events.model.problems import Refused

    try:
        with database_problems():
            password = _change(settings, arguments)
    except Refused as refused:
        raise Problem(zh=refused.told("zh"), en=refused.told("en")) from refused
    if arguments.json:
        print(json.dumps({"name": arguments.name, "password": password}))
    elif password is not None:
        print(password)
    return 0


def _change(settings: Settings, arguments: argparse.Namespace) -> str | None:
    from events.actions import accounts
    from grid.store.postgis import make_engine, transaction

    by = system(f"cli:{getpass.getuser()}")
    now = datetime.now(UTC)
    given = None
    if getattr(arguments, "password_stdin", False):
        given = sys.stdin.readline().rstrip("\n")
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    try:
        with transaction(engine, by.key) as conn:
            if arguments.verb == "disable":
                accounts.disable(conn, name=arguments.name, by=by, now=now)
                return None
            if arguments.verb == "passwd":
                made = accounts.change_password(
                    conn, name=arguments.name, by=by, now=now, password=given
                )
            else:
                made = accounts.add(
                    conn,
                    name=arguments.name,
                    role=Role(arguments.role),
                    area_code=arguments.area or _whole_city(conn),
                    by=by,
                    now=now,
                    password=given,
                    name_zh=arguments.name_zh,
                    name_en=arguments.name_en,
                    department_code=arguments.department,
                    crew_code=arguments.crew,
                )
    finally:
        engine.dispose()
    return made if given is None else None


def _whole_city(conn: "Connection") -> str:
    from grid.store import areas

    for area in areas.all_areas(conn):
        if area.parent_id is None:
            return area.code
    raise Problem(
        zh="城市还没有辖区：请先执行 command-center import areas。",
        en="the city has no areas yet: run `command-center import areas` first.",
    )
