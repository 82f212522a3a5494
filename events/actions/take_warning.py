"""Take in a warning of somebody else: a CAP message, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.model.cap import NotCap
from events.store import ledger, warnings
from grid.model.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.warning import WarningMessage


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of a message. ``new``: it was not there; ``inside``: it touches the city."""

    warning_id: int
    new: bool
    inside: bool


def take_warning(conn: Connection, message: WarningMessage, *, now: datetime) -> Taken:
    """Keep a message; the same one again changes nothing.

    Raises NotCap for another message of the same sender and number.
    """
    warning_id = warnings.add(conn, message, now=now)
    if warning_id is not None:
        ledger.append(
            conn, at=now, verb="warning.take", object_kind="warning",
            object_key=f"{message.sender},{message.identifier}",
            payload={
                "kind": message.kind, "status": message.status, "sent_at": message.sent_at,
                "references": [list(one) for one in message.references],
                "sha256": message.sha256,
            },
        )  # fmt: skip
        return Taken(
            warning_id=warning_id, new=True, inside=warnings.touches_city(conn, warning_id)
        )
    found = warnings.known(conn, message.sender, message.identifier)
    if found is None or found[1] != message.sha256:
        raise NotCap((
            Refusal(
                row=0, field="identifier",
                reason_zh=f"{message.sender} 的编号 {message.identifier} 已有另一份不同的报文；"
                "更正应以 Update 发布。",
                reason_en=f"{message.sender} has sent another message as {message.identifier}:"
                " what is corrected comes as an Update.",
            ),
        ))  # fmt: skip
    return Taken(warning_id=found[0], new=False, inside=warnings.touches_city(conn, found[0]))
