"""Taxonomies: the components and matters of a standard, and a city's own, as data.

A taxonomy is a TOML file; many categories that differ in code and name only are rows of a TSV file
beside it (``rows``). A city writes its own in the same way, with codes of its own below the classes
of the standard (``extends``). ``docs/taxonomy.md`` describes the format.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from layers.contract import Words
from layers.packs.catalogue import Category, category
from layers.packs.reading import Fields, PackError

# The form of a class code in each standard: its first two digits are the class.
CODE_FORMS: Mapping[str, str] = {"GB/T 30428.2": r"\d{4}", "GB/T 47678.5": r"\d{5}"}
# Codes that a city may give below a class of GB/T 47678.5: 900 and more of a class.
EXTENSION_FORM = r"\d{2}9\d{2}"
KINDS = ("component", "matter")
_HEAD = ("pack", "effective_from", "standard", "extends", "prefix", "rows", "defaults", "classes",
         "categories")  # fmt: skip
_COLUMNS = ["kind", "code", "name_zh", "name_en"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taxonomy:
    """The categories of one pack. ``classes``: names by (the two digits of) class."""

    pack: str
    effective_from: date
    classes: Mapping[str, Words]
    categories: tuple[Category, ...]

    @property
    def name(self) -> str:
        """The pack without its version: what a later version replaces."""
        return self.pack.rpartition(" ")[0]


def shipped() -> tuple[str, ...]:
    """The names of the taxonomies that come with the program."""
    here = resources.files(__package__)
    return tuple(sorted(Path(one.name).stem for one in here.iterdir()
                        if one.name.endswith(".toml")))  # fmt: skip


def read(name: str) -> Taxonomy:
    """A taxonomy that comes with the program, by name, or a file. Raises PackError."""
    folder = Path(str(resources.files(__package__)))
    path = folder / f"{name}.toml" if name in shipped() else Path(name)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(shipped())
        raise PackError(f"{name} cannot be read ({error}); shipped are: {known}") from None
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{path.name} is not valid TOML: {error}") from None
    return _Reader(Fields(document, path.name), path.parent).read()


class _Reader:
    """Reads one document; ``folder`` holds its rows."""

    def __init__(self, head: Fields, folder: Path) -> None:
        head.known(_HEAD)
        self._head = head
        self._folder = folder
        self._pack = head.text("pack")
        if " " not in self._pack:
            raise PackError(f"{head.where}: pack must be a name and a version, like 'Our city 1'")
        self._from = head.day("effective_from")
        self._extends = head.text("extends", None)
        self._standard = head.text("standard", self._extends)
        self._classes = self._tables("classes")
        self._defaults = self._table("defaults")

    def read(self) -> Taxonomy:
        """All of it. Raises PackError, also for a code that is there twice."""
        made = [*self._rows(), *self._own()]
        for attribute in ("code", "standard_code"):
            seen: set[object] = set()
            for one in made:
                value = getattr(one, attribute)
                key = value if attribute == "code" else (one.kind, value)
                if value is not None and key in seen:
                    raise PackError(f"{self._head.where}: {attribute} {value} is there twice")
                seen.add(key)
        if not made:
            raise PackError(f"{self._head.where}: there is no category in it")
        names = {code: Fields(one, f"{self._head.where}: class {code}").words("name")
                 for code, one in self._classes.items()}  # fmt: skip
        return Taxonomy(pack=self._pack, effective_from=self._from, classes=names,
                        categories=tuple(made))  # fmt: skip

    def _rows(self) -> list[Category]:
        name = self._head.text("rows", None)
        if name is None:
            return []
        try:
            with (self._folder / name).open(encoding="utf-8", newline="") as file:
                lines = list(csv.reader(file, delimiter="\t"))
        except (OSError, UnicodeDecodeError) as error:
            raise PackError(f"{self._head.where}: rows: {error}") from None
        if not lines or lines[0] != _COLUMNS:
            raise PackError(f"{name}: the first line must be {' '.join(_COLUMNS)}, with tabs")
        made = []
        for n, line in enumerate(lines[1:], start=2):
            if len(line) != len(_COLUMNS) or not all(one.strip() for one in line):
                raise PackError(f"{name}: line {n} must have {len(_COLUMNS)} columns")
            kind, code, zh, en = line
            if kind not in KINDS:
                raise PackError(f"{name}: line {n}: kind must be one of {', '.join(KINDS)}")
            table = {"kind": kind, "standard_code": code, "name": {"zh": zh, "en": en}}
            ours = f"{self._head.text('prefix', '')}{kind[0]}{code}"
            made.append(self._category(ours, table, f"{name}: line {n}"))
        return made

    def _own(self) -> list[Category]:
        where = self._head.where
        return [self._category(code, one, f"{where}: {code}")
                for code, one in self._tables("categories").items()]  # fmt: skip

    def _category(self, code: str, table: Mapping[str, Any], where: str) -> Category:
        number = table.get("standard_code")
        low: dict[str, Any] = {"family": code}
        if number is not None:
            self._check(str(number), where)
            low["standard"] = self._standard
        own_class = {k: v for k, v in self._classes.get(str(number)[:2], {}).items() if k != "name"}
        whole = {**low, **self._defaults, **own_class, **table}
        return category(code, Fields(whole, where), self._pack, self._from)

    def _check(self, number: str, where: str) -> None:
        form = EXTENSION_FORM if self._extends else CODE_FORMS.get(self._standard or "")
        if self._standard is None:
            raise PackError(f"{where}: standard_code needs a standard (or extends) in the head")
        if form is not None and not re.fullmatch(form, number):
            own = " that a city may give (like 06901)" if self._extends else ""
            raise PackError(f"{where}: {number} is no code of {self._standard}{own}")

    def _table(self, name: str) -> Mapping[str, Any]:
        found = self._head.table.get(name, {})
        if not isinstance(found, dict):
            raise PackError(f"{self._head.where}: {name} must be a table")
        return found

    def _tables(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        found = self._table(name)
        for key, one in found.items():
            if not isinstance(one, dict):
                raise PackError(f"{self._head.where}: {name}.{key} must be a table")
        return found
