"""Devices that a rule compares with each other."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Which devices are compared: those with the same attribute ``site``, or of one district."""

    SITE = "site"
    DISTRICT = "district"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """What one device measured in one window: the mean of its normal readings, and which
    ``share`` of those expected came. A device without a site is a site of its own."""

    device_no: int
    site: str
    mean: float
    share: float
