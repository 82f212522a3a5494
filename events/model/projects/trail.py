"""The ledger's entries about a project are enough to rebuild it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.model.ledger import LedgerEntry

# What of a project the ledger rebuilds.
PROJECT_COLUMNS = (
    "number", "kind", "stage", "version", "name_zh", "name_en", "lon", "lat", "cell_id", "area_id",
    "component_id", "category_code", "family", "department_id", "facts", "method", "into_id",
    "cause", "measures", "target_class", "before_class", "after_class", "result", "opened_at",
    "updated_at", "stage_at", "rectify_at", "due_at", "overdue_at", "told_level", "submitted_at",
    "submitted_by", "accepted_at", "accepted_by", "watch_until", "relapses", "ended_at",
    "opened_why",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """A project as the ledger tells it: JSON values by column, and what belongs to it."""

    columns: Mapping[str, Any]
    samples: Mapping[int, str] = field(default_factory=dict)  # id -> water class
    sources: Mapping[int, bool] = field(default_factory=dict)  # id -> settled
    checks: Mapping[str, bool] = field(default_factory=dict)  # measure -> met
    tickets: frozenset[str] = frozenset()


def rebuild_project(entries: Iterable[LedgerEntry]) -> Rebuilt:
    """A project from its entries in order.

    Raises ValueError when a version is missing or a stage does not follow from the last one.
    """
    columns: dict[str, Any] = {}
    samples: dict[int, str] = {}
    sources: dict[int, bool] = {}
    checks: dict[str, bool] = {}
    tickets: set[str] = set()
    for entry in entries:
        payload = entry.payload
        version = payload["version"]
        if version != columns.get("version", 0) + 1 or payload["from"] != columns.get("stage"):
            raise ValueError(f"version {version} does not follow on {columns.get('version', 0)}")
        columns.update(payload["set"])
        columns.update(stage=payload["to"], version=version)
        if "sample" in payload:
            samples[payload["sample"]["id"]] = payload["sample"]["class"]
        if "source" in payload:
            sources[payload["source"]["id"]] = payload["source"]["settled"]
        if "check" in payload:
            checks[payload["check"]["item"]] = payload["check"]["met"]
        for told in payload.get("tickets", ()):
            (tickets.add if told["linked"] else tickets.discard)(told["number"])
    return Rebuilt(columns=columns, samples=samples, sources=sources, checks=checks,
                   tickets=frozenset(tickets))  # fmt: skip
