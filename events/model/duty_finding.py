"""What may be wrong with a list of duties, in words for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from events.model.words import Words

# So many names at most are told in one sentence; programs get all of them.
_MOST_NAMED = 8


class FindingKind(StrEnum):
    """What a finding is; which of them block an activation: `ERRORS`."""

    UNKNOWN_DEPARTMENT = "unknown_department"
    DISABLED_DEPARTMENT = "disabled_department"
    UNKNOWN_AREA = "unknown_area"
    CLOSED_AREA = "closed_area"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_FAMILY = "unknown_family"
    UNKNOWN_LAYER = "unknown_layer"
    NO_DEFAULT = "no_default"
    UNREACHABLE = "unreachable"
    SHADOWED = "shadowed"
    REDUNDANT = "redundant"
    OVERLAP = "overlap"
    GAP = "gap"
    NO_COMPONENT = "no_component"
    NO_OWNER = "no_owner"


WARNINGS = frozenset({
    FindingKind.REDUNDANT, FindingKind.OVERLAP, FindingKind.GAP, FindingKind.NO_COMPONENT,
    FindingKind.NO_OWNER,
})  # fmt: skip
ERRORS = frozenset(FindingKind) - WARNINGS


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was found. ``rules``: the position it is about, then those it meets.

    ``names``: the codes it is about (departments, areas, categories).
    """

    kind: FindingKind
    rules: tuple[int, ...]
    names: tuple[str, ...]
    words: Words

    @property
    def is_error(self) -> bool:
        """Whether it blocks an activation."""
        return self.kind in ERRORS

    def as_dict(self) -> dict[str, Any]:
        """For programs, and as kept with an activation."""
        return {
            "kind": self.kind.value, "grade": "error" if self.is_error else "warning",
            "rules": list(self.rules), "names": list(self.names), "words": self.words.as_dict(),
        }  # fmt: skip


_NAMES_NOTHING: dict[FindingKind, Words] = {
    FindingKind.UNKNOWN_DEPARTMENT: Words(
        zh="没有部门 {name}：请核对代码", en="there is no department {name}: check the code"),
    FindingKind.DISABLED_DEPARTMENT: Words(
        zh="部门 {name} 已停用：请改派其他部门",
        en="department {name} is disabled: name another one"),
    FindingKind.UNKNOWN_AREA: Words(
        zh="没有辖区 {name}：请核对代码", en="there is no area {name}: check the code"),
    FindingKind.CLOSED_AREA: Words(
        zh="辖区 {name} 的网格都已终止：请改用现行辖区",
        en="every cell of area {name} has ended: name the area that follows it"),
    FindingKind.UNKNOWN_CATEGORY: Words(
        zh="没有类别 {name}：请核对代码", en="there is no category {name}: check the code"),
    FindingKind.UNKNOWN_FAMILY: Words(
        zh="没有类别属于大类 {name}：请核对", en="no category is of family {name}: check it"),
    FindingKind.UNKNOWN_LAYER: Words(
        zh="没有类别属于专题 {name}：请核对", en="no category is of layer {name}: check it"),
    FindingKind.NO_COMPONENT: Words(
        zh="尚无类别为 {name} 的部件，此条件目前不会满足",
        en="no component is of kind {name} yet, so that nothing can meet this"),
    FindingKind.NO_OWNER: Words(
        zh="尚无权属为 {name} 的部件，此条件目前不会满足",
        en="no component is owned by {name} yet, so that nothing can meet this"),
}  # fmt: skip


def names_nothing(kind: FindingKind, position: int, name: str) -> Finding:
    """A rule names something that is not there."""
    told = _NAMES_NOTHING[kind]
    return Finding(
        kind=kind, rules=(position,), names=(name,),
        words=Words(zh=f"第 {position} 条：{told.zh.format(name=name)}",
                    en=f"rule {position}: {told.en.format(name=name)}"),
    )  # fmt: skip


def no_default() -> Finding:
    """The list has no rule for everything that is left."""
    return Finding(
        kind=FindingKind.NO_DEFAULT, rules=(), names=(),
        words=Words(zh="没有兜底条款：请在末尾加一条只写部门的规则，使任何案卷都有人负责",
                    en="there is no default: end the list with a rule that names a department only,"
                    " so that somebody answers for everything"),
    )  # fmt: skip


def unreachable(position: int) -> Finding:
    """Nothing can meet a rule."""
    return Finding(
        kind=FindingKind.UNREACHABLE, rules=(position,), names=(),
        words=Words(zh=f"第 {position} 条：各条件互相矛盾，任何案卷都不会满足",
                    en=f"rule {position}: its conditions exclude each other, nothing meets it"),
    )  # fmt: skip


def shadowed(position: int, takers: Sequence[int], *, by_own: bool) -> Finding:
    """Earlier rules take all that a rule could; ``by_own``: they name the same department."""
    zh, en = _numbers(takers)
    kind = FindingKind.REDUNDANT if by_own else FindingKind.SHADOWED
    if by_own:
        words = Words(zh=f"第 {position} 条多余：第 {zh} 条已把它的案卷全部派给同一部门",
                      en=f"rule {position} is not needed: rules {en} give all of it to the same"
                      " department")  # fmt: skip
    else:
        words = Words(zh=f"第 {position} 条永远不会生效：它的案卷都被前面的第 {zh} 条派走",
                      en=f"rule {position} never decides: rules {en} before it take all of"
                      " it")  # fmt: skip
    return Finding(kind=kind, rules=(position, *takers), names=(), words=words)


def overlap(position: int, earlier: Sequence[int], category: Words, area: Words) -> Finding:
    """A rule meets earlier ones of other departments, and neither holds the other."""
    zh, en = _numbers(earlier)
    return Finding(
        kind=FindingKind.OVERLAP, rules=(position, *earlier), names=(),
        words=Words(
            zh=f"第 {position} 条与第 {zh} 条部分重叠而部门不同，重叠处由靠前的决定"
            f"（例如{area.zh}的“{category.zh}”）",
            en=f"rule {position} and rules {en} overlap in part and name different departments;"
            f" the earlier one decides there (e.g. “{category.en}” in {area.en})",
        ),
    )  # fmt: skip


def gap(
    position: int, codes: Sequence[str], named: Sequence[Words], areas: Words, *, partly: bool
) -> Finding:
    """Only the default takes these categories there; ``partly``: only what conditions leave."""
    some_zh, some_en = ("的一部分", "part of ") if partly else ("", "")
    zh, en = _named(named)
    return Finding(
        kind=FindingKind.GAP, rules=(position,), names=tuple(codes),
        words=Words(zh=f"只有兜底条款负责{areas.zh}的{zh}{some_zh}",
                    en=f"only the default answers for {some_en}{en} in {areas.en}"),
    )  # fmt: skip


def _numbers(positions: Sequence[int]) -> tuple[str, str]:
    shown = [str(one) for one in positions[:_MOST_NAMED]]
    more = len(positions) - len(shown)
    zh, en = "、".join(shown), ", ".join(shown)
    return (f"{zh} 等 {len(positions)}", f"{en} and {more} more") if more else (zh, en)


def _named(named: Sequence[Words]) -> tuple[str, str]:
    shown = named[:_MOST_NAMED]
    zh = "、".join(f"“{one.zh}”" for one in shown)
    en = ", ".join(f"“{one.en}”" for one in shown)
    more = len(named) - len(shown)
    return (f"{zh}等 {len(named)} 个类别", f"{en} and {more} more") if more else (zh, en)
