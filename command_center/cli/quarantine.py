"""`command-center quarantine`: what could not be used, and using it after all."""

import argparse
import os
import sys

from command_center.machine.doors import database_url
from command_center.settings import read_settings

_DESCRIPTION = """\
Messages and frames that could not be used are kept whole, with the reason. `list` shows them;
`replay` decodes them once more, after a unit profile, a registration or a metric was mended:
what can be used now is stored as if it came now, the rest stays.
"""


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "quarantine",
        help="messages of devices that could not be used: list, replay",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, text in (
        ("list", "show what is waiting, oldest first, and the counts of each reason"),
        ("replay", "decode once more; say how many can be used now"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--protocol", choices=("mqtt", "hj212", "sl651"))
        action.add_argument("--reason", metavar="REASON", help="as `list` names it")
        action.add_argument("--device", metavar="ID", help="of this device only")
        if name == "list":
            action.add_argument("--limit", type=int, default=100, metavar="N", help="at most N")
        action.add_argument("--json", action="store_true", help="print the result as JSON")
        action.set_defaults(run=run, action=name)


def run(arguments: argparse.Namespace) -> int:
    """Become the ingester's own command: decoding is its business."""
    settings = read_settings(os.environ)
    environment = {
        **os.environ,
        "COMMAND_CENTER_DATABASE_URL": database_url(settings, "cc_ingest"),
        "COMMAND_CENTER_DATA": str(settings.data),
        "COMMAND_CENTER_LANGUAGE": settings.language,
    }
    options = []
    for name in ("protocol", "reason", "device", "limit"):
        value = getattr(arguments, name, None)
        if value is not None:
            options += [f"--{name}", str(value)]
    if arguments.json:
        options.append("--json")
    command = [sys.executable, "-m", "iot_ingest.replay_quarantine", arguments.action, *options]
    os.execve(sys.executable, command, environment)  # noqa: S606
