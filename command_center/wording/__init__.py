"""Every word people see, in Chinese and English: one TOML file per page, `words()` to read them.

A file ``login.toml`` holds tables ``[title] zh = "..." en = "..."``; its words are asked for as
``words("login.title", language)``. ``{name}`` in a text is filled from the keyword arguments.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import get_args

from command_center.problem import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue(file: str) -> Mapping[str, Mapping[Language, str]]:
    """The entries of ``wording/{file}.toml``: name -> language -> text.

    Raises KeyError when there is no such file.
    """
    source = resources.files(__name__).joinpath(f"{file}.toml")
    if not source.is_file():
        raise KeyError(f"no wording file {file}.toml")
    entries: dict[str, Mapping[Language, str]] = {}
    for name, texts in tomllib.loads(source.read_text(encoding="utf-8")).items():
        entries[name] = MappingProxyType({one: texts[one] for one in LANGUAGES})
    return MappingProxyType(entries)


def words(key: str, language: Language, **values: object) -> str:
    """The text of ``key`` ("page.name") in ``language``, with ``values`` filled in.

    Raises KeyError for a key that no file has.
    """
    file, _, name = key.partition(".")
    text = catalogue(file)[name][language]
    return text.format(**values) if values else text


def page_words(file: str, language: Language) -> dict[str, str]:
    """All texts of one file in ``language``, unfilled: what a page hands to its scripts."""
    return {name: texts[language] for name, texts in catalogue(file).items()}


def files() -> list[str]:
    """The names of the wording files, sorted."""
    folder = resources.files(__name__)
    return sorted(
        one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")
    )
