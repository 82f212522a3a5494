"""`command-center losses`: nothing was lost, with the figures that prove it, or what was."""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from command_center.machine.doors import database_url
from command_center.problem import Language, Problem
from command_center.settings import Settings, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from iot_ingest.store.intake import Counts
    from iot_ingest.store.losses import Line, Span

_DESCRIPTION = """\
Count what devices were to send, what came, and what became of it, by device and hour. Two things
are told apart: readings that were acknowledged (each must be stored, known already, or put aside
whole), and readings that devices never sent. Ends with 1 when anything is missing.
"""
# A screen is not longer; --json has all of them.
_SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What is told of a span. ``intake`` None: asked for one device, whose messages nobody counts.

    ``span`` and the hours of the lines are UTC; ``zone`` is the city's.
    """

    zone: ZoneInfo
    span: "Span"
    total: "Line"
    lines: Sequence["Line"]
    intake: "Counts | None"

    @property
    def lost(self) -> bool:
        """Whether anything is missing, or was acknowledged and is nowhere."""
        return self.total.missing > 0 or (self.intake is not None and self.intake.unaccounted != 0)


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "losses",
        help="nothing was lost today, or what was, by device and hour",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="a day of the city; default: today")
    parser.add_argument("--from", dest="first", metavar="TIME", help="instead of a day: from here")
    parser.add_argument("--to", metavar="TIME", help="up to here (default: now); whole hours")
    parser.add_argument("--device", metavar="ID", help="one device only")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the account; 1 when something was lost."""
    settings = read_settings(os.environ)
    from command_center.machine.database_problems import database_problems

    with database_problems():
        account = _account(settings, arguments, datetime.now(UTC))
    if arguments.json:
        print(json.dumps(_as_json(account), ensure_ascii=False))
    else:
        print("\n".join(_told(account, settings.language)))
    return 1 if account.lost else 0


def _account(settings: Settings, arguments: argparse.Namespace, now: datetime) -> Account:
    from grid.store import city
    from grid.store.postgis import make_engine, reading
    from iot_ingest.store import devices, losses

    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
    try:
        with reading(engine) as conn:
            place = city.get(conn)
            zone = ZoneInfo("UTC" if place is None else place.time_zone)
            first, until = _asked(arguments, zone, now)
            chosen = None
            if arguments.device is not None:
                device = devices.by_id(conn, arguments.device)
                if device is None:
                    raise _unknown(arguments.device)
                chosen = [device.device_no]
            span = losses.span(conn, first, until, now)
            page = losses.by_device_and_hour(conn, span, device_nos=chosen)
            return Account(
                zone=zone,
                span=span,
                total=losses.total(conn, span, device_nos=chosen),
                lines=page.lines,
                intake=_sum(conn, span) if chosen is None else None,
            )
    finally:
        engine.dispose()


def _sum(conn: "Connection", span: "Span") -> "Counts":
    from iot_ingest.store import intake

    return sum(intake.by_hour(conn, span.first, span.until).values(), intake.Counts())


