"""The unit profiles that are known: those shipped here, and the city's own beside them."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iot_ingest.model.unit_profile import BadProfile, UnitProfile, merged, parse_profile

_log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent
_MOST_BASES = 8


class UnitProfiles:
    """Profiles by name and by device model, read again when a file changes.

    A profile of a later folder replaces one of the same name; a device model may be claimed
    by one profile only. A folder that does not exist is empty.
    """

    def __init__(self, folders: Sequence[Path] = (SHIPPED,)) -> None:
        self._folders = tuple(folders)
        self._profiles: dict[str, UnitProfile] = {}
        self._by_model: dict[tuple[str, str], UnitProfile] = {}
        self._defaults: dict[str, UnitProfile] = {}
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self.trouble: BadProfile | None = None
        self.refresh()

    def refresh(self) -> bool:
        """Read the files again if one changed. False when they are at fault: the old ones stay."""
        seen = self._look()
        if seen == self._seen:
            return self.trouble is None
        self._seen = seen
        try:
            self._take(load(self._folders))
        except BadProfile as error:
            _log.error("unit profiles stay as they were: %s", error)
            self.trouble = error
            return False
        self.trouble = None
        return True

    def of(self, protocol: str, model: str, name: str | None = None) -> UnitProfile | None:
        """The profile of this name, else that of this device model, else the protocol's own.

        None when a name is given that no profile of the protocol has.
        """
        if name is not None:
            found = self._profiles.get(name)
            return found if found is not None and found.protocol == protocol else None
        return self._by_model.get((protocol, model)) or self._defaults.get(protocol)

    def all(self) -> tuple[UnitProfile, ...]:
        """Every profile, by name."""
        return tuple(self._profiles[name] for name in sorted(self._profiles))

    def _take(self, profiles: Mapping[str, UnitProfile]) -> None:
        by_model: dict[tuple[str, str], UnitProfile] = {}
        defaults: dict[str, UnitProfile] = {}
        for profile in profiles.values():
            if profile.default:
                defaults[profile.protocol] = profile
            for model in profile.models:
                other = by_model.setdefault((profile.protocol, model), profile)
                if other is not profile:
                    raise BadProfile(
                        f"设备型号 {model} 同时出现在 {other.name} 和 {profile.name} 中",
                        f"device model {model} is in {other.name} and in {profile.name}",
                    )
        self._profiles, self._by_model, self._defaults = dict(profiles), by_model, defaults

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        seen = []
        for path in _files(self._folders):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            seen.append((str(path), stat.st_mtime_ns, stat.st_size))
        return tuple(seen)


def city_profiles(data_folder: str | None) -> UnitProfiles:
    """The shipped profiles and those of the city, in ``profiles`` of its data folder."""
    own = (Path(data_folder) / "profiles",) if data_folder else ()
    return UnitProfiles((SHIPPED, *own))


def load(folders: Sequence[Path]) -> dict[str, UnitProfile]:
    """Read every ``*.toml`` of the folders. Raises BadProfile."""
    documents: dict[str, dict[str, Any]] = {}
    for path in _files(folders):
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadProfile(
                f"单位方案文件 {path.name} 无法读取：{error}",
                f"the unit profile {path.name} cannot be read: {error}",
            ) from error
        documents[str(document.get("name", path.stem))] = document
    return {name: parse_profile(one, _base(one, documents)) for name, one in documents.items()}


def _base(
    document: Mapping[str, Any], documents: Mapping[str, dict[str, Any]]
) -> dict[str, Any] | None:
    """What a document stands on, its own bases included."""
    chain: list[dict[str, Any]] = []
    name = document.get("base")
    while name is not None:
        found = documents.get(str(name))
        if found is None or len(chain) == _MOST_BASES:
            raise BadProfile(
                f"没有可作为基础的单位方案 {name}", f"no unit profile {name} to stand on"
            )
        chain.append(found)
        name = found.get("base")
    base: dict[str, Any] | None = None
    for one in reversed(chain):
        base = merged(one, base)
    return base


def _files(folders: Sequence[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.glob("*.toml"))]
