"""Metrics and event categories, as rows of packs."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from layers.contract import Metric
from layers.packs.reading import Fields, PackError, load

_CLOCKS = ("continuous", "working_hours", "working_days", "natural_days")
# Which photos a ticket of a category needs before it is disposed of.
_PROOF = {"none": (), "after": ("after",), "before and after": ("before", "after")}
_METRIC = ("unit", "decimals", "lowest", "highest", "name")
_CATEGORY = (
    "kind",
    "family",
    "layer",
    "name",
    "standard",
    "standard_code",
    "filing_policy",
    "for_residents",
    "severity",
    "clock",
    "dispose_limit",
    "verify_limit",
    "fuse_within_m",
    "fuse_within",
    "proof",
    "geofence_m",
    "recovers_for",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """What kind of event it is, how fast it must be handled, and what counts as the same one.

    The fields are the columns of ``events.categories``.
    """

    code: str
    kind: str
    family: str
    layer: str | None
    name_zh: str
    name_en: str
    standard: str | None
    standard_code: str | None
    filing_policy: str
    for_residents: bool
    severity: int
    clock: str
    dispose_limit: timedelta
    verify_limit: timedelta
    fuse_within_m: float
    fuse_within: timedelta
    proof_photos: tuple[str, ...]
    geofence_m: float
    recovers_for: timedelta | None
    pack: str
    effective_from: date

    def as_row(self) -> dict[str, Any]:
        """Return the category as a row by column name."""
        return asdict(self)


@cache
def _metrics() -> dict[str, Metric]:
    return {
        name: _metric(name, Fields(table, f"metrics.toml: {name}"))
        for name, table in load("metrics").items()
    }


def all_metrics() -> dict[str, Metric]:
    """Return every metric by its name. Raises PackError."""
    return dict(_metrics())


def metrics(*names: str) -> tuple[Metric, ...]:
    """Return the metrics of these names. Raises PackError for an unknown one."""
    known = _metrics()
    for name in names:
        if name not in known:
            raise PackError(f"metrics.toml has no metric {name!r}")
    return tuple(known[name] for name in names)


def _metric(name: str, fields: Fields) -> Metric:
    fields.known(_METRIC)
    words = fields.words("name")
    made = Metric(
        name=name,
        unit=fields.text("unit"),
        decimals=fields.whole("decimals"),
        lowest=fields.number("lowest"),
        highest=fields.number("highest"),
        name_zh=words.zh,
        name_en=words.en,
    )
    if made.lowest >= made.highest:
        raise PackError(f"{fields.where}: lowest must be below highest")
    return made


@cache
def load_categories() -> tuple[Category, ...]:
    """Return the categories in the order of their pack. Raises PackError."""
    document = load("categories")
    head = Fields(document, "categories.toml")
    head.known(("pack", "effective_from", "categories"))
    pack, effective_from = head.text("pack"), head.day("effective_from")
    rows = Fields(document["categories"], "categories.toml").table
    return tuple(
        category(code, Fields(table, f"categories.toml: {code}"), pack, effective_from)
        for code, table in rows.items()
    )


def category(code: str, fields: Fields, pack: str, effective_from: date) -> Category:
    """A category from its table in a pack. Raises PackError."""
    fields.known(_CATEGORY)
    words = fields.words("name")
    made = Category(
        code=code,
        kind=fields.one_of("kind", ("component", "matter")),
        family=fields.text("family"),
        layer=fields.text("layer", None),
        name_zh=words.zh,
        name_en=words.en,
        standard=fields.text("standard", None),
        standard_code=fields.text("standard_code", None),
        filing_policy=fields.one_of("filing_policy", ("automatic", "desk"), "automatic"),
        for_residents=fields.truth("for_residents", False),
        severity=fields.whole("severity"),
        clock=fields.one_of("clock", _CLOCKS),
        dispose_limit=fields.duration("dispose_limit"),
        verify_limit=fields.duration("verify_limit"),
        fuse_within_m=fields.number("fuse_within_m"),
        fuse_within=fields.duration("fuse_within"),
        proof_photos=_PROOF[fields.one_of("proof", tuple(_PROOF), "none")],
        geofence_m=fields.number("geofence_m", 200.0),
        recovers_for=fields.duration("recovers_for", None),
        pack=pack,
        effective_from=effective_from,
    )
    if not 1 <= made.severity <= 4:
        raise PackError(f"{fields.where}: severity must be 1, 2, 3 or 4")
    return made
