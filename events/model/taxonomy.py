"""What a taxonomy would change in a city's categories, told before it does: pure comparison.

A category is found again by its code, else by its standard, kind and code there. A field that the
city changed since the pack gave it stays as the city wants it. What a later version of a pack does
not have is retired; nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from events.model.category import Category
from events.model.ledger import plain
from events.model.words import Words

# What a pack says of a category, beside its code and where it comes from.
FIELDS = (
    "kind", "family", "layer", "name_zh", "name_en", "standard", "standard_code", "filing_policy",
    "for_residents", "severity", "clock", "dispose_limit", "verify_limit", "fuse_within_m",
    "fuse_within", "proof_photos", "geofence_m", "recovers_for",
)  # fmt: skip
_NAMES = frozenset({"name_zh", "name_en"})


class Deed(StrEnum):
    """What becomes of a category."""

    ADDED = "added"
    RENAMED = "renamed"
    CHANGED = "changed"
    RETIRED = "retired"
    RESTORED = "restored"
    KEPT = "kept"
    SAME = "same"


DEED_WORDS: dict[Deed, Words] = {
    Deed.ADDED: Words(zh="新增", en="added"),
    Deed.RENAMED: Words(zh="更名", en="renamed"),
    Deed.CHANGED: Words(zh="修改", en="changed"),
    Deed.RETIRED: Words(zh="停用", en="retired"),
    Deed.RESTORED: Words(zh="恢复使用", en="in use again"),
    Deed.KEPT: Words(zh="保留本市设置", en="kept as the city has it"),
    Deed.SAME: Words(zh="不变", en="unchanged"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A category as the city has it. ``given``: what its pack said (None: nobody knows);
    ``live``: how many open tickets are filed under it."""

    category: Category
    given: Mapping[str, Any] | None
    live: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What becomes of one category: ``after`` is how it is then. ``given``: what the pack says.

    ``taken`` are the fields that change, ``kept`` those that the city has otherwise than the pack.
    """

    deed: Deed
    before: Category | None
    after: Category
    given: Mapping[str, Any] | None
    taken: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    live: int = 0


def given(category: Category) -> dict[str, Any]:
    """What a pack says of a category, as JSON."""
    values = asdict(category)
    return {name: plain(values[name]) for name in FIELDS}


def compare(
    known: Iterable[Known],
    wanted: Sequence[Category],
    *,
    now: datetime,
    overwrite: bool = False,
) -> tuple[Change, ...]:
    """What ``wanted``, all categories of one pack, changes; what stays as it is is left out.

    ``overwrite``: take what the pack says also where the city changed it.
    """
    have = list(known)
    by_code = {one.category.code: one for one in have}
    named = {one.code for one in wanted}
    by_standard = {
        key: one
        for one in have
        if (key := _standard(one.category)) is not None and one.category.code not in named
    }
    found: list[Change] = []
    met: set[str] = set()
    for one in wanted:
        key = _standard(one)
        old = by_code.get(one.code) or (None if key is None else by_standard.get(key))
        if old is None:
            found.append(Change(deed=Deed.ADDED, before=None, after=one, given=given(one)))
            continue
        met.add(old.category.code)
        change = _merged(old, one, overwrite=overwrite)
        if change is not None:
            found.append(change)
    name = _name(wanted[0].pack) if wanted else ""
    for old in have:
        category = old.category
        gone = _name(category.pack) == name and category.code not in met
        if gone and category.retired_at is None:
            after = replace(category, retired_at=now)
            found.append(Change(deed=Deed.RETIRED, before=category, after=after, given=old.given,
                                live=old.live))  # fmt: skip
    order = list(Deed)
    return tuple(sorted(found, key=lambda one: (order.index(one.deed), one.after.code)))


def _merged(old: Known, new: Category, *, overwrite: bool) -> Change | None:
    """Field by field: what the pack changes is taken, what the city changed is kept."""
    before, says = old.category, given(new)
    has = given(before)
    taken: list[str] = []
    kept: list[str] = []
    for name in FIELDS:
        if _same(has[name], says[name]):
            continue
        city_changed = old.given is None or not _same(has[name], old.given.get(name))
        (kept if city_changed and not overwrite else taken).append(name)
    changes: dict[str, Any] = {name: getattr(new, name) for name in taken}
    # (a category that the pack did not give stays the city's own)
    ours = old.given is None and not overwrite
    if not ours:
        changes.update(pack=new.pack, effective_from=new.effective_from)
    after = replace(before, **{**changes, "retired_at": None})
    if before.retired_at is not None and not ours:
        deed = Deed.RESTORED
    elif taken:
        deed = Deed.RENAMED if set(taken) <= _NAMES else Deed.CHANGED
    elif kept:
        deed, after = Deed.KEPT, replace(after, retired_at=before.retired_at)
    elif not ours and (before.pack != new.pack or old.given != says):
        deed = Deed.SAME  # only of another version of its pack
    else:
        return None
    return Change(deed=deed, before=before, after=after, given=None if ours else says,
                  taken=tuple(taken), kept=tuple(kept), live=old.live)  # fmt: skip


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        # (the database keeps seven digits)
        return abs(one - other) <= 1e-6 * max(abs(one), abs(other))
    return one == other


def _standard(category: Category) -> tuple[str, str, str] | None:
    """The key of a code in its standard: the same five digits are a component and a matter."""
    if category.standard is None or category.standard_code is None:
        return None
    return category.standard, category.kind.value, category.standard_code


def _name(pack: str) -> str:
    return pack.rpartition(" ")[0]


def full_code(category: Category, division: str, sequence: int | None = None) -> str | None:
    """The code of a matter (division and code), or of one component (and its sequence) in a
    division of six digits, as its standard writes it; None without a standard's code.

    Raises ValueError for a component without a sequence from 1 to 999,999.
    """
    if category.standard_code is None:
        return None
    if category.kind.value == "matter":
        return f"{division}{category.standard_code}"
    if sequence is None or not 1 <= sequence <= 999_999:
        raise ValueError("a component has a sequence from 1 to 999999")
    return f"{division}{category.standard_code}{sequence:06}"
