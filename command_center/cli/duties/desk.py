"""What the actions of `command-center duties` share: the way in, and refusals told to people."""

import getpass
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from command_center.machine.doors import database_url
from command_center.problem import Language, Problem
from command_center.settings import read_settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.model.duty_finding import Finding
    from events.model.duty_version import DutyVersion
    from grid.model.refusal import Refusal


# Beyond this a person corrects the file and tries again; --json has them all.
_MOST_TOLD = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The way into the database (role cc_admin), and who is asking."""

    engine: "Engine"
    by: "Actor"
    now: datetime
    language: Language

    def say(self, zh: str, en: str) -> None:
        """Print a line in the person's language."""
        print(zh if self.language == "zh" else en)


@contextmanager
def opened() -> Iterator[Desk]:
    """The desk. Raises Problem for everything that a person can put right."""
    from command_center.machine.database_problems import database_problems
    from events.model.actor import system
    from events.model.problems import Refused
    from grid.model.refusal import GridProblem
    from grid.store.postgis import make_engine

    settings = read_settings(os.environ)
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=2)
    try:
        with database_problems():
            yield Desk(
                engine=engine,
                by=system(f"cli:{getpass.getuser()}"),
                now=datetime.now(UTC),
                language=settings.language,
            )
    except (GridProblem, Refused) as problem:
        raise _told(problem) from problem
    finally:
        engine.dispose()


def _told(problem: Exception) -> Problem:
    from events.model.problems import Refused
    from grid.model.refusal import GridProblem

    if isinstance(problem, Refused):
        return Problem(zh=problem.told("zh"), en=problem.told("en"))
    if isinstance(problem, GridProblem):
        return Problem(zh=problem.zh, en=problem.en)
    raise problem


def zone_of(conn: "Connection") -> ZoneInfo:
    """The city's zone."""
    from grid.store import city

    place = city.get(conn)
    return ZoneInfo("UTC" if place is None else place.time_zone)


def version_as_json(one: "DutyVersion", now: datetime) -> dict[str, object]:
    """A version for programs."""

    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(UTC).isoformat()

    return {
        "version": one.version,
        "stage": one.stage(now).value,
        "rules": one.rules,
        "note": one.note,
        "made_by": one.made_by,
        "made_at": moment(one.made_at),
        "proposed_by": one.proposed_by,
        "proposed_at": moment(one.proposed_at),
        "why": one.proposed_why,
        "accepted": one.accepted,
        "activated_by": one.activated_by,
        "activated_at": moment(one.activated_at),
        "effective_from": moment(one.effective_from or one.proposed_from),
        "discarded_by": one.discarded_by,
        "discarded_at": moment(one.discarded_at),
        "discarded_why": one.discarded_why,
    }


def print_findings(findings: Sequence["Finding"], desk: Desk) -> None:
    """Print findings, errors first, and the sum."""
    for one in findings:
        zh, en = ("错误", "error") if one.is_error else ("警告", "warning")
        desk.say(f"{zh}：{one.words.zh}", f"{en}: {one.words.en}")
    errors = sum(one.is_error for one in findings)
    warnings = len(findings) - errors
    desk.say(f"错误 {errors} 项，警告 {warnings} 项。", f"{errors} errors, {warnings} warnings.")


def tell_refused(refused: Sequence["Refusal"], desk: Desk, *, as_json: bool) -> int:
    """Print every refused row with its reason; the exit code."""
    if as_json:
        rows = [asdict(one) for one in refused]
        print(json.dumps({"version": None, "refused": rows}, ensure_ascii=False))
        return 1
    for one in refused[:_MOST_TOLD]:
        desk.say(f"第 {one.row} 行 {one.field}：{one.reason_zh}",
                 f"row {one.row} {one.field}: {one.reason_en}")  # fmt: skip
    more = len(refused) - _MOST_TOLD
    if more > 0:
        desk.say(f"……另有 {more} 条", f"... and {more} more")
    desk.say(f"未导入：共 {len(refused)} 个原因。",
             f"nothing imported, for {len(refused)} reasons.")  # fmt: skip
    return 1
