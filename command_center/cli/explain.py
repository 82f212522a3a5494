"""`command-center explain`: why a ticket is, or was, due when it is, and why that department."""

import argparse
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from events.model.explanation import Explanation


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "explain",
        help="why a ticket is due when it is, now or at any past instant, and who answers why",
        description="Print every segment of the clock that runs: what counted and what did not,"
        " pauses and extensions, computed anew for now or for a past instant. Then why which"
        " department was chosen, by which version and rule of the duties.",
    )
    parser.add_argument("number", metavar="NUMBER", help="the ticket's number")
    parser.add_argument(
        "--at", metavar="TIME", help="ISO 8601; without a zone: the city's time; default: now"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation. Raises Problem for an unknown ticket or a time that is none."""
    from command_center.machine.database_problems import database_problems
    from command_center.views.explanation import lines, routing_lines
    from command_center.wording import words

    settings = read_settings(os.environ)
    with database_problems():
        asked = _explain(database_url(settings, "cc_admin"), arguments.number, arguments.at)
    found, language = asked.found, settings.language
    if found is None:
        told = [words("story.explain_none", language)]
    else:
        told = lines(found, language, asked.zone)
    told += routing_lines(asked.routed, language, asked.zone)
    if arguments.json:
        print(json.dumps(_json(arguments.number, asked, told), ensure_ascii=False))
    else:
        print("\n".join(told))
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is told of a ticket at an instant; ``found`` None: no clock had started by then."""

    at: datetime
    zone: "ZoneInfo"
    found: "Explanation | None"
    routed: "Sequence[tuple[datetime, Mapping[str, Any]]]"


def _explain(url: str, number: str, at: str | None) -> Asked:
    from command_center.views.explanation import routed
    from events.model.explanation import explain_at
    from events.store import clocks, ledger, rules, tickets
    from grid.store.postgis import make_engine, reading

    engine = make_engine(url, role="cc_admin", pool_size=1)
    try:
        with reading(engine) as conn:
            calendar = rules.load(conn).calendar
            ticket = tickets.by_number(conn, number)
            if ticket is None:
                raise Problem(
                    zh=f"没有编号为 {number} 的案卷，请核对编号。",
                    en=f"there is no ticket {number}: check the number.",
                )
            moment = _moment(at, calendar.zone)
            past = [one for one in ledger.of_ticket(conn, ticket.ticket_id) if one.at <= moment]
            return Asked(
                at=moment,
                zone=calendar.zone,
                found=explain_at(clocks.of_ticket(conn, ticket.ticket_id), moment, calendar),
                routed=routed(past),
            )
    finally:
        engine.dispose()


def _moment(text: str | None, zone: "ZoneInfo") -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            zh=f"“{text}”不是时间，请写成 2026-06-01T10:00。",
            en=f"“{text}” is no time: write it like 2026-06-01T10:00.",
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _json(number: str, asked: Asked, told: list[str]) -> dict[str, object]:
    answer: dict[str, object] = {"number": number, "lines": told}
    found = asked.found
    if found is not None:
        answer.update(
            at=found.at.astimezone(UTC).isoformat(),
            stage=found.runs[0].clock.stage.value,
            due_at=found.due_at.isoformat(),
            told_due_at=found.told_due_at.isoformat(),
            limit_s=found.limit.total_seconds(),
            used_s=found.used.total_seconds(),
            running=found.running,
        )
    answer["routing"] = [
        {"at": at.astimezone(UTC).isoformat(), **kept} for at, kept in asked.routed
    ]
    return answer
