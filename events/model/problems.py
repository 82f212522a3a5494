"""The errors that this package raises to its callers; each carries the refusal it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.refusal import Reason, Refusal

if TYPE_CHECKING:
    from events.model.duty_finding import Finding
    from events.model.ticket import Ticket
    from events.model.words import Language


class Refused(Exception):
    """Something was refused for a reason that a person can read."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.told("en"))
        self.refusal = refusal

    def told(self, language: Language) -> str:
        """The sentence in ``language``."""
        return self.refusal.told(language)


class NotAllowed(Refused):
    """This actor may not do this to this ticket."""


class Incomplete(Refused):
    """Something that must be given is missing or cannot be used; ``refusal.field`` says what."""


class Unproven(Incomplete):
    """What a category asks for as proof is missing; ``refusals`` name everything, at least one."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(refusals[0])
        self.refusals = refusals

    def told(self, language: Language) -> str:
        """All the sentences in ``language``."""
        return " ".join(one.told(language) for one in self.refusals)


class FaultyDuties(Incomplete):
    """A version of the duties has errors; ``findings`` are these, at least one."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(Refusal(reason=Reason.DUTIES_ERRORS))
        self.findings = findings

    def told(self, language: Language) -> str:
        """The sentence, and what is wrong."""
        return " ".join([super().told(language), *(one.words.told(language) + "."
                                                   for one in self.findings)])  # fmt: skip


class OutsideCity(Refused):
    """A position is in no area of the city. ``index``: which of the drafts."""

    def __init__(self, index: int = 0) -> None:
        super().__init__(Refusal(reason=Reason.OUTSIDE_CITY, field="position"))
        self.index = index


class NotFound(Refused):
    """No ticket, report or account of this name (or none that this actor may see)."""


class KeyConflict(Refused):
    """An idempotency key came again with other content."""

    def __init__(self) -> None:
        super().__init__(Refusal(reason=Reason.KEY_REUSED, field="key"))


class SignInRefused(Refused):
    """Wrong name or password, a disabled or a locked account."""


class Conflict(Refused):
    """The ticket is not as the caller thinks; ``current`` is what it is now."""

    def __init__(self, refusal: Refusal, current: Ticket) -> None:
        super().__init__(refusal)
        self.current = current


class WrongState(Conflict):
    """The ticket's state has no such move."""

    def __init__(self, current: Ticket) -> None:
        super().__init__(Refusal(reason=Reason.WRONG_STATE), current)


class StaleTicket(Conflict):
    """The ticket was changed since the caller read it."""

    def __init__(self, current: Ticket) -> None:
        super().__init__(Refusal(reason=Reason.STALE), current)
