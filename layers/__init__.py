"""Scenarios: what is measured, what is wrong, who answers, how it looks."""

import importlib
import pkgutil
from functools import cache

from layers.contract import Layer, Metric, Rule
from layers.packs import all_metrics

__all__ = ["discover", "metrics", "rules_of"]


@cache
def _layers() -> dict[str, Layer]:
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        layer = getattr(importlib.import_module(f"{__name__}.{module.name}"), "LAYER", None)
        if isinstance(layer, Layer):
            found[layer.code] = layer
    return found


def discover() -> dict[str, Layer]:
    """Return every ``LAYER`` of a module in this folder, by its code."""
    return dict(_layers())


def metrics() -> dict[str, Metric]:
    """Return every metric a device may report, by its name."""
    return all_metrics()


@cache
def rules_of(metric: str, layer: str | None = None) -> tuple[Rule, ...]:
    """Return the rules that judge a metric: those of one layer, or of all."""
    return tuple(
        rule
        for one in _layers().values()
        if layer is None or one.code == layer
        for rule in one.rules
        if rule.metric == metric
    )
