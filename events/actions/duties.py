"""Versions of the duties: made as a draft, checked, put in force by two people, followed."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from events.model import access
from events.model.access import Permission
from events.model.duty_check import check
from events.model.duty_version import DutyStage
from events.model.ledger import canonical
from events.model.problems import FaultyDuties, Incomplete, NotAllowed, NotFound, Refused
from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.store import duties, ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.duty import DutyRule
    from events.model.duty_finding import Finding
    from events.model.duty_version import DutyVersion

_LONGEST = 2_000
# Nobody means a later time; and far beyond it there are no dates any more.
_LATEST = timedelta(days=3_660)


def draft(conn: Connection, rules: Sequence[DutyRule], *, note: str, now: datetime) -> int:
    """Keep a version as a draft; its number. It may have errors: these keep it from force only."""
    duties.lock(conn)
    version = duties.add(conn, rules, note=_text(note, "note"), now=now)
    told = canonical({"rules": [one.as_dict() for one in rules]})
    _trail(conn, version, "draft", now, note=note, rules=len(rules),
           sha256=sha256(told.encode()).hexdigest())  # fmt: skip
    return version


def check_version(conn: Connection, version: int) -> tuple[Finding, ...]:
    """What the check says of a version, with the city as it is now."""
    rules = [one.rule for one in duties.rules(conn, version)]
    return check(rules, duties.universe(conn, rules))


def propose(
    conn: Connection, version: int, *, by: Actor, why: str, now: datetime,
    accepted: str = "", starts: datetime | None = None,
) -> DutyVersion:  # fmt: skip
    """Ask that a draft be put in force, from ``starts`` on (None: at once, when it is approved).

    ``accepted``: why its warnings are. Raises NotAllowed, NotFound, Refused (its stage) and
    Incomplete (errors, no reason, no word about warnings, a time that is past or far off).
    """
    duties.lock(conn)
    _permit(conn, by)
    _at_stage(conn, version, {DutyStage.DRAFT}, now=now)
    findings = _fit(conn, version, why=why, accepted=accepted, starts=starts, now=now)
    duties.propose(conn, version, starts=starts, why=why.strip(), accepted=accepted.strip() or None,
                   findings=findings, now=now)  # fmt: skip
    _trail(conn, version, "propose", now, why=why, accepted=accepted, starts=starts,
           findings=[one.as_dict() for one in findings])  # fmt: skip
    return _version(conn, version, now=now)


def decide(
    conn: Connection, version: int, verdict: Verb, *, by: Actor, why: str, now: datetime
) -> DutyVersion:
    """Approve or refuse what somebody else proposed, or take the own proposal back.

    Raises NotAllowed (not the second person), Incomplete (no reason, errors by now), NotFound and
    Refused (its stage, warnings that are new).
    """
    duties.lock(conn)
    _permit(conn, by)
    one = _at_stage(conn, version, {DutyStage.PROPOSED}, now=now)
    _text(why, "why")
    if verdict is Verb.WITHDRAW:
        if one.proposed_by != by.key:
            raise NotAllowed(Refusal(reason=Reason.NOT_WHO_ASKED))
    elif one.proposed_by == by.key:
        raise NotAllowed(Refusal(reason=Reason.SECOND_PERSON))
    if verdict is Verb.APPROVE:
        _still_fit(conn, one)
        _in_force(conn, one.version, max(one.proposed_from or now, now), now=now, why=why,
                  proposed_by=one.proposed_by)  # fmt: skip
    else:
        duties.take_back(conn, version)
        _trail(conn, version, verdict.value, now, why=why)
    return _version(conn, version, now=now)


def activate_alone(
    conn: Connection, version: int, *, by: Actor, why: str, now: datetime,
    accepted: str = "", starts: datetime | None = None,
) -> DutyVersion:  # fmt: skip
    """Put a draft in force without a second person: for a city's first one, and at the machine.

    Accounts may not; the ledger keeps that nobody else was asked. Raises as ``propose`` does.
    """
    duties.lock(conn)
    if by.kind != "system":
        raise NotAllowed(Refusal(reason=Reason.SECOND_PERSON))
    _at_stage(conn, version, {DutyStage.DRAFT}, now=now)
    findings = _fit(conn, version, why=why, accepted=accepted, starts=starts, now=now)
    duties.propose(conn, version, starts=starts, why=why.strip(), accepted=accepted.strip() or None,
                   findings=findings, now=now)  # fmt: skip
    _in_force(conn, version, max(starts or now, now), now=now, why=why, accepted=accepted,
              alone=True)  # fmt: skip
    return _version(conn, version, now=now)


def discard(conn: Connection, version: int, *, by: Actor, why: str, now: datetime) -> DutyVersion:
    """A draft, or a version whose time has not come, is never in force. Raises as ``decide``."""
    duties.lock(conn)
    _permit(conn, by)
    _at_stage(conn, version, {DutyStage.DRAFT, DutyStage.PROPOSED, DutyStage.SCHEDULED}, now=now)
    duties.discard(conn, version, why=_text(why, "why"), now=now)
    _trail(conn, version, "discard", now, why=why)
    return _version(conn, version, now=now)


def _permit(conn: Connection, by: Actor) -> None:
    """Whoever decides does so for the whole city."""
    if by.kind == "system":
        return
    if not access.allowed(by, Permission.DECIDE_DUTIES) or by.area_id is None:
        raise NotAllowed(Refusal(reason=Reason.DUTIES_ROLE))
    if not duties.holds_city(conn, by.area_id):
        raise NotAllowed(Refusal(reason=Reason.DUTIES_ROLE))


def _at_stage(
    conn: Connection, version: int, stages: set[DutyStage], *, now: datetime
) -> DutyVersion:
    one = _version(conn, version, now=now)
    if one.stage(now) not in stages:
        raise Refused(Refusal(reason=Reason.DUTIES_STAGE))
    return one


def _fit(
    conn: Connection, version: int, *, why: str, accepted: str, starts: datetime | None,
    now: datetime,
) -> tuple[Finding, ...]:  # fmt: skip
    """What the check says of a version that may be put in force."""
    findings = _without_errors(conn, version)
    _text(why, "why")
    if findings and not accepted.strip():
        raise Incomplete(Refusal(reason=Reason.DUTIES_WARNINGS, field="accepted"))
    if starts is not None and starts < now:
        raise Incomplete(Refusal(reason=Reason.DUTIES_PAST, field="from"))
    if starts is not None and starts > now + _LATEST:
        raise Incomplete(Refusal(reason=Reason.DUTIES_FAR, field="from"))
    return findings


def _still_fit(conn: Connection, one: DutyVersion) -> None:
    """The city may have changed since it was proposed."""
    known = {_key(each) for each in one.findings}
    if any(_key(each.as_dict()) not in known for each in _without_errors(conn, one.version)):
        raise Refused(Refusal(reason=Reason.DUTIES_CHANGED))


def _key(finding: dict[str, Any]) -> tuple[Any, ...]:
    return finding["kind"], tuple(finding["rules"]), tuple(finding["names"])


def _without_errors(conn: Connection, version: int) -> tuple[Finding, ...]:
    findings = check_version(conn, version)
    errors = tuple(one for one in findings if one.is_error)
    if errors:
        raise FaultyDuties(errors)
    return findings


def _in_force(
    conn: Connection, version: int, starts: datetime, *, now: datetime, **told: Any
) -> None:
    duties.activate(conn, version, starts=starts, now=now)
    _trail(conn, version, "activate", now, effective_from=starts, **told)


def _version(conn: Connection, version: int, *, now: datetime) -> DutyVersion:
    found = duties.version(conn, version, now=now)
    if found is None:
        raise NotFound(Refusal(reason=Reason.NO_SUCH_DUTIES))
    return found


def _text(text: str, name: str) -> str:
    if not text.strip():
        raise Incomplete(Refusal(reason=Reason.REASON_MISSING, field=name))
    if len(text) > _LONGEST:
        raise Incomplete(Refusal(reason=Reason.TEXT_TOO_LONG, field=name))
    return text.strip()


def _trail(conn: Connection, version: int, verb: str, now: datetime, **payload: Any) -> None:
    ledger.append(
        conn, at=now, verb=f"duties.{verb}", object_kind="duties", object_key=str(version),
        payload=payload,
    )  # fmt: skip
