"""An account: a person's name in the program, with a role and a scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from events.model.actor import Actor, Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A row of events.accounts; ``password_hash`` None: nobody can sign in with it."""

    account_id: int
    name: str
    name_zh: str
    name_en: str
    role: Role
    password_hash: str | None
    area_id: int
    department_id: int | None
    crew_id: int | None
    disabled_at: datetime | None

    @property
    def actor(self) -> Actor:
        """Who acts through this account."""
        return Actor(
            kind="account",
            name=self.name,
            role=self.role,
            account_id=self.account_id,
            department_id=self.department_id,
            crew_id=self.crew_id,
            area_id=self.area_id,
            name_zh=self.name_zh,
            name_en=self.name_en,
        )
