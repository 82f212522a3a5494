"""Reproducible chance: the same words give the same numbers, on every machine and in every run."""

from __future__ import annotations

import math
import zlib

_WHOLE = 1 << 32


def chance(*words: object) -> float:
    """A number in [0, 1) that is spread evenly over different words."""
    # crc32 alone keeps neighbours together; a multiplication tears them apart
    mixed = zlib.crc32(":".join(map(str, words)).encode()) * 2_654_435_761 % _WHOLE
    return (mixed ^ mixed >> 15) / _WHOLE


def wave(key: str, t: float, period_s: float) -> float:
    """Smooth noise in [-1, 1]: a new target every ``period_s`` seconds, no jumps between."""
    place = t / period_s
    step = math.floor(place)
    share = place - step
    smooth = share * share * (3 - 2 * share)
    before, after = chance(key, step), chance(key, step + 1)
    return 2 * (before + (after - before) * smooth) - 1
