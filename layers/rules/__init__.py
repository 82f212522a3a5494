"""The kinds of rules a layer is written with, and how to judge a part of a series again."""

from layers.rules.episodes import Change, Resume, compare, resume
from layers.rules.groups import Background, Spread
from layers.rules.kinds import Kind
from layers.rules.quality import Flagged, FlatLine, flagged, flagged_sample, flat, flat_sample
from layers.rules.silence import Silence, silence_sample, silent
from layers.rules.windows import EquivalentLevel, Exceedances, Mean, Rise, RollingSum, Threshold

__all__ = [
    "Background",
    "Change",
    "EquivalentLevel",
    "Exceedances",
    "Flagged",
    "FlatLine",
    "Kind",
    "Mean",
    "Resume",
    "Rise",
    "RollingSum",
    "Silence",
    "Spread",
    "Threshold",
    "compare",
    "flagged",
    "flagged_sample",
    "flat",
    "flat_sample",
    "resume",
    "silence_sample",
    "silent",
]
