"""What a scenario layer is made of: the nouns, without a single number of any city.

Times are epoch milliseconds (int64) because rules compute over arrays; everything is pure, and
"now" is a parameter. See docs/layers.md for how to write a layer.
"""

from layers.contract.finding import Finding, Seed
from layers.contract.group import Member, Scope
from layers.contract.hours import Hours, midnight, switches, zone_of
from layers.contract.layer import (
    SEVERITY,
    Expected,
    Layer,
    Legend,
    ProjectStage,
    Sample,
    Severity,
    Shape,
    Stage,
    Style,
)
from layers.contract.limits import Attributes, Bound, Limits, Stretch
from layers.contract.reading import FLAG_NORMAL, Metric, Reading, Series
from layers.contract.rule import Rule
from layers.contract.wording import Words, words

__all__ = [
    "FLAG_NORMAL",
    "SEVERITY",
    "Attributes",
    "Bound",
    "Expected",
    "Finding",
    "Hours",
    "Layer",
    "Legend",
    "Limits",
    "Member",
    "Metric",
    "ProjectStage",
    "Reading",
    "Rule",
    "Sample",
    "Scope",
    "Seed",
    "Series",
    "Severity",
    "Shape",
    "Stage",
    "Stretch",
    "Style",
    "Words",
    "midnight",
    "switches",
    "words",
    "zone_of",
]
