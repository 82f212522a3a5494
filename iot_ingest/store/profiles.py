"""The unit profiles in force, for those who look at them: shipped ones and the city's own."""

from __future__ import annotations

from pathlib import Path

from iot_ingest.model.unit_profile import UnitProfile
from iot_ingest.unit_profiles import city_profiles


def profile_of(data: Path, protocol: str, model: str, name: str | None) -> UnitProfile | None:
    """How frames of a device are read: by the profile ``name``, else by its model.

    ``data`` is the city's data folder. None when the device names a profile that is not there.
    """
    return city_profiles(str(data)).of(protocol, model, name)


def names(data: Path) -> list[str]:
    """The names of all profiles, sorted."""
    return [one.name for one in city_profiles(str(data)).all()]


def folder(data: Path) -> Path:
    """Where the city keeps its own profiles."""
    return data.absolute() / "profiles"
