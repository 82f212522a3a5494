"""A version of the duties as a file gives it: rows of words that become rules, or are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from events.model.duty import NONE, DutyRule, TimeClass, When
from events.model.event import Source
from grid.model.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS = (
    "category", "family", "layer", "area", "department", "source", "severity_from", "time",
    "component", "owner", "note",
)  # fmt: skip
_LONGEST = 200
_Word = TypeVar("_Word", Source, TimeClass)
_GRAVEST = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyFile:
    """The rules in the order of the file, and why rows were refused (then it is of no use)."""

    rules: tuple[DutyRule, ...]
    refused: tuple[Refusal, ...]


def read_rules(rows: Sequence[Mapping[str, Any]]) -> DutyFile:
    """Rules from rows; the first row is rule 1. Values: text, numbers, lists of text, or nothing.

    In text, several values have ``;`` between them. ``none`` as component or owner: there is none.
    """
    refused: list[Refusal] = []
    unknown = sorted({name for row in rows for name in row} - set(COLUMNS))
    known = ", ".join(COLUMNS)
    refused += [
        _refusal(0, name, f"没有名为 {name} 的列或条件，可用的有：{known}",
                 f"there is no column or condition {name}; there are {known}")
        for name in unknown
    ]  # fmt: skip
    if not rows:
        refused.append(
            _refusal(0, "department", "文件中没有规则", "there are no rules in the file")
        )
    rules = []
    for position, row in enumerate(rows, start=1):
        made = _rule(position, row, refused)
        if made is not None:
            rules.append(made)
    return DutyFile(rules=tuple(rules), refused=tuple(refused))


def write_rows(rules: Iterable[DutyRule]) -> list[dict[str, str]]:
    """The rows of a CSV file that ``read_rules`` reads back as the same rules."""
    return [
        {
            "category": one.category_code or "", "family": one.family or "",
            "layer": one.layer or "", "area": one.area_code or "",
            "department": one.department_code, "source": ";".join(sorted(one.when.sources)),
            "severity_from": str(one.when.severity_from) if one.when.severity_from > 1 else "",
            "time": ";".join(sorted(one.when.times)),
            "component": ";".join(sorted(one.when.components)),
            "owner": ";".join(sorted(one.when.owners)), "note": one.note,
        }
        for one in rules
    ]  # fmt: skip


def _rule(position: int, row: Mapping[str, Any], refused: list[Refusal]) -> DutyRule | None:
    before = len(refused)
    texts = {name: _text(row.get(name)) for name in COLUMNS}
    for name, value in texts.items():
        if len(value) > _LONGEST or "\x00" in value:
            refused.append(_refusal(position, name, f"超过 {_LONGEST} 个字符或含有控制字符",
                                    f"longer than {_LONGEST} characters, or not text"))  # fmt: skip
    if not texts["department"]:
        refused.append(_refusal(position, "department", "缺少部门", "the department is missing"))
    if sum(bool(texts[name]) for name in ("category", "family", "layer")) > 1:
        refused.append(_refusal(position, "category", "类别、大类、专题只能写一个",
                                "give a category, a family or a layer, not several"))  # fmt: skip
    sources = _words(position, "source", row, Source, refused)
    times = _words(position, "time", row, TimeClass, refused)
    severity = _severity(position, texts["severity_from"], refused)
    if len(refused) > before:
        return None
    return DutyRule(
        position=position, department_code=texts["department"],
        category_code=texts["category"] or None, family=texts["family"] or None,
        layer=texts["layer"] or None, area_code=texts["area"] or None, note=texts["note"],
        when=When(sources=frozenset(sources), times=frozenset(times), severity_from=severity,
                  components=frozenset(_several(row.get("component"))),
                  owners=frozenset(_several(row.get("owner")))),
    )  # fmt: skip


def _words(
    position: int, name: str, row: Mapping[str, Any], kind: type[_Word], refused: list[Refusal]
) -> list[_Word]:
    found: list[_Word] = []
    known = {one.value: one for one in kind}
    for word in _several(row.get(name)):
        if word in known:
            found.append(known[word])
        else:
            there = ", ".join(known)
            refused.append(_refusal(position, name, f"不认识 {word}，可用的有：{there}",
                                    f"{word} is not known; there are {there}"))  # fmt: skip
    return found


def _severity(position: int, text: str, refused: list[Refusal]) -> int:
    if not text:
        return 1
    if text.isdecimal() and 1 <= int(text) <= _GRAVEST:
        return int(text)
    refused.append(_refusal(position, "severity_from", f"等级应为 1 到 {_GRAVEST}",
                            f"a severity is 1 to {_GRAVEST}"))  # fmt: skip
    return 1


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, list | tuple) else _text(value).split(";")
    found = [str(one).strip() for one in parts]
    return [NONE if one.lower() == NONE else one for one in found if one]


def _text(value: Any) -> str:
    if value is None or isinstance(value, list | tuple | dict):
        return ";".join(map(str, value)) if isinstance(value, list | tuple) else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _refusal(row: int, name: str, zh: str, en: str) -> Refusal:
    return Refusal(row=row, field=name, reason_zh=zh, reason_en=en)
