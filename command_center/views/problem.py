"""Errors as other programs read them: RFC 9457 ``application/problem+json``."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One refused field: its name and a sentence saying what is wrong with it."""

    field: str
    reason: str


def problem_body(
    *,
    status: int,
    kind: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    more: dict[str, object] | None = None,
) -> bytes:
    """The JSON text of one problem; ``kind`` is its stable name (``about:blank`` is never used)."""
    body: dict[str, object] = {
        "type": f"urn:command-center:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"field": one.field, "reason": one.reason} for one in errors]
    if more:
        body |= more
    return orjson.dumps(body)
