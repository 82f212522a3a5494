"""Who lives behind a door: personal data, read by name only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.access import Permission, allowed, scope
from events.store import households, ledger
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from events.model.actor import Actor
    from events.model.household import Household


def read_household(
    engine: Engine, household_id: int, *, by: Actor, now: datetime
) -> Household | None:
    """The household, when ``by`` may read it; None as well where there is none.

    Who read whose is in the ledger before anybody sees it.
    """
    if not allowed(by, Permission.READ_HOUSEHOLDS):
        return None
    with transaction(engine, by.key) as conn:
        found = households.by_id(conn, household_id, scope(by).area_id)
        if found is not None:
            ledger.append(
                conn,
                at=now,
                verb="household.read",
                object_kind="component",
                object_key=found.building_code,
                area_id=found.area_id,
                payload={"household": household_id},
            )
    return found
