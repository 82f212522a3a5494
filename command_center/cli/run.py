"""`command-center run`: everything on this machine."""

import argparse
import asyncio
import contextlib
import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from command_center.problem import Language, Problem
from command_center.settings import read_settings

if TYPE_CHECKING:
    from command_center.machine.run import Plan

_DESCRIPTION = """\
Start everything on this machine: a private PostgreSQL with PostGIS and a private MQTT broker
inside the data folder (or those named by COMMAND_CENTER_DATABASE_URL and
COMMAND_CENTER_BROKER_URL), bring the schema up to date, make the demo city when the database is
empty, and run ingest, dispatch and web. Prints "ready http://HOST:PORT" when all of it answers.
Ctrl-C or SIGTERM stops all of it; a second start continues on the same data.
"""


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "run",
        help="everything on this machine",
        description=_DESCRIPTION,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder; default: ./var")
    parser.add_argument("--host", default="127.0.0.1", help="address the web listens on")
    parser.add_argument("--port", type=_port, default=8050, help="port of the web")
    parser.add_argument(
        "--broker", choices=("mosquitto", "nats"), default="mosquitto", help="the private broker"
    )
    parser.add_argument("--broker-port", type=_port, default=18883, help="port of the broker")
    parser.add_argument(
        "--hj212-port", type=_port_or_none, default=8212, help="port for HJ 212 stations; 0: none"
    )
    parser.add_argument(
        "--sl651-port", type=_port_or_none, default=8651, help="port for SL 651 stations; 0: none"
    )
    parser.add_argument(
        "--ingest-processes",
        type=int,
        choices=range(1, 17),
        default=1,
        metavar="N",
        help="ingest processes, 1 to 16, that share the devices",
    )
    parser.add_argument("--city", choices=("demo", "none"), default="demo", help="what to show")
    parser.add_argument(
        "--no-simulator", action="store_true", help="no simulated devices and crews"
    )
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N", help="simulated time runs N times faster"
    )
    parser.add_argument(
        "--demo-login",
        action="store_true",
        help="the login page fills in the demo accounts (only on a loopback address)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM."""
    settings = read_settings(os.environ)
    if arguments.demo_login and not _loopback(arguments.host):
        raise Problem(
            zh="--demo-login 只能用于本机地址（--host 127.0.0.1）。",
            en="--demo-login works on a loopback address only (--host 127.0.0.1).",
        )
    settings = dataclasses.replace(
        settings,
        data=arguments.data or settings.data,
        demo_login=arguments.demo_login or settings.demo_login,
    )
    from command_center.machine.broker import BROKERS
    from command_center.machine.run import Plan

    plan = Plan(
        settings=settings,
        host=arguments.host,
        port=arguments.port,
        broker=BROKERS[arguments.broker],
        broker_port=arguments.broker_port,
        ingest_processes=arguments.ingest_processes,
        hj212_port=arguments.hj212_port,
        sl651_port=arguments.sl651_port,
        demo=arguments.city == "demo",
        simulator=not arguments.no_simulator,
        speed=arguments.speed,
    )
    asyncio.run(_until_told_to_stop(plan, settings.language))
    return 0


async def _until_told_to_stop(plan: "Plan", language: Language) -> None:
    from command_center.machine.run import run as run_machine

    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, _stop_once, task, loop)
    with contextlib.suppress(asyncio.CancelledError):
        await run_machine(
            plan,
            told=lambda problem: print(problem.told(language), file=sys.stderr, flush=True),
            ready=lambda address: print(f"ready {address}", flush=True),
        )


def _stop_once(task: "asyncio.Task[None]", loop: asyncio.AbstractEventLoop) -> None:
    """Begin to stop; further signals do not disturb that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: None)
    task.cancel()


def _loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return number


def _port_or_none(text: str) -> int:
    return 0 if text == "0" else _port(text)


def _speed(text: str) -> float:
    number = float(text)
    if not 0.1 <= number <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not between 0.1 and 1000")
    return number
