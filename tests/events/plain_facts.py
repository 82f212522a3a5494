"""What counts of a ticket, told plainly: from its history, one step after the other.

Written without a look at the statement that counts; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from events.model.deadline import Stage, StageClock
from events.model.ledger import LedgerEntry
from events.model.ticket import Ticket

Fact = tuple[str, str, int, datetime, str | None, int | None, int | None]

_DONE = {Stage.FILE: {"file"}, Stage.DISPATCH: {"dispatch"}, Stage.DISPOSE: {"dispose"},
         Stage.VERIFY: {"verify", "vouch", "rework"}}  # fmt: skip
_GROUND = {Stage.FILE: "filing_time", Stage.DISPATCH: "dispatch_time", Stage.DISPOSE: "disposal",
           Stage.VERIFY: "verification"}  # fmt: skip
_VOID = {"decline", "false_alarm", "merge"}
_PEOPLE = {"resident", "hotline", "open311"}


@dataclass
class Chain:
    """A clock with its pauses."""

    stage: Stage
    runs: list[StageClock]
    verbs: list[str | None]
    exempted: bool = False

    @property
    def end(self) -> str | None:
        return self.verbs[-1]

    @property
    def stopped_at(self) -> datetime | None:
        return self.runs[-1].stopped_at

    @property
    def void(self) -> bool:
        return self.end in _VOID

    @property
    def late_at(self) -> datetime | None:
        """When it ran out, or will; None where it did not."""
        for run in self.runs:
            if run.stopped_at is None or run.stopped_at > run.due_at:
                return run.due_at
        return None

    @property
    def outcome(self) -> str:
        done = self.end in _DONE[self.stage]
        if self.void:
            return str(self.end)
        if self.late_at is None:
            return "in_time" if done else str(self.end)
        if self.stopped_at is None:
            return "late_open"
        return "late" if done else "late_left"


@dataclass
class Life:
    """From the beginning, or a reopening, to a closing."""

    moves: list[LedgerEntry] = field(default_factory=list)

    def last(self, *verbs: str) -> LedgerEntry | None:
        found = [one for one in self.moves if _verb(one) in verbs]
        return found[-1] if found else None


def plain_facts(
    ticket: Ticket, entries: Sequence[LedgerEntry], clocks: Sequence[StageClock],
    others: Iterable[Ticket],
) -> list[Fact]:  # fmt: skip
    """(ground, outcome, marks, at, person, department, seconds), sorted."""
    moves = [one for one in entries if one.object_kind == "ticket"]
    chains = _chains(clocks)
    latest = max(
        (one.late_at for one in chains if one.stage is Stage.DISPOSE and not one.void
         and one.late_at and ticket.exempted_at and one.late_at <= ticket.exempted_at),
        default=None,
    )  # fmt: skip
    if latest is not None:
        for one in chains:
            disposal = one.stage is Stage.DISPOSE and not one.void
            one.exempted = disposal and one.late_at == latest
    facts = [_report(ticket, moves)]
    facts += _filings(ticket, moves)
    facts += [_clock(one, moves, ticket) for one in chains]
    facts += _dispatches(ticket, moves, chains)
    facts += _lives(ticket, moves, chains, list(others))
    return sorted(facts, key=lambda one: (one[0], one[3], one[1], str(one)))


def _verb(entry: LedgerEntry) -> str:
    return entry.verb.removeprefix("ticket.")


def _chains(clocks: Sequence[StageClock]) -> list[Chain]:
    found: list[Chain] = []
    for stage in _DONE:
        chain: Chain | None = None
        for run in clocks:
            if run.stage is not stage:
                continue
            if chain is None or "resumed" not in run.why:
                chain = Chain(stage=stage, runs=[], verbs=[])
                found.append(chain)
            chain.runs.append(run)
            chain.verbs.append(run.why.get("stopped_by"))
    return found


def _department(chain: Chain, ticket: Ticket) -> int | None:
    found: int | None = chain.runs[-1].why.get("department_id") or ticket.department_id
    return found


def _report(ticket: Ticket, moves: Sequence[LedgerEntry]) -> Fact:
    filed = any(_verb(one) == "file" for one in moves)
    outcome = "undecided"
    if ticket.parent_id is not None:
        outcome = "part"
    elif filed or ticket.state not in ("reported", "declined"):
        outcome = "valid"
    elif ticket.state == "declined":
        outcome = "invalid"
    return "report", outcome, 0, ticket.created_at, None, ticket.department_id, None


def _filings(ticket: Ticket, moves: Sequence[LedgerEntry]) -> list[Fact]:
    found: list[Fact] = []
    at = [i for i, one in enumerate(moves) if _verb(one) == "file"]
    for i, until in pairwise([*at, len(moves)]):
        outcome = "kept"
        if any(_verb(one) in ("decline", "false_alarm") for one in moves[i:until]):
            outcome = "voided"
        elif until == len(moves) and ticket.state == "merged":
            outcome = "merge"
        found.append(("filing", outcome, 0, moves[i].at, moves[i].actor, None, None))
    return found


def _clock(chain: Chain, moves: Sequence[LedgerEntry], ticket: Ticket) -> Fact:
    at = chain.stopped_at if chain.void else chain.late_at or chain.stopped_at
    assert at is not None
    person = next((one.actor for one in moves
                   if one.at == chain.stopped_at and _verb(one) == chain.end), None)  # fmt: skip
    disposals = chain.verbs.count("dispose") - (chain.end == "dispose")
    marks = (
        chain.exempted + 2 * any("extended_s" in one.why for one in chain.runs)
        + 4 * ("suspend" in chain.verbs) + 8 * (disposals > 0)
    )  # fmt: skip
    department = _department(chain, ticket) if chain.stage is Stage.DISPOSE else None
    took = None
    if chain.end in _DONE[chain.stage] and chain.stopped_at is not None:
        took = _seconds(chain.stopped_at - chain.runs[0].started_at)
    return _GROUND[chain.stage], chain.outcome, marks, at, person, department, took


def _dispatches(ticket: Ticket, moves: Sequence[LedgerEntry], chains: list[Chain]) -> list[Fact]:
    found: list[Fact] = []
    at = [i for i, one in enumerate(moves) if _verb(one) == "dispatch"]
    for i, until in pairwise([*at, len(moves)]):
        after = {}
        for one in reversed(moves[i:until]):
            after[_verb(one)] = one
        left = [after[verb] for verb in ("hand_back", "merge", "false_alarm") if verb in after]
        gone = min(left, key=lambda one: one.entry_id, default=None)
        outcome = "rework" if "rework" in after else "kept"
        run = next(one for chain in chains if chain.stage is Stage.DISPOSE for one in chain.runs
                   if one.started_at == moves[i].at)  # fmt: skip
        department = run.why.get("department_id") or ticket.department_id
        found.append(("dispatch", _verb(gone) if gone else outcome, 0, moves[i].at, moves[i].actor,
                      department, None))  # fmt: skip
        if ticket.source in _PEOPLE:
            found.append(_response(moves[i], after, gone, run.due_at, department))
    return found


def _response(
    sent: LedgerEntry, after: dict[str, Any], gone: LedgerEntry | None, due_at: datetime,
    department: int | None,
) -> Fact:  # fmt: skip
    taken, paused = after.get("accept"), after.get("suspend")
    at = min(one.at for one in (taken, gone, paused) if one) if taken or gone or paused else due_at
    at = min(at, due_at)
    if taken is not None:
        outcome = "in_time" if taken.at <= due_at else "late"
        took = _seconds(taken.at - sent.at)
        return "response", outcome, 0, at, taken.actor, department, took
    if paused is not None and paused.at < due_at:
        outcome = "suspend"
    elif gone is not None:
        outcome = _verb(gone) if gone.at < due_at else "late_left"
    else:
        outcome = "late_open"
    return "response", outcome, 0, at, None, department, None


def _lives(
    ticket: Ticket, moves: Sequence[LedgerEntry], chains: list[Chain], others: list[Ticket]
) -> list[Fact]:
    lives = [Life()]
    for one in moves:
        if lives[-1].last("close") and _verb(one) in _MEANT:
            lives.append(Life())
        lives[-1].moves.append(one)
    found: list[Fact] = []
    for n, life in enumerate(lives):
        before = [closed for one in lives[:n] if (closed := one.last("close"))]
        began = before[-1].at if before else None
        closed = life.last("close")
        own = [one for one in chains if (began is None or one.runs[0].started_at >= began)
               and (closed is None or one.runs[0].started_at < closed.at)]  # fmt: skip
        timing = _closing_time(ticket, life, own)
        found += [timing] if timing else []
        if closed:
            follows = lives[n + 1] if n + 1 < len(lives) else Life()
            again = follows.last("reopen", "reconsider") is not None
            start = ticket.created_at if n == 0 else _first(life).at
            marks = 8 * bool(life.last("rework")) + 16 * _relapsed(ticket, closed.at, others)
            found.append((
                "closing", "closed", marks + 32 * again, closed.at, closed.actor,
                _lead(own, ticket), _seconds(closed.at - start),
            ))  # fmt: skip
    return found


_MEANT = frozenset({
    "file", "decline", "false_alarm", "dispatch", "accept", "hand_back", "dispose", "verify",
    "vouch", "rework", "close", "reopen", "reconsider", "merge", "suspend", "extend",
})  # fmt: skip


def _first(life: Life) -> LedgerEntry:
    return next(one for one in life.moves if _verb(one) in _MEANT)


def _lead(chains: list[Chain], ticket: Ticket) -> int | None:
    dispose = [one for one in chains if one.stage is Stage.DISPOSE]
    return _department(dispose[-1], ticket) if dispose else ticket.department_id


def _closing_time(ticket: Ticket, life: Life, chains: list[Chain]) -> Fact | None:
    closed, end = life.last("close"), life.last(*_MEANT)
    late = [one for one in chains if one.stage in (Stage.DISPOSE, Stage.VERIFY)
            and not one.void and one.late_at]  # fmt: skip
    first = min((one.late_at for one in late if one.late_at), default=None)
    if end and _verb(end) in _VOID and ticket.state in ("declined", "merged"):
        outcome, at = _verb(end), end.at
    elif closed and (first is None or first > closed.at):
        outcome, at = "in_time", closed.at
    elif first is not None:
        outcome, at = "late" if closed else "late_open", first
    else:
        return None
    disposer = life.last("dispose")
    marks = (
        (bool(late) and all(one.exempted for one in late)) + 2 * bool(life.last("extend"))
        + 4 * bool(life.last("suspend")) + 8 * bool(life.last("rework"))
    )  # fmt: skip
    return ("closing_time", outcome, marks, at, disposer.actor if disposer else None,
            _lead(chains, ticket), None)  # fmt: skip


def _relapsed(ticket: Ticket, closed_at: datetime, others: list[Ticket]) -> bool:
    return any(
        one.cell_id == ticket.cell_id is not None and one.category_code == ticket.category_code
        and one.ticket_id != ticket.ticket_id and one.parent_id is None
        and closed_at < one.created_at <= closed_at + timedelta(days=90)
        and one.filed_at is not None and one.state not in ("declined", "merged")
        for one in others
    )  # fmt: skip


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
