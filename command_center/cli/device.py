"""`command-center device`: how devices are, and letting one in that was cut off."""

import argparse
import getpass
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import read_settings
from events.model.actor import system

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from iot_ingest.model.health import Health

_PAGE = 500


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "device",
        help="devices: how they are; let one in that was cut off",
        description="How devices are, and letting in one that sent too much and was cut off.",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    health = verbs.add_parser(
        "health",
        help="how devices are, in one word each",
        description="How devices are, in one word each, with what is known of them.",
    )
    health.add_argument("device_ids", nargs="*", metavar="ID", help="these; default: all")
    health.add_argument("--layer", metavar="CODE", help="devices of this layer only")
    health.add_argument("--only", metavar="WORD", help="only those that are this: ok, silent, ...")
    let_in = verbs.add_parser(
        "let-in",
        help="let a device in that was cut off",
        description="Let a device in that sent too much, before its time is over.",
    )
    let_in.add_argument("device_id", metavar="ID", help="the device's id")
    for verb, parsed in (("health", health), ("let-in", let_in)):
        parsed.add_argument("--json", action="store_true", help="print the result as JSON")
        parsed.set_defaults(run=run, verb=verb)


def run(arguments: argparse.Namespace) -> int:
    """Look, or let in; 1 when there is no such device, or it is not cut off."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from grid.store.postgis import make_engine

    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    try:
        with database_problems():
            if arguments.verb == "let-in":
                return _let_in(engine, arguments)
            with engine.connect() as conn:
                _print_health(conn, arguments, settings.language)
    finally:
        engine.dispose()
    return 0


def _let_in(engine: "Engine", arguments: argparse.Namespace) -> int:
    from iot_ingest.store.provisioning import NoSuchDevice, let_in

    device_id = arguments.device_id
    try:
        lifted = let_in(engine, device_id, by=system(f"cli:{getpass.getuser()}").key)
    except NoSuchDevice as error:
        raise Problem(
            zh=f"没有登记设备 {device_id}，请核对编号。",
            en=f"no device {device_id} is registered: check the id.",
        ) from error
    if not lifted:
        raise Problem(
            zh=f"设备 {device_id} 没有被断开，无需恢复。",
            en=f"device {device_id} is not cut off: there is nothing to do.",
        )
    if arguments.json:
        print(json.dumps({"device_id": device_id, "let_in": True}))
    return 0


def _print_health(conn: "Connection", arguments: argparse.Namespace, language: str) -> None:
    from iot_ingest.model.health import WORDS, word

    now = datetime.now(UTC)
    for one in _healths(conn, arguments):
        said = word(one, now)
        if arguments.only and said != arguments.only:
            continue
        if arguments.json:
            print(json.dumps({"word": said, **_plain(one)}, ensure_ascii=False))
        else:
            name = one.name_zh if language == "zh" else one.name_en
            print(f"{one.device_id}\t{WORDS[said][language]}\t{name}")


def _healths(conn: "Connection", arguments: argparse.Namespace) -> "Iterator[Health]":
    from iot_ingest.store import devices, health

    if arguments.device_ids:
        numbers = [one.device_no for one in devices.by_ids(conn, arguments.device_ids)]
        yield from health.of_devices(conn, numbers)
        return
    after = 0
    while page := health.page(conn, after=after, most=_PAGE, layer=arguments.layer):
        yield from page
        after = page[-1].device_no


def _plain(health: "Health") -> dict[str, Any]:
    """Its fields, as JSON has them."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(health).items()
    }
