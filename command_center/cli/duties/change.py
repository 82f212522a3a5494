"""`command-center duties import`, `activate`, `refuse` and `discard`."""

import argparse
import json
from datetime import datetime
from typing import TYPE_CHECKING

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

    from events.model.duty_version import DutyVersion


def import_(arguments: argparse.Namespace) -> int:
    """Make a draft of a file and print what the check says; 1 when rows were refused."""
    from events.actions import duties as actions
    from events.actions.duty_import import read_duties
    from grid.store.postgis import transaction

    with opened() as desk:
        file = read_duties(arguments.file)
        if file.refused:
            return tell_refused(file.refused, desk, as_json=arguments.json)
        with transaction(desk.engine, desk.by.key) as conn:
            note = arguments.note.strip() or arguments.file.name
            version = actions.draft(conn, file.rules, note=note, now=desk.now)
            findings = actions.check_version(conn, version)
    if arguments.json:
        told = {"version": version, "rules": len(file.rules), "refused": [],
                "findings": [one.as_dict() for one in findings]}  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
        return 0
    desk.say(f"已存为第 {version} 版草案，共 {len(file.rules)} 条规则。",
             f"kept as draft, version {version}, with {len(file.rules)} rules.")  # fmt: skip
    print_findings(findings, desk)
    return 0


def activate(arguments: argparse.Namespace) -> int:
    """Propose a draft, approve what somebody else proposed, or put it in force alone."""
    from events.actions import duties as actions
    from events.model.duty_version import DutyStage
    from events.model.verb import Verb
    from events.store import duties
    from grid.store.postgis import transaction

    number, why = arguments.version, arguments.why
    with opened() as desk, transaction(desk.engine, desk.by.key) as conn:
        given = {"by": desk.by, "why": why, "now": desk.now}
        known = duties.version(conn, number, now=desk.now)
        if known is not None and known.stage(desk.now) is DutyStage.PROPOSED:
            if arguments.starts is not None:
                raise Problem(
                    zh=f"第 {number} 版已有人提出生效时间：同意时不写 --from，"
                    "要改时间请先 refuse。",
                    en=f"Somebody proposed version {number} with its time: approve it without"
                    " --from, or refuse it first to ask for another time.",
                )
            one = actions.decide(conn, number, Verb.APPROVE, **given)
        else:
            ask = actions.activate_alone if arguments.alone else actions.propose
            starts = _moment(conn, arguments.starts)
            one = ask(conn, number, accepted=arguments.accept, starts=starts, **given)
    return _tell(one, desk, as_json=arguments.json)


def refuse(arguments: argparse.Namespace) -> int:
    """Refuse a proposal, or take the own one back."""
    from events.actions import duties as actions
    from events.model.verb import Verb
    from events.store import duties
    from grid.store.postgis import transaction

    number = arguments.version
    with opened() as desk, transaction(desk.engine, desk.by.key) as conn:
        known = duties.version(conn, number, now=desk.now)
        own = known is not None and known.proposed_by == desk.by.key
        verdict = Verb.WITHDRAW if own else Verb.REFUSE
        one = actions.decide(conn, number, verdict, by=desk.by, why=arguments.why, now=desk.now)
    return _tell(one, desk, as_json=arguments.json)


def discard(arguments: argparse.Namespace) -> int:
    """Discard a version that is not in force."""
    from events.actions import duties as actions
    from grid.store.postgis import transaction

    with opened() as desk, transaction(desk.engine, desk.by.key) as conn:
        one = actions.discard(conn, arguments.version, by=desk.by, why=arguments.why, now=desk.now)
    return _tell(one, desk, as_json=arguments.json)


def _tell(one: "DutyVersion", desk: Desk, *, as_json: bool) -> int:
    from command_center.views import duties as view

    if as_json:
        print(json.dumps(version_as_json(one, desk.now), ensure_ascii=False))
    else:
        print(view.title(one, desk.now, desk.language))
    return 0


def _moment(conn: "Connection", text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            zh=f"“{text}”不是时间，请写成 2026-06-01T10:00。",
            en=f"“{text}” is no time: write it like 2026-06-01T10:00.",
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone_of(conn))
