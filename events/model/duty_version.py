"""A version of the duties on its way from a draft to being in force, and after."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from events.model.words import Words

if TYPE_CHECKING:
    from datetime import datetime


class DutyStage(StrEnum):
    """How far a version is."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    RETIRED = "retired"
    DISCARDED = "discarded"


DUTY_STAGE_WORDS: dict[DutyStage, Words] = {
    DutyStage.DRAFT: Words(zh="草案", en="draft"),
    DutyStage.PROPOSED: Words(zh="待另一人同意", en="waits for a second person"),
    DutyStage.SCHEDULED: Words(zh="待生效", en="will be in force"),
    DutyStage.ACTIVE: Words(zh="现行", en="in force"),
    DutyStage.RETIRED: Words(zh="已被取代", en="followed by another"),
    DutyStage.DISCARDED: Words(zh="已作废", en="discarded"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyVersion:
    """A row of events.duty_versions. Times are aware; ``rules``: how many it has.

    ``proposed_from`` None: from the second person's word on. ``accepted``: a word of why about
    the warnings in ``findings`` (each as ``Finding.as_dict``).
    """

    version: int
    note: str
    made_by: str
    made_at: datetime
    proposed_by: str | None
    proposed_at: datetime | None
    proposed_from: datetime | None
    proposed_why: str | None
    accepted: str | None
    findings: tuple[dict[str, Any], ...]
    activated_by: str | None
    activated_at: datetime | None
    effective_from: datetime | None
    discarded_by: str | None
    discarded_at: datetime | None
    discarded_why: str | None
    rules: int
    in_force: bool

    def stage(self, now: datetime) -> DutyStage:
        """How far it is."""
        if self.discarded_at is not None:
            return DutyStage.DISCARDED
        if self.in_force:
            return DutyStage.ACTIVE
        if self.effective_from is None:
            return DutyStage.DRAFT if self.proposed_at is None else DutyStage.PROPOSED
        return DutyStage.SCHEDULED if self.effective_from > now else DutyStage.RETIRED
