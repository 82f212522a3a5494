"""What is open in one place: counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is open in a cell of an area (``cell_id`` None: in the area, in no cell).

    ``undecided``: somebody at the desk has the next move; ``worst``: the highest severity.
    """

    area_id: int
    cell_id: int | None
    open: int
    overdue: int
    undecided: int
    worst: int
