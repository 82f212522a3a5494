"""What somebody gives with a project's verb beside reason or note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT = 2_000
MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectGiven:
    """Codes and texts as they were sent; None: not given.

    ``outfall_type``, ``receives``, ``water``, ``target_class``: what a survey found. ``method``
    with ``into`` (a component's code, where it is merged). ``values`` by substance, ``taken_at``
    (aware), ``laboratory``: a sample. ``source`` with ``party`` and ``upstream`` (a component's
    code). ``settles``: a source's id. ``item`` with ``met``: one of the six measures. ``days``:
    more time. ``ticket``: a number. ``reduce_to``: the share of the old rate that is aimed at.
    """

    outfall_type: str | None = None
    receives: str | None = None
    water: str | None = None
    target_class: str | None = None
    method: str | None = None
    into: str | None = None
    cause: str | None = None
    measures: str | None = None
    reduce_to: float | None = None
    values: Mapping[str, float] | None = None
    taken_at: datetime | None = None
    laboratory: str | None = None
    source: str | None = None
    party: str | None = None
    upstream: str | None = None
    settles: int | None = None
    item: str | None = None
    met: bool | None = None
    department: str | None = None
    days: int | None = None
    ticket: str | None = None
