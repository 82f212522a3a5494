"""The ledger of losses for people: rows, shares, and the sentence that says it all."""

from __future__ import annotations

from typing import Any, Protocol

from command_center.problem import Language
from command_center.wording import words

Json = dict[str, Any]


class Line(Protocol):
    """Counts of one device, one hour, or both."""

    @property
    def device_id(self) -> str | None: ...
    @property
    def expected(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def missing(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def quarantined(self) -> int: ...
    @property
    def rejected(self) -> int: ...


def row(one: Line, name: str | None, language: Language) -> Json:
    """One device's line, for the component ``Rows``; ``name`` None: it is not registered."""
    sender = one.device_id or words("losses.unknown", language)
    return {
        "id": one.device_id or "",
        "cells": [
            {"text": name or sender, "sub": sender if name else None, "strong": True},
            _count(one.missing, "bad"),
            {"text": share(one)},
            {"text": f"{one.expected:,}"},
            {"text": f"{one.received:,}"},
            _count(one.late),
            _count(one.duplicates),
            _count(one.quarantined + one.rejected, "none"),
        ],
    }


def share(one: Line) -> str:
    """The share of what was due that came; a dash when nothing was due."""
    if not one.expected:
        return "–"
    whole = one.received / one.expected
    # 99.99 % must not look like all of it
    return "100%" if not one.missing else f"{min(whole, 0.999):.1%}"


def sentence(total: Line, unaccounted: int, span: str, language: Language) -> tuple[str, str]:
    """What is to be said of a span, in one sentence, and how good that is: ok, missing, lost."""
    if unaccounted:
        kind = "lost"
    elif total.missing:
        kind = "missing"
    elif not total.expected and not total.received:
        kind = "nothing"
    else:
        kind = "ok"
    told = words(
        f"losses.told_{kind}", language, span=words(f"losses.in_{span}", language),
        missing=f"{total.missing:,}", expected=f"{total.expected:,}", n=f"{unaccounted:,}",
    )  # fmt: skip
    return told, kind


def _count(number: int, tone: str = "") -> Json:
    return {"text": f"{number:,}", "tone": tone if number else ""}
