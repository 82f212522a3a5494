"""What the wall's scripts must know before anything live: words, layers, metrics, the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from command_center.problem import Language
from command_center.wording import page_words
from events.model.access import Actor, Permission, allowed
from events.model.projects.stage import Kind, Stage, stage_words
from events.model.workflow import STATE_WORDS
from grid.model.city import City
from layers.contract import SEVERITY, Layer, Metric

Json = dict[str, Any]

# Each figure leads to the tickets behind it (a filter of the desk), or to the evaluation.
_DESK_LINKS = {
    "open": "/desk?show=open",
    "overdue": "/desk?show=overdue",
    "needs_decision": "/desk?show=needs",
    "closed_today": "/desk?show=closed_today",
    "department": "/desk?department=",
}


def wall_config(
    *,
    city: City,
    layers: Iterable[Layer],
    metrics: Mapping[str, Metric],
    actor: Actor,
    language: Language,
    whole: bool = False,
) -> Json:
    """The configuration of all components of the wall, in ``language``.

    ``whole``: whether the actor sees every ticket of the city.
    """
    return {
        "language": language,
        "time_zone": city.time_zone,
        "bbox": list(city.bbox),
        "layers": [layer_json(layer) for layer in layers],
        "metrics": {name: _metric_json(metric) for name, metric in metrics.items()},
        "severity": {
            level: {"colour": one.colour, "name": one.names.told(language)}
            for level, one in SEVERITY.items()
        },
        "states": {state.value: words.told(language) for state, words in STATE_WORDS.items()},
        "project_stages": {
            kind.value: {stage.value: stage_words(kind, stage).told(language) for stage in Stage}
            for kind in Kind
        },
        "links": links_of(actor),
        "whole": whole,
        "words": {**page_words("wall", language), **page_words("screen", language)},
        "search": page_words("search", language),
        "locale": _locale(language),
    }


def layer_json(layer: Layer) -> Json:
    """A layer's look for the browser: style, metrics in order, stages."""
    return {
        "code": layer.code,
        "name_zh": layer.name_zh,
        "name_en": layer.name_en,
        "colour": layer.style.colour,
        "shape": str(layer.style.shape),
        "icon": layer.style.icon,
        "metrics": [metric.name for metric in layer.metrics],
        "stages": [
            {
                "code": stage.code,
                "name_zh": stage.names.zh,
                "name_en": stage.names.en,
                "states": list(stage.states),
                "colour": stage.colour,
            }
            for stage in layer.stages
        ],
        "facilities": bool(layer.facilities),
        "projects": [
            {
                "code": one.code,
                "name_zh": one.names.zh,
                "name_en": one.names.en,
                "sign_zh": one.sign.zh,
                "sign_en": one.sign.en,
                "colour": one.colour,
                "shape": str(one.shape),
            }
            for one in layer.projects
        ],
    }


def links_of(actor: Actor) -> Json:
    """Where each figure leads, for those who may go there."""
    links: Json = {}
    if allowed(actor, Permission.VIEW_DESK):
        links.update(_DESK_LINKS)
    if allowed(actor, Permission.VIEW_RECTIFICATION):
        links["projects"] = "/rectification"
    if allowed(actor, Permission.VIEW_EVALUATION):
        links["on_time"] = "/evaluation"
    if allowed(actor, Permission.VIEW_DUTIES):
        links["duties"] = "/duties"
    return links


def _metric_json(metric: Metric) -> Json:
    return {
        "name_zh": metric.name_zh,
        "name_en": metric.name_en,
        "unit": metric.unit,
        "decimals": metric.decimals,
    }


def _locale(language: Language) -> Json:
    """The map controls' own words."""
    told = page_words("wall", language)
    return {
        "NavigationControl.ZoomIn": told["zoom_in"],
        "NavigationControl.ZoomOut": told["zoom_out"],
        "Map.Title": told["map"],
    }
