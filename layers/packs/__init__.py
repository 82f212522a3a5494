"""Versioned data packs: limits with clause and effective date, metrics, event categories."""

from layers.packs.catalogue import Category, all_metrics, load_categories, metrics
from layers.packs.limits import BadAttribute, Entry, entries, entry, interval_ms, versions
from layers.packs.reading import PackError
from layers.packs.water import load_standards

__all__ = [
    "BadAttribute",
    "Category",
    "Entry",
    "PackError",
    "all_metrics",
    "entries",
    "entry",
    "interval_ms",
    "load_categories",
    "load_standards",
    "metrics",
    "versions",
]
