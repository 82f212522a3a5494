"""The classes of water and their limits, as a pack."""

from functools import cache
from typing import Any

from events.model.projects.project import WATERS
from events.model.projects.water import Bounds, Standard, is_class
from events.model.projects.words import SUBSTANCE_WORDS
from layers.packs.reading import Fields, PackError, load

_STANDARD = ("name", "water", "source", "effective_from", "sure", "classes", "limits")


@cache
def load_standards() -> tuple[Standard, ...]:
    """Return the standards of the pack. Raises PackError."""
    head = Fields(load("water"), "water.toml")
    head.known(("standards",))
    return tuple(_standard(one) for one in head.tables("standards"))


def _standard(fields: Fields) -> Standard:
    fields.known(_STANDARD)
    water = fields.one_of("water", WATERS)
    classes = fields.table.get("classes")
    if not isinstance(classes, list) or not all(is_class(one, water) for one in classes):
        raise PackError(f"{fields.where}: classes must be classes of {water} water")
    limits = Fields(fields.table.get("limits", {}), f"{fields.where}: limits").table
    return Standard(
        name=fields.text("name"),
        water=water,
        effective_from=fields.day("effective_from"),
        classes=tuple(classes),
        bounds={
            name: _bounds(name, one, len(classes), fields.where) for name, one in limits.items()
        },
    )


def _bounds(name: str, table: Any, count: int, where: str) -> Bounds:
    here = f"{where}: limits: {name}"
    if name not in SUBSTANCE_WORDS:
        raise PackError(f"{here}: there is no such substance")
    fields = Fields(table, here)
    fields.known(("lowest", "highest"))
    return Bounds(lowest=_row(fields, "lowest", count), highest=_row(fields, "highest", count))


def _row(fields: Fields, name: str, count: int) -> tuple[float | None, ...]:
    values = fields.table.get(name)
    if values is None:
        return (None,) * count
    numbers = [one for one in values if isinstance(one, int | float)]
    if len(numbers) != count or len(values) != count:
        raise PackError(f"{fields.where}: {name} must be {count} numbers")
    return tuple(float(one) for one in numbers)
