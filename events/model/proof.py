"""Proof of closure: what a category asks for, and what of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from events.model.refusal import Reason, Refusal
from events.model.verb import Verb
from events.model.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from events.model.ticket import Ticket


class Item(StrEnum):
    """One line of the check-list."""

    BEFORE = "before"
    AFTER = "after"
    PLACE = "place"
    TIME = "time"
    RECOVERY = "recovery"


ITEM_WORDS: dict[Item, Words] = {
    Item.BEFORE: Words(zh="处置前照片", en="Photo before"),
    Item.AFTER: Words(zh="处置后照片", en="Photo after"),
    Item.PLACE: Words(zh="位置", en="Place"),
    Item.TIME: Words(zh="时间", en="Time"),
    Item.RECOVERY: Words(zh="监测恢复", en="Measured recovery"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoProof:
    """The best photo of one ``kind``; ``state`` is None where there is none.

    ``is_placed``: inside the geofence; ``is_timed``: taken during the work.
    """

    kind: str
    state: str | None
    has_place: bool
    is_placed: bool
    has_time: bool
    is_timed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """How one item stands: there is proof (``lacks`` is None), or what is missing.

    ``waits``: it may still come by itself, from a photo that is not decoded yet.
    """

    item: Item
    lacks: Reason | None = None
    waits: bool = False

    @property
    def refusal(self) -> Refusal | None:
        """What is told about it; None when nothing is missing."""
        return None if self.lacks is None else Refusal(reason=self.lacks, field=str(self.item))


# What each move looks at. Whoever disposes cannot wait for the sensors; what two people agreed to
# take without full proof still shows photos.
_PHOTOS = frozenset({Item.BEFORE, Item.AFTER})
LOOKED_AT: dict[Verb, frozenset[Item]] = {
    Verb.DISPOSE: _PHOTOS | {Item.PLACE, Item.TIME},
    Verb.VERIFY: frozenset(Item),
    Verb.VOUCH: _PHOTOS,
    Verb.CLOSE: _PHOTOS,
}


def checks(ticket: Ticket, photos: Sequence[PhotoProof], now: datetime) -> tuple[Check, ...]:
    """The check-list of a ticket; empty where its category asks for nothing."""
    found = [_photo(one) for one in sorted(photos, key=lambda one: one.kind, reverse=True)]
    if photos:
        found += place_and_time(photos)
    if ticket.waits_for_recovery:
        found.append(_recovery(ticket, now))
    return tuple(found)


def place_and_time(photos: Sequence[PhotoProof]) -> tuple[Check, Check]:
    """Whether photos are of the place and of the time of the work; projects ask this too."""
    return _place(photos), _time(photos)


def missing(found: Iterable[Check], verb: Verb) -> tuple[Refusal, ...]:
    """What stands against ``verb``. What may still come by itself does not stop who disposes."""
    looked_at = LOOKED_AT.get(verb, frozenset())
    refusals = [
        one.refusal
        for one in found
        if one.item in looked_at and not (verb is Verb.DISPOSE and one.waits)
    ]
    return tuple(one for one in refusals if one is not None)


def _photo(one: PhotoProof) -> Check:
    item = Item(one.kind)
    if one.state is None:
        return Check(item=item, lacks=Reason[f"PHOTO_{item.name}"])
    if one.state == "waiting":
        return Check(item=item, lacks=Reason.PHOTO_WAITING, waits=True)
    return Check(item=item)


def _place(photos: Sequence[PhotoProof]) -> Check:
    far = any(one.has_place and not one.is_placed for one in photos)
    unknown = [one for one in photos if not one.has_place]
    return _of_all(Item.PLACE, Reason.PHOTO_FAR if far else None, Reason.PHOTO_UNPLACED, unknown)


def _time(photos: Sequence[PhotoProof]) -> Check:
    other = any(one.has_time and not one.is_timed for one in photos)
    unknown = [one for one in photos if not one.has_time]
    wrong = Reason.PHOTO_OTHER_TIME if other else None
    return _of_all(Item.TIME, wrong, Reason.PHOTO_UNTIMED, unknown)


def _of_all(
    item: Item, wrong: Reason | None, lacks: Reason, unknown: Sequence[PhotoProof]
) -> Check:
    if wrong is not None:
        return Check(item=item, lacks=wrong)
    if unknown:
        return Check(item=item, lacks=lacks, waits=all(one.state == "waiting" for one in unknown))
    return Check(item=item)


def _recovery(ticket: Ticket, now: datetime) -> Check:
    if ticket.recovered_at is None or ticket.recovers_for is None:
        return Check(item=Item.RECOVERY, lacks=Reason.UNRECOVERED)
    if now < ticket.recovered_at + ticket.recovers_for:
        return Check(item=Item.RECOVERY, lacks=Reason.RECOVERED_LATELY, waits=True)
    return Check(item=Item.RECOVERY)
