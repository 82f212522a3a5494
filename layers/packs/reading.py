"""Read a pack's TOML file and its fields, saying exactly what is wrong and where."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

from layers.contract import Hours, Words

_UNITS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+) ?(ms|s|min|h|d)")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_MISSING = object()


class PackError(ValueError):
    """A pack's file cannot be used; the message names file, entry and field."""


def load(name: str) -> dict[str, Any]:
    """Read ``layers/packs/NAME.toml``. Raises PackError if it is missing or not TOML."""
    file = resources.files(__package__).joinpath(f"{name}.toml")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackError(f"there is no pack {name}.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{name}.toml is not valid TOML: {error}") from error


def milliseconds(text: str) -> int:
    """Turn "90 s", "15 min", "12 h" or "7 d" into milliseconds. Raises ValueError otherwise."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration like 30 s, 15 min, 12 h or 7 d")
    return int(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True, slots=True)
class Fields:
    """One table of a pack, read field by field; ``where`` names it in errors."""

    table: Mapping[str, Any]
    where: str

    def known(self, names: Collection[str]) -> None:
        """Refuse fields nobody reads: most often they are misspelt."""
        unknown = sorted(set(self.table) - set(names))
        if unknown:
            raise PackError(f"{self.where}: unknown field {', '.join(unknown)}")

    def _get(self, name: str, kind: type | tuple[type, ...], default: Any) -> Any:
        value = self.table.get(name, default)
        if value is _MISSING:
            raise PackError(f"{self.where}: {name} is missing")
        if value is not default and (
            not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        ):
            raise PackError(f"{self.where}: {name} cannot be {value!r}")
        return value

    def text(self, name: str, default: Any = _MISSING) -> Any:
        """Return a text (or ``default``)."""
        return self._get(name, str, default)

    def number(self, name: str, default: Any = _MISSING) -> Any:
        """Return a float (or ``default``)."""
        value = self._get(name, (int, float), default)
        return value if value is default else float(value)

    def whole(self, name: str, default: Any = _MISSING) -> Any:
        """Return an int (or ``default``)."""
        return self._get(name, int, default)

    def truth(self, name: str, default: Any = _MISSING) -> Any:
        """Return a bool (or ``default``)."""
        return self._get(name, bool, default)

    def day(self, name: str) -> date:
        """Return a date."""
        value: date = self._get(name, date, _MISSING)
        return value

    def ms(self, name: str, default: Any = _MISSING) -> Any:
        """Return a duration in milliseconds (or ``default``)."""
        text = self._get(name, str, default)
        if text is default:
            return default
        try:
            return milliseconds(text)
        except ValueError as error:
            raise PackError(f"{self.where}: {name}: {error}") from None

    def hours(self, name: str) -> Hours | None:
        """Return hours of the local day, written "22:00-06:00"; None where they are missing."""
        text = self._get(name, str, None)
        if text is None:
            return None
        match = _HOURS.fullmatch(text)
        if match is None or match.group(1, 2) == match.group(3, 4):
            raise PackError(f"{self.where}: {name}: {text!r} are no hours like 22:00-06:00")
        hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
        return Hours(start=hour * 60 + minute, end=end_hour * 60 + end_minute)

    def duration(self, name: str, default: Any = _MISSING) -> Any:
        """Return a duration (or ``default``)."""
        found = self.ms(name, default)
        return found if found is default else timedelta(milliseconds=found)

    def one_of(self, name: str, allowed: Collection[str], default: Any = _MISSING) -> Any:
        """Return a text that is among ``allowed`` (or ``default``)."""
        value = self._get(name, str, default)
        if value is not default and value not in allowed:
            raise PackError(
                f"{self.where}: {name} is {value!r}, it must be one of {', '.join(allowed)}"
            )
        return value

    def words(self, name: str) -> Words:
        """Return a text in both languages, written ``{ zh = "...", en = "..." }``."""
        table = self._get(name, dict, _MISSING)
        inner = Fields(table, f"{self.where}: {name}")
        inner.known(("zh", "en"))
        return Words(zh=inner.text("zh"), en=inner.text("en"))

    def numbers(self, name: str) -> dict[str, float]:
        """Return a table of numbers; empty where it is missing."""
        table = self._get(name, dict, {})
        inner = Fields(table, f"{self.where}: {name}")
        return {key: inner.number(key) for key in table}

    def tables(self, name: str) -> tuple["Fields", ...]:
        """Return the tables of an array ``[[...name]]``."""
        rows = self._get(name, list, _MISSING)
        found = []
        for place, row in enumerate(rows, 1):
            where = f"{self.where}: {name} {place}"
            if not isinstance(row, dict):
                raise PackError(f"{where} must be a table")
            found.append(Fields(row, where))
        return tuple(found)
