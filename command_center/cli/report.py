"""`command-center report`: the evaluation of a month as an XLSX or PDF file."""

import argparse
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import read_settings

if TYPE_CHECKING:
    from events.model.period import Period

# A sheet has 1,048,576 rows.
_MOST = 1_000_000


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "report",
        help="the evaluation of a month as XLSX or PDF",
        description="Write the evaluation of a month (or of any days) to a file: figures, fact and"
        " after appeals, by department, area, crew, category and person; formulas with their"
        " versions; XLSX: every ticket behind them. In the language of COMMAND_CENTER_LANGUAGE.",
    )
    parser.add_argument("--month", metavar="YYYY-MM", help="a month; default: the last one")
    parser.add_argument("--from", dest="first", metavar="YYYY-MM-DD", help="instead: from this day")
    parser.add_argument("--to", metavar="YYYY-MM-DD", help="up to this day, included")
    parser.add_argument("--area", metavar="CODE", help="of one area only")
    parser.add_argument("--department", metavar="CODE", help="of one department only")
    parser.add_argument("--format", choices=("xlsx", "pdf"), default="xlsx", help="default: xlsx")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="where to write it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file and print its name and what it holds. Raises Problem."""
    settings = read_settings(os.environ)
    from command_center.evaluation.book import read_book
    from command_center.evaluation.files import write_book
    from command_center.evaluation.gather import Asked, today_of
    from command_center.machine.database_problems import database_problems
    from events.actions.count import catch_up
    from events.model.access import Scope, system
    from grid.store.postgis import make_engine, reading

    now = datetime.now(UTC)
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=2)
    try:
        with database_problems():
            catch_up(engine, by=system("report"))
            with reading(engine) as conn:
                asked = Asked(
                    period=_period(arguments, today_of(conn, now)), area=arguments.area,
                    department=arguments.department,
                )  # fmt: skip
                most = _MOST if arguments.format == "xlsx" else 0
                book = read_book(conn, asked, Scope(), now=now, most=most)
    finally:
        engine.dispose()
    if book is None:
        raise Problem(
            zh="没有这个辖区或部门，请核对代码。",
            en="there is no such area or department: check the code.",
        )
    _write(arguments.out, write_book(book, arguments.format, settings.language))
    listed = f", {book.listed:,} of {book.of:,} facts listed" if book.listed else ""
    print(f"{arguments.out}: {asked.period}{listed}")
    return 0


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Problem(
            zh=f"无法写入 {out}：{error.strerror}。请换一个位置。",
            en=f"cannot write {out}: {error.strerror}. Choose another place.",
        ) from error


def _period(arguments: argparse.Namespace, today: date) -> "Period":
    from events.model.period import Period, month_named, spans

    try:
        if arguments.month is not None:
            return month_named(arguments.month)
        if arguments.first is None and arguments.to is None:
            return spans(today)["last_month"]
        first = date.fromisoformat(arguments.first) if arguments.first else today
        last = date.fromisoformat(arguments.to) if arguments.to else today
        return Period(first=first, last=last)
    except ValueError as error:
        raise Problem(
            zh=f"时间写法不对（{error}）：月份写成 2026-10，日期写成 2026-10-01，且先后不颠倒。",
            en=f"no span ({error}): a month is 2026-10, a day 2026-10-01, the earlier one first.",
        ) from error
