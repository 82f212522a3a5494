"""`command-center import devices`: the registry of sensors, with a secret for each new one."""

import argparse
import json
import os
import sys
from pathlib import Path

from command_center.cli.import_.kind import Given, ImportKind
from grid.model.refusal import ImportReport


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--secrets",
        type=Path,
        default=Path("device-secrets.json"),
        metavar="FILE",
        help="where the secrets of new devices are added (device id -> secret; only you may read"
        " it); default device-secrets.json",
    )


def _run(given: Given) -> ImportReport:
    from iot_ingest.store.import_devices import import_devices

    report, secrets = import_devices(
        given.engine, given.path, by=given.by, crs=given.crs, mapping=given.mapping
    )
    if secrets:
        _keep(given.arguments.secrets, secrets)
        text = (
            f"{len(secrets)} 台新设备的密钥已写入 {given.arguments.secrets}，数据库中只存其散列。"
            if given.settings.language == "zh"
            else f"the secrets of {len(secrets)} new devices are in {given.arguments.secrets};"
            " the database keeps their hashes only."
        )
        print(f"command-center: {text}", file=sys.stderr)
    return report


def _keep(path: Path, secrets: dict[str, str]) -> None:
    known = json.loads(path.read_text()) if path.exists() else {}
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(known | secrets, file, indent=1)
    new.replace(path)


KIND = ImportKind(
    name="devices",
    help="sensors",
    columns="Columns: device_id, model, layer, name_zh, name_en, metrics (names with ; between),"
    " interval_s, component_code; points. Others are kept as attributes (limits of the station).",
    run=_run,
    add_options=_add_options,
)
