"""`command-center duties list`, `check` and `history`: what there is, in lines or as JSON."""

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from command_center.cli.duties.desk import (
    Desk,
    opened,
    print_findings,
    tell_refused,
    version_as_json,
    zone_of,
)
from command_center.problem import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from events.store.duty_alerts import Alert


def rules(arguments: argparse.Namespace) -> int:
    """Print the rules of a version, and the alerts that stand."""
    from command_center.views import duties as view
    from events.model.duty_file import COLUMNS, write_rows
    from events.store import duties, duty_alerts
    from events.store import rules as city_rules
    from grid.store.postgis import reading

    with opened() as desk, reading(desk.engine) as conn:
        number = arguments.version or duties.in_force(conn, now=desk.now)
        if number is None:
            raise Problem(
                zh="尚无现行的权责清单：请用 duties import 导入，再用 duties activate 启用。",
                en="no duties are in force: import a version with `duties import`, then"
                " `duties activate` it.",
            )
        found = duties.rules(conn, number)
        version = _known(conn, number, desk)
        categories = {one.code: one for one in city_rules.categories(conn)}
        alerts = duty_alerts.standing(conn)
        zone = zone_of(conn)
    if arguments.csv:
        writer = csv.DictWriter(sys.stdout, fieldnames=COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(write_rows([one.rule for one in found]))
    elif arguments.json:
        told = {
            **version_as_json(version, desk.now),
            "rules": [one.rule.as_dict() for one in found],
            "alerts": [_alert_json(one) for one in alerts],
        }
        print(json.dumps(told, ensure_ascii=False))
    else:
        language = desk.language
        print(view.title(version, desk.now, language))
        print("\n".join(f"  {line}" for line in view.story(version, zone, desk.now, language)))
        for alert in alerts:
            print(f"! {alert.because.told(language)}")
        for one in found:
            print(f"{one.rule.position:4d}  {view.line(one, categories, language)}")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Print what a check found; 1 when a version cannot be put in force as it is."""
    from events.actions.duties import check_version
    from events.actions.duty_import import read_duties
    from events.model.duty_check import check as look
    from events.store import duties
    from grid.store.postgis import reading

    with opened() as desk, reading(desk.engine) as conn:
        number = _number(conn, arguments.what, desk)
        if number is None:
            file = read_duties(Path(arguments.what))
            if file.refused:
                return tell_refused(file.refused, desk, as_json=arguments.json)
            findings = look(file.rules, duties.universe(conn, file.rules))
        else:
            _known(conn, number, desk)
            findings = check_version(conn, number)
    errors = sum(one.is_error for one in findings)
    if arguments.json:
        told = {"version": number, "errors": errors,
                "findings": [one.as_dict() for one in findings]}  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        print_findings(findings, desk)
    return 1 if errors else 0


def history(arguments: argparse.Namespace) -> int:
    """Print every version, the newest first."""
    from command_center.views import duties as view
    from events.store import duties
    from grid.store.postgis import reading

    with opened() as desk, reading(desk.engine) as conn:
        found = duties.versions(conn, now=desk.now)
        zone = zone_of(conn)
    if arguments.json:
        told = [version_as_json(one, desk.now) for one in found]
        print(json.dumps({"versions": told}, ensure_ascii=False))
        return 0
    for one in found:
        print(view.title(one, desk.now, desk.language))
        lines = view.story(one, zone, desk.now, desk.language)
        print("\n".join(f"  {line}" for line in lines))
    if not found:
        desk.say("还没有权责清单。", "there are no duties yet.")
    return 0


def _number(conn: "Connection", what: str | None, desk: Desk) -> int | None:
    """The version that is meant; None for a file."""
    from events.store import duties

    if what is not None:
        return int(what) if what.isdecimal() else None
    newest = duties.versions(conn, now=desk.now)[:1]
    if not newest:
        raise Problem(zh="还没有权责清单。", en="there are no duties yet.")
    return newest[0].version


def _known(conn: "Connection", number: int, desk: Desk) -> Any:
    from events.store import duties

    version = duties.version(conn, number, now=desk.now)
    if version is None:
        raise Problem(
            zh=f"没有第 {number} 版权责清单：duties history 列出全部版本。",
            en=f"there is no version {number} of the duties: `duties history` lists them all.",
        )
    return version


def _alert_json(one: "Alert") -> dict[str, object]:
    return {
        "version": one.version, "rule": one.position or None, "kind": one.kind,
        "subject": one.subject, "because": one.because.as_dict(), "tickets": one.tickets,
        "last_ticket": one.last_ticket, "since": one.first_at.isoformat(),
    }  # fmt: skip
