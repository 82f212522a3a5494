"""`command-center routes`: in which order each crew goes to its tickets, and why."""

import argparse
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from command_center.machine.doors import database_url
from command_center.problem import Language, Problem
from command_center.settings import read_settings

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from events.model.day_route import Leg
    from events.store.crew_work import Base

    Day = tuple[Base, tuple[Leg, ...]]


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "routes",
        help="in which order crews go to their tickets, and why",
        description="Print the order of work of each crew that has something to do: a short way"
        " that is in time, from its base, as the crow flies.",
    )
    parser.add_argument("--crew", metavar="CODE", help="this crew only")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the routes. Raises Problem for an unknown crew."""
    from command_center.machine.database_problems import database_problems

    settings = read_settings(os.environ)
    with database_problems():
        days, zone = _days(database_url(settings, "cc_admin"), arguments.crew)
    if arguments.json:
        print(json.dumps([_json(crew, legs) for crew, legs in days], ensure_ascii=False))
        return 0
    told = [line for crew, legs in days for line in _lines(crew, legs, settings.language, zone)]
    nothing = "没有班组有待办案卷。" if settings.language == "zh" else "No crew has anything to do."
    print("\n".join(told or [nothing]))
    return 0


def _days(url: str, code: str | None) -> "tuple[list[Day], ZoneInfo]":
    from events.store import crew_work, rules
    from grid.store.postgis import make_engine, reading

    engine = make_engine(url, role="cc_admin", pool_size=1)
    try:
        with reading(engine) as conn:
            crews = crew_work.bases(conn, code=code)
            if code is not None and not crews:
                raise Problem(
                    zh=f"没有代码为 {code} 的班组，请核对代码。",
                    en=f"there is no crew {code}: check the code.",
                )
            found = crew_work.days(conn, crews, datetime.now(UTC))
            zone = rules.load(conn).calendar.zone
    finally:
        engine.dispose()
    return [(one, found[one.crew_id]) for one in crews if found[one.crew_id]], zone


def _lines(
    crew: "Base", legs: "tuple[Leg, ...]", language: Language, zone: "ZoneInfo"
) -> list[str]:
    name = crew.name_zh if language == "zh" else crew.name_en
    return [
        f"{crew.code} {name}",
        *(
            f"  {one.arrives_at.astimezone(zone):%m-%d %H:%M}  {one.stop.number}"
            f"  {one.because.told(language)}"
            for one in legs
        ),
    ]


def _json(crew: "Base", legs: "tuple[Leg, ...]") -> dict[str, Any]:
    return {
        "crew": crew.code,
        "names": {"zh": crew.name_zh, "en": crew.name_en},
        "stops": [
            {
                "place": one.place,
                "number": one.stop.number,
                "distance_m": round(one.distance_m),
                "arrives_at": one.arrives_at.isoformat(),
                "late_s": round(one.late_by.total_seconds()),
                "because": one.because.as_dict(),
            }
            for one in legs
        ],
    }
