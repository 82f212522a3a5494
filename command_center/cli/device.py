"""`command-center device`: how devices are; a new secret, out of service, letting one in."""

import argparse
import getpass
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
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
        help="devices: how they are; a new secret; out of service; let one in that was cut off",
        description="How devices are, and what is done to one of them.",
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
    secret = verbs.add_parser(
        "secret",
        help="a new secret",
        description="Give a device a new secret and print it, this once; the old one lets nobody"
        " in any more.",
    )
    disable = verbs.add_parser(
        "disable",
        help="out of service",
        description="Take a device out of service: the broker disconnects it and lets it in no"
        " more.",
    )
    enable = verbs.add_parser(
        "enable", help="back into service", description="Let a device in that was out of service."
    )
    single = {"let-in": let_in, "secret": secret, "disable": disable, "enable": enable}
    for parsed in single.values():
        parsed.add_argument("device_id", metavar="ID", help="the device's id")
    for verb, parsed in {"health": health, **single}.items():
        parsed.add_argument("--json", action="store_true", help="print the result as JSON")
        parsed.set_defaults(run=run, verb=verb)


def run(arguments: argparse.Namespace) -> int:
    """Look, or do it; 1 when there is no such device, or nothing to do."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems
    from grid.store.postgis import make_engine

    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    try:
        with database_problems():
            if arguments.verb != "health":
                _do(engine, arguments)
                return 0
            with engine.connect() as conn:
                _print_health(conn, arguments, settings.language)
    finally:
        engine.dispose()
    return 0


def _do(engine: "Engine", arguments: argparse.Namespace) -> None:
    from iot_ingest.store.provisioning import NoSuchDevice

    device_id, by = arguments.device_id, system(f"cli:{getpass.getuser()}").key
    try:
        told = _DOES[arguments.verb](engine, device_id, by)
    except NoSuchDevice as error:
        raise Problem(
            zh=f"没有登记设备 {device_id}，请核对编号。",
            en=f"no device {device_id} is registered: check the id.",
        ) from error
    if arguments.json:
        print(json.dumps({"device_id": device_id, **told}))
    elif "secret" in told:
        print(told["secret"])


def _let_in(engine: "Engine", device_id: str, by: str) -> dict[str, Any]:
    from iot_ingest.store.provisioning import let_in

    if not let_in(engine, device_id, by=by):
        raise Problem(
            zh=f"设备 {device_id} 没有被断开，无需恢复。",
            en=f"device {device_id} is not cut off: there is nothing to do.",
        )
    return {"let_in": True}


def _renew(engine: "Engine", device_id: str, by: str) -> dict[str, Any]:
    from iot_ingest.store.provisioning import renew_secret

    return {"secret": renew_secret(engine, device_id, by=by)}


def _set_disabled(disabled: bool, engine: "Engine", device_id: str, by: str) -> dict[str, Any]:
    from iot_ingest.store import devices
    from iot_ingest.store.provisioning import NoSuchDevice, set_disabled

    if not set_disabled(engine, device_id, disabled, by=by):
        with engine.connect() as conn:
            if devices.by_id(conn, device_id) is None:
                raise NoSuchDevice(device_id)
    return {"disabled": disabled}


_DOES: Mapping[str, Callable[["Engine", str, str], dict[str, Any]]] = {
    "let-in": _let_in,
    "secret": _renew,
    "disable": partial(_set_disabled, True),
    "enable": partial(_set_disabled, False),
}


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
