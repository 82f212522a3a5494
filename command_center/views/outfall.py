"""The outfall view's figures: the class that the water of each has now, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from events.model.projects.water import Classified, classify, is_class, is_worse, standard_at
from iot_ingest.model.device import Device
from layers.packs import load_standards

# What is older says nothing of the water that runs now.
FRESH = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outfall:
    """An outfall's station: the class its water has, the class it is held to.

    ``found`` None: nothing fresh that a standard judges. ``worse``: than it may be.
    """

    device: Device
    target: str | None
    found: Classified | None
    at: datetime | None
    worse: bool


def outfalls(
    devices: Sequence[Device], latest: Mapping[int, Mapping[str, tuple[float, datetime]]],
    now: datetime, day: date,
) -> list[Outfall]:  # fmt: skip
    """The outfalls, those that are worse than they may be first, then those that say nothing."""
    found = [_outfall(one, latest.get(one.device_no, {}), now, day) for one in devices]
    return sorted(
        found, key=lambda one: (not one.worse, one.found is not None, one.device.device_id)
    )


def _outfall(
    device: Device, values: Mapping[str, tuple[float, datetime]], now: datetime, day: date
) -> Outfall:
    target = device.attributes.get("water_class")
    target = target if isinstance(target, str) else None
    water = "sea" if target is not None and is_class(target, "sea") else "surface"
    if target is not None and not is_class(target, water):
        target = None
    standard = standard_at(load_standards(), water, day)
    judged = {
        name: value for name, (value, at) in values.items()
        if standard is not None and name in standard.bounds and now - at <= FRESH
    }  # fmt: skip
    at = max((at for _, at in values.values()), default=None)
    if standard is None or not judged:
        return Outfall(device=device, target=target, found=None, at=at, worse=False)
    classified = classify(judged, standard)
    worse = target is not None and is_worse(classified.water_class, target)
    return Outfall(device=device, target=target, found=classified, at=at, worse=worse)
