"""Who is told of which move, in which words: notices for the outbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from events.model.actor import RESIDENT, Role
from events.model.notice import Recipient
from events.model.verb import STATE_WORDS, VERB_WORDS, Verb
from events.model.words import Words
from events.store import escalations, outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.actor import Actor
    from events.model.proposal import Proposal
    from events.model.ticket import Ticket

_PLACE = re.compile(r"\{([a-z]+)\}")

# What the residents behind a ticket are told.
_TO_REPORTERS: dict[Verb, Words] = {
    Verb.FILE: Words(zh="您上报的问题已立案。", en="Your report was accepted for handling."),
    Verb.DECLINE: Words(zh="您上报的问题不予立案：{why}", en="Your report was not taken up: {why}"),
    Verb.FALSE_ALARM: Words(zh="经两人核实，现场未发现您上报的问题：{why}",
                            en="Two people looked into it and found nothing there: {why}"),
    Verb.MERGE: Words(zh="您上报的问题与案卷 {into} 是同一件事，已合并办理。",
                      en="Your report is about the same thing as {into}: they are one now."),
    Verb.SUSPEND: Words(zh="您上报的问题暂缓办理，到期自动恢复：{why}",
                        en="Your report has to wait and is taken up again by itself: {why}"),
    Verb.RESUME: Words(zh="您上报的问题已恢复办理。", en="Your report is being handled again."),
    Verb.DISPATCH: Words(zh="您上报的问题已派{department}处理。",
                         en="Your report was given to {department}."),
    Verb.DISPOSE: Words(zh="您上报的问题已处置，等待核查。",
                        en="Your report was dealt with and is being checked."),
    Verb.REWORK: Words(zh="核查未通过，您上报的问题正在返工。",
                       en="The check was not passed: it is being done again."),
    Verb.CLOSE: Words(zh="您上报的问题已解决并结案，感谢您。",
                      en="Your report is solved and closed. Thank you."),
    Verb.REOPEN: Words(zh="您上报的问题已重新办理。", en="Your report is being handled again."),
    Verb.RECONSIDER: Words(zh="您上报的问题已重新办理。",
                           en="Your report is being handled again."),
}  # fmt: skip

# What the crew that has it in hand is told.
_TO_CREW: dict[Verb, Words] = {
    Verb.DISPATCH: Words(zh="新派遣：{number} {title}（{place}）",
                         en="New for you: {number} {title} ({place})"),
    Verb.ASSIGN: Words(zh="新派遣：{number} {title}（{place}）",
                       en="New for you: {number} {title} ({place})"),
    Verb.REWORK: Words(zh="返工：{number} {title}，{why}",
                       en="To be redone: {number} {title}: {why}"),
    Verb.SUPERVISE: Words(zh="督办：{number} {title}，{why}",
                          en="Under supervision: {number} {title}: {why}"),
    Verb.EXTEND: Words(zh="已延期：{number} {title}", en="More time was given: {number} {title}"),
    Verb.SUSPEND: Words(zh="已挂账：{number} {title}，{why}",
                        en="Suspended: {number} {title}: {why}"),
    Verb.RESUME: Words(zh="恢复办理，请重新受理：{number} {title}",
                       en="To be taken up again: {number} {title}"),
    Verb.MERGE: Words(zh="已并入 {into}，不必再去：{number} {title}",
                      en="Merged into {into}, nothing more to do: {number} {title}"),
    Verb.WORSEN: Words(zh="等级上升：{number} {title}", en="Getting worse: {number} {title}"),
    Verb.RECOVER: Words(zh="监测已恢复正常，请到场确认：{number} {title}",
                        en="The sensors have recovered, confirm on the spot: {number} {title}"),
    Verb.RELAPSE: Words(zh="监测再次异常：{number} {title}",
                        en="The sensors raise it again: {number} {title}"),
}  # fmt: skip

_GIVEN_AWAY = Words(zh="已改派其他班组，不必再去：{number} {title}",
                    en="Given to another crew, nothing more to do: {number} {title}")  # fmt: skip
_LATE = Words(
    zh="已超期：{number} {title}（{department}）", en="Overdue: {number} {title} ({department})"
)


def tell(
    conn: Connection, ticket: Ticket, verb: Verb, *, by: Actor, why: Words, now: datetime,
    before: Ticket, reported: bool,
) -> None:  # fmt: skip
    """Put the notices of a move into the outbox.

    ``before``: the ticket before it. ``reported``: residents are behind the ticket.
    """
    _tell_who_lost_it(conn, before, ticket, verb, by=by, now=now)
    if reported and verb in _TO_REPORTERS:
        body = _filled(_TO_REPORTERS[verb], ticket, why)
        outbox.put_to_reporters(conn, kind=verb.value, ticket=ticket, body=body, now=now)
    recipient: tuple[Recipient, int] | None = None
    if verb in _TO_CREW and not (verb is Verb.RECOVER and ticket.disposed_at is not None):
        body = _filled(_TO_CREW[verb], ticket, why)
        recipient = _who_has_it(ticket, by)
    elif verb is Verb.OVERDUE and not escalations.ladder(conn):
        body = _filled(_LATE, ticket, why)
        if ticket.department_id is not None:
            recipient = (Recipient.DEPARTMENT, ticket.department_id)
        outbox.put_to_roles(conn, [Role.SUPERVISOR], kind=verb.value, ticket=ticket, body=body,
                            now=now)  # fmt: skip
    if verb is Verb.CLOSE and ticket.owned_by is not None:
        outbox.put_to_account(conn, ticket.owned_by, kind=verb.value, ticket=ticket,
                              body=_filled(_CALL_BACK, ticket, why), now=now)  # fmt: skip
    if recipient is not None:
        outbox.post(
            conn,
            kind=verb.value,
            recipient=recipient[0],
            recipient_id=recipient[1],
            ticket=ticket,
            body=body,
            now=now,
        )


def _tell_who_lost_it(
    conn: Connection, before: Ticket, ticket: Ticket, verb: Verb, *, by: Actor, now: datetime
) -> None:
    """Whom a ticket was given and taken away again need not go; who gave it back knows."""
    lost = before.crew_id
    if verb is Verb.ASSIGN and lost is not None and lost not in (ticket.crew_id, by.crew_id):
        outbox.post(conn, kind=verb.value, recipient=Recipient.CREW, recipient_id=lost,
                    ticket=ticket, body=_filled(_GIVEN_AWAY, ticket, Words(zh="", en="")),
                    now=now)  # fmt: skip


def tell_joined(conn: Connection, ticket: Ticket, event_id: int, *, now: datetime) -> None:
    """Tell a resident whose report joins a ticket how far that is."""
    body = Words(
        zh=f"您反映的问题已有案卷 {ticket.number}，当前状态：{STATE_WORDS[ticket.state].zh}。",
        en=f"This is known already as ticket {ticket.number}:"
        f" {STATE_WORDS[ticket.state].en.lower()}.",
    )
    outbox.put_to_reporter_of(conn, event_id, kind="join", ticket=ticket, body=body, now=now)


_DECIDE = Words(zh="待您审批“{verb}”：{number} {title}，理由：{why}",
                en="For your decision, {verb}: {number} {title}: {why}")  # fmt: skip
_DECIDED: dict[Verb, Words] = {
    Verb.APPROVE: Words(zh="已同意“{verb}”：{number} {title}，{why}",
                        en="Approved, {verb}: {number} {title}: {why}"),
    Verb.REFUSE: Words(zh="未同意“{verb}”：{number} {title}，{why}",
                       en="Refused, {verb}: {number} {title}: {why}"),
}  # fmt: skip
_ASSIST = Words(zh="请协办：{number} {title}（{place}），{why}",
                en="Your part is needed: {number} {title} ({place}): {why}")  # fmt: skip
_PART_LATE = Words(zh="协办已超期：{number} {title}",
                   en="The assisting part is overdue: {number} {title}")  # fmt: skip
_APART = Words(zh="您上报的问题恢复为独立案卷 {number} 办理。",
               en="Your report is a ticket of its own again: {number}.")  # fmt: skip


def tell_deciders(
    conn: Connection,
    ticket: Ticket,
    verb: Verb,
    roles: Iterable[Role],
    *,
    why: str,
    now: datetime,
    by: Actor,
) -> None:
    """Tell everybody who may decide what somebody proposed."""
    body = _filled(_DECIDE, ticket, Words(zh=why, en=why), VERB_WORDS[verb])
    outbox.put_to_roles(conn, roles, kind=Verb.PROPOSE.value, ticket=ticket, body=body, now=now,
                        but=by.account_id)  # fmt: skip


def tell_asker(
    conn: Connection, ticket: Ticket, proposal: Proposal, verdict: Verb, *, why: str, now: datetime
) -> None:
    """Tell who proposed something what was decided; nothing when they took it back."""
    if verdict in _DECIDED:
        body = _filled(_DECIDED[verdict], ticket, Words(zh=why, en=why), VERB_WORDS[proposal.verb])
        outbox.put_to_account(conn, proposal.asked_by, kind=verdict.value, ticket=ticket,
                              body=body, now=now)  # fmt: skip


def tell_party(
    conn: Connection,
    ticket: Ticket,
    department_id: int,
    crew_id: int | None,
    *,
    why: str,
    now: datetime,
) -> None:
    """Tell an assisting department (its crew, if one was named) that it is needed."""
    recipient = (Recipient.DEPARTMENT, department_id)
    if crew_id is not None:
        recipient = (Recipient.CREW, crew_id)
    outbox.post(conn, kind=Verb.ASSIST.value, recipient=recipient[0], recipient_id=recipient[1],
               ticket=ticket, body=_filled(_ASSIST, ticket, Words(zh=why, en=why)),
               now=now)  # fmt: skip


def tell_late_party(conn: Connection, ticket: Ticket, department_id: int, *, now: datetime) -> None:
    """Tell an assisting department, and the supervisors, that its part is late."""
    body = _filled(_PART_LATE, ticket, Words(zh="", en=""))
    outbox.post(conn, kind=Verb.OVERDUE.value, recipient=Recipient.DEPARTMENT,
                recipient_id=department_id, ticket=ticket, body=body, now=now)  # fmt: skip
    outbox.put_to_roles(conn, [Role.SUPERVISOR], kind=Verb.OVERDUE.value, ticket=ticket, body=body,
                        now=now)  # fmt: skip


def tell_reporters_of_unmerge(conn: Connection, ticket: Ticket, *, now: datetime) -> None:
    """Tell the residents whose reports came back with a ticket that is one of its own again."""
    body = _filled(_APART, ticket, Words(zh="", en=""))
    outbox.put_to_reporters(conn, kind=Verb.UNMERGE.value, ticket=ticket, body=body, now=now)


_MESSAGE = Words(zh="市民留言：{number} {title}", en="The resident writes: {number} {title}")
_CALL_BACK = Words(zh="请回访来电人：{number} {title} 已结案",
                   en="Please call back: {number} {title} is closed")  # fmt: skip


def tell_of_message(conn: Connection, ticket: Ticket, *, now: datetime) -> None:
    """Tell who has the ticket in hand, and who owns the contact, that a resident writes."""
    body = _filled(_MESSAGE, ticket, Words(zh="", en=""))
    recipient = _who_has_it(ticket, RESIDENT)
    if recipient is not None:
        outbox.post(conn, kind="message", recipient=recipient[0], recipient_id=recipient[1],
                   ticket=ticket, body=body, now=now)  # fmt: skip
    if ticket.owned_by is not None:
        outbox.put_to_account(conn, ticket.owned_by, kind="message", ticket=ticket, body=body,
                              now=now)  # fmt: skip


def tell_residents(conn: Connection, ticket: Ticket, text: str, *, now: datetime) -> None:
    """Give a message to every resident whose report is behind the ticket."""
    outbox.put_to_reporters(conn, kind="message", ticket=ticket, body=Words(zh=text, en=text),
                            now=now)  # fmt: skip


def _who_has_it(ticket: Ticket, by: Actor) -> tuple[Recipient, int] | None:
    """The crew's people; without a crew those of the department; nobody before dispatch."""
    if ticket.crew_id is not None:
        return None if by.crew_id == ticket.crew_id else (Recipient.CREW, ticket.crew_id)
    if ticket.department_id is not None and not ticket.was_returned:
        return Recipient.DEPARTMENT, ticket.department_id
    return None


def _filled(words: Words, ticket: Ticket, why: Words, verb: Words | None = None) -> Words:
    verb = verb or Words(zh="", en="")
    zh = {"verb": verb.zh, "title": ticket.title_zh, "place": ticket.area_name_zh, "why": why.zh,
          "department": ticket.department_name_zh or "责任部门",
          "into": ticket.merged_number or ""}  # fmt: skip
    en = {"verb": verb.en.lower(), "title": ticket.title_en, "why": why.en,
          "place": ticket.area_name_en,
          "department": ticket.department_name_en or "the department",
          "into": ticket.merged_number or ""}  # fmt: skip
    return Words(zh=_fill(words.zh, ticket, zh), en=_fill(words.en, ticket, en))


def _fill(template: str, ticket: Ticket, values: Mapping[str, str]) -> str:
    """Put the values where the template names them; a reason may itself hold braces."""
    parts = _PLACE.split(template)
    named = {"number": ticket.number, **values}
    return "".join(named[part] if i % 2 else part for i, part in enumerate(parts))
