"""Values of tables as text."""

from __future__ import annotations


def as_text(value: object) -> str:
    """A value as text: "" for None, whole floats without ".0" (codes read as numbers)."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