def _asked(
    arguments: argparse.Namespace, zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime]:
    """The span that was asked for; times without an offset are the city's."""
    if arguments.first is not None or arguments.to is not None:
        until = _moment(arguments.to, zone) if arguments.to else now
        first = _moment(arguments.first, zone) if arguments.first else until - timedelta(days=1)
    else:
        day = _moment(arguments.day, zone) if arguments.day else now.astimezone(zone)
        first = day.replace(hour=0, minute=0, second=0, microsecond=0)
        until = (first.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    if first >= min(until, now):
        raise Problem(
            zh="时间段为空或尚未开始：请检查 --day、--from 和 --to。",
            en="the span is empty or has not begun: check --day, --from and --to.",
        )
    return first.astimezone(UTC), until.astimezone(UTC)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(
            zh=f"无法识别的时间 {text}：请写成 2026-11-28 或 2026-11-28T08:00+08:00。",
            en=f"{text} is no time: write 2026-11-28, or 2026-11-28T08:00+08:00.",
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _unknown(device_id: str) -> Problem:
    return Problem(
        zh=f"没有登记过设备 {device_id}：请核对编号。",
        en=f"no device {device_id} is registered: check its id.",
    )


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "from": account.span.first.isoformat(),
        "to": account.span.until.isoformat(),
        "now": account.span.now.isoformat(),
        "lost": account.lost,
        "intake": None
        if account.intake is None
        else {**asdict(account.intake), "unaccounted": account.intake.unaccounted},
        "total": _line(account.total),
        "lines": [_line(one) for one in account.lines],
    }


def _line(one: "Line") -> dict[str, Any]:
    found = {**asdict(one), "expected": one.expected}
    return found | {"hour": None if one.hour is None else one.hour.isoformat()}


_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "lost": "有数据丢失",
        "nothing": "没有丢失任何数据",
        "intake": (
            "  已确认：{messages} 条消息，含 {readings} 个读数 ="
            " 入库 {stored} + 重复 {duplicates} + 搁置 {refused}；去向不明 {unaccounted}"
        ),
        "due": (
            "  设备应发 {expected} 个读数，收到 {received}，缺 {missing}；"
            "迟到 {late}，带标记 {flagged}，重复 {duplicates}"
        ),
        "kept": (
            "  消息：内容无法使用而整条保留 {quarantined} 条，拒收 {rejected} 条"
            "（见 command-center quarantine list）"
        ),
        "head": "  应发   收到     缺   迟到   重复   隔离   拒收  时        设备",
        "more": "  … 另有 {more} 行：--json",
    },
    "en": {
        "lost": "data were lost",
        "nothing": "nothing was lost",
        "intake": (
            "  acknowledged: {messages} messages with {readings} readings = {stored} stored"
            " + {duplicates} sent again + {refused} put aside; {unaccounted} unaccounted for"
        ),
        "due": (
            "  readings due: {expected}, received {received}, missing {missing};"
            " {late} late, {flagged} flagged, {duplicates} sent again"
        ),
        "kept": (
            "  messages: {quarantined} that could not be used, kept whole; {rejected} refused"
            " (see command-center quarantine list)"
        ),
        "head": "   due   came  miss.   late  again  quar.  refu.  hour      device",
        "more": "  … {more} more: --json",
    },
}


def _told(account: Account, language: Language) -> list[str]:
    words, counts = _WORDS[language], account.intake
    lines = [f"{_span(account)}: {words['lost' if account.lost else 'nothing']}"]
    if counts is not None:
        lines.append(words["intake"].format(**asdict(counts), unaccounted=counts.unaccounted))
    values = {**asdict(account.total), "expected": account.total.expected}
    lines += [words[name].format(**values) for name in ("due", "kept")]
    return lines + _table(account, words)


def _span(account: Account) -> str:
    until = min(account.span.until, account.span.now)
    first, last = (one.astimezone(account.zone) for one in (account.span.first, until))
    return f"{first:%Y-%m-%d %H:%M} - {last:%Y-%m-%d %H:%M} ({account.zone.key})"


def _table(account: Account, words: Mapping[str, str]) -> list[str]:
    """The worst hours first."""
    if not account.lines:
        return []
    worst = sorted(account.lines, key=lambda one: -one.missing)[:_SHOWN]
    rows = ["", words["head"]]
    for one in worst:
        numbers = (one.expected, one.received, one.missing, one.late, one.duplicates,
                   one.quarantined, one.rejected)  # fmt: skip
        hour = "" if one.hour is None else f"{one.hour.astimezone(account.zone):%m-%d %H}h"
        rows.append("".join(f"{number:6d} " for number in numbers) + f" {hour} {one.device_id}")
    more = len(account.lines) - len(worst)
    if more:
        rows.append(words["more"].format(more=more))
    return rows
