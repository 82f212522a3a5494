"""`command-center broker-files`: who may connect to a city's own broker."""

import argparse
import json
import os
import sys
from pathlib import Path

from command_center.machine.doors import database_url
from command_center.settings import read_settings

_DESCRIPTION = """\
Write the files by which a city's own broker knows devices and our own users, from the registry:
command-center.passwords and command-center.acl for Mosquitto, command-center-users.conf for
nats-server. Devices that are disabled or cut off are left out; once the broker has read the files
again, it disconnects them. Secrets of our own users are made once, in DIR/secrets.
"""


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "broker-files",
        help="passwords and access rules for a city's own broker",
        description=_DESCRIPTION,
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder, e.g. /etc/mosquitto")
    parser.add_argument(
        "--broker", choices=("mosquitto", "nats"), default="mosquitto", help="default: mosquitto"
    )
    parser.add_argument(
        "--owner", metavar="USER", help="the account that the broker runs as; default: the caller"
    )
    parser.add_argument(
        "--reload", metavar="PIDFILE", type=Path, help="have the broker read them again (SIGHUP)"
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on, and write them again within a second of a change",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write them; with --follow, until SIGTERM or Ctrl-C."""
    settings = read_settings(os.environ)
    from command_center.machine.broker import BROKERS
    from command_center.machine.broker_folder import BrokerFolder
    from command_center.machine.database_problems import database_problems
    from grid.store.postgis import make_engine

    files = BrokerFolder(
        BROKERS[arguments.broker],
        arguments.folder,
        owner=arguments.owner,
        pid_file=arguments.reload,
    )
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    try:
        with database_problems():
            devices, left_out = files.refresh(engine) or (0, [])
        chinese = settings.language == "zh"
        if arguments.json:
            found = {"devices": devices, "left_out": left_out, "secrets": str(files.secrets)}
            print(json.dumps(found), flush=True)
        elif chinese:
            print(f"{devices} 台设备可以连接；本系统账号的密钥在 {files.secrets}。", flush=True)
        else:
            print(f"{devices} devices may connect; our own users: {files.secrets}", flush=True)
        if left_out:
            print(_left_out(left_out, chinese=chinese), file=sys.stderr, flush=True)
        if arguments.follow:
            files.follow(
                engine, lambda one: print(one.told(settings.language), file=sys.stderr, flush=True)
            )
    finally:
        engine.dispose()
    return 0


def _left_out(names: list[str], *, chinese: bool) -> str:
    some = ", ".join(names[:5])
    if chinese:
        return (
            f"{len(names)} 台设备在支持 NATS 之前登记，需要新的密钥"
            f"（command-center device secret ID）才能连接：{some}"
        )
    return (
        f"{len(names)} devices were registered before NATS was supported and need a new secret"
        f" (command-center device secret ID) to connect: {some}"
    )
