"""What a report file holds: the figures by everything, and the tickets behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from command_center.evaluation.gather import Asked, Evaluation, gather
from command_center.problem import Language
from command_center.wording import words
from events.model.access import Scope
from events.model.figure import Ground
from events.store import figures
from events.store.figures import Behind, By

# What a file sets side by side, in this order.
SIDES: tuple[By, ...] = ("department", "area", "crew", "category", "person")


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """``whole``: the figures of all; ``sides``: told apart; ``tickets``: the facts behind, by
    ground. ``of``: how many facts there are, of which ``tickets`` may be the first. ``names``: of
    people, (Chinese, English) by actor key."""

    whole: Evaluation
    sides: Mapping[By, Evaluation]
    tickets: Mapping[Ground, tuple[Behind, ...]]
    of: int
    names: Mapping[str, tuple[str, str]]

    @property
    def listed(self) -> int:
        """How many facts are listed."""
        return sum(map(len, self.tickets.values()))


def read_book(
    conn: Connection, asked: Asked, scope: Scope, *, now: datetime, most: int
) -> Book | None:
    """Read a report; at most ``most`` facts are listed. None as `gather` says."""
    sides: dict[By, Evaluation] = {}
    for by in SIDES:
        found = gather(conn, replace(asked, by=by), scope, now=now)
        if found is None:
            return None
        sides[by] = found
    whole = sides["department"]
    question = replace(whole.question, by="all")
    tallies = figures.tallies(conn, question, today=whole.today, now=whole.now).get("", [])
    tickets: dict[Ground, tuple[Behind, ...]] = {}
    left = most
    for ground in Ground:
        tickets[ground] = figures.listed(conn, question, ground, now=whole.now, limit=left)
        left -= len(tickets[ground])
    facts = [one for rows in tickets.values() for one in rows]
    keys = {one.person for one in facts} | {one.asked_by for one in facts}
    keys |= {str(step["by"]) for one in facts for step in one.approvals}
    return Book(
        whole=whole, sides=sides, tickets=tickets, of=sum(one.facts for one in tallies),
        names=figures.people(conn, sorted(one for one in keys if one is not None)),
    )  # fmt: skip


def scope_text(found: Evaluation, language: Language) -> str:
    """Of which area, department and category a report is."""
    told = [getattr(found.place, f"name_{language}")]
    for kind, code in (("department", found.asked.department), ("category", found.asked.category)):
        told += [getattr(one, f"name_{language}") for one in found.names[kind] if one.code == code]
    return " · ".join(told)


def file_name(found: Evaluation, kind: str) -> str:
    """What the file is called: plain ASCII, sorted by time."""
    period = str(found.asked.period).replace(" – ", "_")
    return f"evaluation-{found.place.code}-{period}.{kind}"


def head_lines(found: Evaluation, language: Language) -> tuple[str, ...]:
    """What stands above a report: its span, what it is of, what it is compared with, when made."""
    made = found.now.astimezone(found.zone).strftime("%Y-%m-%d %H:%M")
    lines = [
        words("evaluation.file_period", language, period=found.asked.period),
        words("evaluation.file_scope", language, scope=scope_text(found, language)),
        words("evaluation.file_compared", language, period=found.asked.period.before),
        words("evaluation.file_made", language, at=made),
    ]
    if found.waits:
        lines.append(words("evaluation.waits", language, n=f"{found.waits:,}"))
    return tuple(lines)
