"""Read a pack of formulas from a TOML file, such as the one that comes with the product."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from command_center.problem import Problem
from events.model.figure import Formula

PACK = Path(__file__).with_name("figures.toml")


def read_pack(path: Path = PACK) -> tuple[Formula, ...]:
    """The formulas of a file. Raises Problem for what is not one."""
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
        name = str(content["pack"]["name"])
        return tuple(_formula(one, name) for one in content["formula"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError,
            OverflowError) as error:  # fmt: skip
        raise Problem(
            zh=f"{path} 不是可用的指标公式文件：{error}。请参照 docs/evaluation.md 修改后重试。",
            en=f"{path} is no file of formulas: {error}. Put it right as docs/evaluation.md shows.",
        ) from error


def _formula(given: dict[str, Any], pack: str) -> Formula:
    row = dict(given)
    for name in ("name", "numerator", "denominator"):
        told = row.pop(name)
        row[f"{name}_zh"], row[f"{name}_en"] = str(told["zh"]), str(told["en"])
    ripens = row.pop("ripens_days", None)
    row["ripens"] = None if ripens is None else timedelta(days=int(ripens))
    # (a time of day is a date to Python)
    if type(row["effective_from"]) is not date or row["effective_from"].day != 1:
        raise ValueError(f"{row['code']}: effective_from must be the first day of a month")
    return Formula.from_row({**row, "pack": pack})
