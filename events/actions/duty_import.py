"""Read a version of the duties from a file that a person wrote: CSV or TOML."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from events.model.duty_file import read_rules
from grid.actions.load_file import load_file
from grid.model.mapping import ColumnMapping
from grid.model.refusal import GridProblem

if TYPE_CHECKING:
    from pathlib import Path

    from events.model.duty_file import DutyFile

_LARGEST = 20_000_000


def read_duties(path: Path) -> DutyFile:
    """The rules of a file, and its refused rows. Raises GridProblem for the file as a whole.

    CSV: a header with the columns of ``events.model.duty_file.COLUMNS``, UTF-8 or GB 18030. TOML:
    one ``[[rule]]`` after the other, with the same names.
    """
    if path.suffix.lower() != ".toml":
        return read_rules(list(load_file(path, ColumnMapping()).rows()))
    rules = _document(path).get("rule")
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise GridProblem(
            zh=f"{path.name} 中没有规则：每条规则写成一个 [[rule]]。",
            en=f"{path.name} has no rules: write each as a [[rule]].",
        )
    return read_rules(rules)


def _document(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise GridProblem(zh=f"没有文件 {path}。", en=f"there is no file {path}.")
    if path.stat().st_size > _LARGEST:
        raise GridProblem(zh=f"{path.name} 太大。", en=f"{path.name} is too large.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise GridProblem(
            zh=f"{path.name} 不是正确的 TOML：{fault}。",
            en=f"{path.name} is not proper TOML: {fault}.",
        ) from fault
