"""How alike two short descriptions are, in Chinese and English, and how alike two photos."""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# Hashed n-grams fall into so many boxes; few enough to be fast, enough that two seldom meet.
_BOXES = 4_096
# What a text says, it says at its beginning.
_LONGEST = 240
# Fewer n-grams than this say nothing either way.
_FEWEST = 3
# Words of courtesy that all reports share.
_FILLING = re.compile(
    r"\b(?:the|a|an|is|are|was|has|have|been|on|in|at|of|and|to|for|there|please|with|near|by)\b"
    r"|请|的|了|在|有|是|您好|你好|尽快|处理|一下|这里|那里|我们|麻烦"
)
_CJK = r"\u4e00-\u9fff"
_RUNS = re.compile(rf"[{_CJK}]+|[a-z0-9]+")
_STREET_ZH = re.compile(
    rf"([{_CJK}]{{1,6}}(?:大道|路(?![灯面口边况])|街|巷|桥|站|村|小区|广场|公园))(?:(\d+)号?)?"
)
_STREET_EN = re.compile(
    r"(?:(\d+)\s+)?((?:[a-z]+\s+){1,3}?)"
    r"(?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|way|ter|pl|plz|sq|hwy|pkwy|ct|cir|bridge|park)\b"
)

# Up to so many different bits of 64 two hashes are of one picture.
PHOTO_BITS = 10


def likeness(one: str, other: str) -> float | None:
    """0 (nothing in common) to 1 (the same words), None where either says too little.

    The cosine of hashed character n-grams (pairs in Chinese, threes in Latin letters). A place
    that both name counts as much as all other words; two numbers of one street halve what they
    have in common, and where they name different streets there is nothing.
    """
    mine, yours = _signature(one[:_LONGEST]), _signature(other[:_LONGEST])
    if mine is None or yours is None:
        return None
    words = float(mine @ yours)
    named = _compare_places(places(one[:_LONGEST]), places(other[:_LONGEST]))
    return {_SAME: (words + 1.0) / 2, _NEXT: words / 2, _ELSEWHERE: 0.0}.get(named, words)


def elsewhere(one: str, other: str) -> bool:
    """Whether both name streets or places, and not one that is the same."""
    named = _compare_places(places(one[:_LONGEST]), places(other[:_LONGEST]))
    return named == _ELSEWHERE


def places(text: str) -> frozenset[tuple[str, str]]:
    """The streets and named places in a text, each with its house number ("" where none is)."""
    low = text.lower()
    found = {(match[1], match[2] or "") for match in _STREET_ZH.finditer(low)}
    found |= {(match[2].strip(), match[1] or "") for match in _STREET_EN.finditer(low)}
    return frozenset(found)


def photo_distance(mine: tuple[int, ...], yours: tuple[int, ...]) -> int | None:
    """The fewest different bits of 64 between any two hashes; None where a side has none."""
    bits = [((one ^ other) & (2**64 - 1)).bit_count() for one in mine for other in yours]
    return min(bits, default=None)


_SAME, _NEXT, _ELSEWHERE, _UNKNOWN = range(4)


def _compare_places(mine: frozenset[tuple[str, str]], yours: frozenset[tuple[str, str]]) -> int:
    if not mine or not yours:
        return _UNKNOWN
    found: set[bool] = set()
    for name, number in mine:
        for other, its_number in yours:
            # Chinese has no spaces: what stands before the name may be caught with it
            if not (name.endswith(other) or other.endswith(name)):
                continue
            if number and number == its_number:
                return _SAME
            found.add(not (number and its_number))
    if not found:
        return _ELSEWHERE
    # two numbers of one street are two places, whatever else both name
    return _NEXT if False in found else _SAME


@lru_cache(maxsize=8_192)
def _signature(text: str) -> NDArray[np.float32] | None:
    """A vector of length 1 over the boxes of all n-grams; None for a text without enough."""
    grams = {
        run[at : at + size]
        for run in _RUNS.findall(_FILLING.sub(" ", text.lower()))
        for size in ((2,) if run[0] > "z" else (3,))
        for at in range(max(len(run) - size + 1, 1))
    }
    if len(grams) < _FEWEST:
        return None
    vector = np.zeros(_BOXES, np.float32)
    vector[[crc32(one.encode()) % _BOXES for one in grams]] = 1.0
    return vector / np.float32(np.linalg.norm(vector))
