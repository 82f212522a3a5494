"""`command-center archive`: old days of readings into files, and out of the database."""

import argparse
import getpass
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from command_center.machine.doors import database_url
from command_center.problem import Language, Problem
from command_center.settings import Settings, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from command_center.archive.keep import Done, Plan

_DESCRIPTION = """\
Write the days of readings that are older than the retention into GeoParquet files, one for each
UTC day, below archive/readings in the data folder. Each file is read back and counted. With --drop
the days then leave the database; their roll-ups stay. May be interrupted anywhere and begun again.
"""


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "archive",
        help="old days of readings into files, and out of the database",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--keep-days",
        type=int,
        metavar="N",
        help="days that stay as they are, 31 at least (default: COMMAND_CENTER_KEEP_DAYS, or 400)",
    )
    parser.add_argument("--drop", action="store_true", help="take them out of the database, too")
    parser.add_argument("--dry-run", action="store_true", help="only say which days these are")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write, count, drop; one line for each day."""
    settings = read_settings(os.environ)
    from command_center.archive.keep import due
    from command_center.machine.database_problems import database_problems
    from grid.store.postgis import make_engine
    from iot_ingest.store.archive import YOUNGEST_DAYS

    keep = settings.keep_days if arguments.keep_days is None else arguments.keep_days
    if keep == 0 and arguments.keep_days is None:
        print("[]" if arguments.json else _kept(settings.language))
        return 0
    if keep < YOUNGEST_DAYS:
        raise Problem(
            zh=f"至少要保留 {YOUNGEST_DAYS} 天：补传的数据和规则还需要它们。请改大 --keep-days。",
            en=f"at least {YOUNGEST_DAYS} days stay: late readings and rules need them. Give a"
            " larger --keep-days.",
        )
    plan = _plan(settings, keep, drop=arguments.drop)
    now = datetime.now(UTC)
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=2)
    try:
        with database_problems():
            if arguments.dry_run:
                days = [one.day.isoformat() for one in due(engine, plan, now)]
                print(json.dumps(days) if arguments.json else "\n".join(days))
                return 0
            _carry_out(engine, plan, now, arguments, settings.language)
    finally:
        engine.dispose()
    return 0


def _plan(settings: Settings, keep_days: int, *, drop: bool) -> "Plan":
    from command_center.archive.keep import Plan

    return Plan(
        folder=settings.data / "archive" / "readings",
        keep_days=keep_days,
        drop=drop,
        by=f"system:cli:{getpass.getuser()}",
    )


def _carry_out(
    engine: "Engine",
    plan: "Plan",
    now: datetime,
    arguments: argparse.Namespace,
    language: Language,
) -> None:
    from command_center.archive.day_file import Spoiled
    from command_center.archive.keep import Busy, carry_out

    found = []
    try:
        for one in carry_out(engine, plan, now):
            found.append(one)
            if not arguments.json:
                print(_told(one, language), flush=True)
    except Busy as error:
        raise Problem(
            zh="另一个归档正在进行：请等它结束后再试。",
            en="another archive is at work: try again when it has ended.",
        ) from error
    except BrokenPipeError:  # of what is printed, not of a file
        raise
    except (Spoiled, OSError) as error:
        raise Problem(
            zh=f"归档文件无法可靠写入（{error}）：数据仍在数据库中。请检查磁盘后重试。",
            en=f"the file cannot be written reliably ({error}): the day stays in the database."
            " Check the disk and try again.",
        ) from error
    if arguments.json:
        print(json.dumps([_as_json(one) for one in found]))
    elif not found:
        print("没有需要归档的日期" if language == "zh" else "no day is old enough")


def _kept(language: Language) -> str:
    return "全部保留（COMMAND_CENTER_KEEP_DAYS=0）" if language == "zh" else "everything is kept"


def _as_json(one: "Done") -> dict[str, object]:
    return {**asdict(one), "day": one.day.isoformat()}


def _told(one: "Done", language: Language) -> str:
    if language == "zh":
        end = "，已移出数据库" if one.dropped else "，待小时汇总完成后移出" if one.waits else ""
        return f"{one.day} {one.file.readings} 个读数 -> {one.file.file}{end}"
    end = ", dropped" if one.dropped else ", dropped when it is rolled up" if one.waits else ""
    return f"{one.day} {one.file.readings} readings -> {one.file.file}{end}"
