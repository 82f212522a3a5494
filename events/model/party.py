"""A department that assists with a ticket beside the one that leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from events.model.words import Words


class PartyState(StrEnum):
    """How far an assisting department is."""

    WORKING = "working"
    SIGNED = "signed"
    RELEASED = "released"


PARTY_WORDS: dict[PartyState, Words] = {
    PartyState.WORKING: Words(zh="协办中", en="working on its part"),
    PartyState.SIGNED: Words(zh="已会签", en="has signed its part"),
    PartyState.RELEASED: Words(zh="已撤销", en="released"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """A row of events.parties with the department's names."""

    party_id: int
    ticket_id: int
    department_id: int
    department_code: str
    department_name_zh: str
    department_name_en: str
    crew_id: int | None
    asked_at: datetime
    asked_by: str
    asked_why: str
    due_at: datetime
    signed_at: datetime | None
    signed_by: str | None
    note: str | None
    released_at: datetime | None

    @property
    def state(self) -> PartyState:
        """Working until it has signed, unless it was released."""
        if self.released_at is not None:
            return PartyState.RELEASED
        return PartyState.WORKING if self.signed_at is None else PartyState.SIGNED
