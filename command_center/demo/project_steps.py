"""What the demo city's people do next with a project: verb, who, and what they give with it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from events.model.projects.project import MEASURES, Parts, Project
from events.model.projects.stage import Kind, Method, Stage

_SOURCES = {
    Kind.OUTFALL: (("mixed_pipes", "澄湾排水公司 Chengwan Drainage"),
                   ("catering", "海月餐饮街管理处 Haiyue food street"),
                   ("industry", "东港冷冻食品厂 Donggang Frozen Foods"),
                   ("households", "旧城更新办 Old town renewal office")),
    Kind.SITE: (("earthwork", "澄湾建工集团 Chengwan Construction"),
                ("transport", "海澜渣土运输公司 Hailan Spoil Transport"),
                ("stockpile", "望海置业 Wanghai Estates")),
}  # fmt: skip
_BAD = {
    "surface": {
        "cod": (38, 90),
        "nh3n": (2.1, 6.0),
        "tp": (0.35, 1.2),
        "dissolved_oxygen": (0.8, 2.6),
    },
    "sea": {"cod": (4.2, 9.0), "inorganic_nitrogen": (0.45, 1.1), "dissolved_oxygen": (1.5, 3.5)},
}
_GOOD = {
    "surface": {
        "cod": (8, 14),
        "nh3n": (0.2, 0.5),
        "tp": (0.05, 0.1),
        "dissolved_oxygen": (6.1, 7.4),
    },
    "sea": {"cod": (1.0, 2.4), "inorganic_nitrogen": (0.1, 0.25), "dissolved_oxygen": (5.4, 6.8)},
}
# Outfalls of one river whose water comes, in part, from one further up.
_ABOVE = {
    f"CW-OF-{number:03d}": f"CW-OF-{number - 1:03d}" for number in (3, 5, 6, 8, 12, 14, 18, 20)
}
_METHODS = (Method.REGULATE, Method.REGULATE, Method.ABOLISH)


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """``by``: owner (field staff of the department that owns it) or verifier (somebody else).

    ``photos``: whether a picture from before and one from after go with it.
    """

    verb: str
    by: str = "owner"
    why: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    photos: bool = False


def next_step(project: Project, parts: Parts, now: datetime) -> NextStep | None:
    """The next thing to be done, always the same for the same project; None: nothing for now."""
    if project.kind is Kind.ROOT_CAUSE:
        return _cause(project)
    make = {
        Stage.SURVEY: _survey, Stage.MONITOR: _monitor, Stage.TRACE: _trace,
        Stage.RECTIFY: _rectify, Stage.ACCEPT: _accept,
    }.get(project.stage)  # fmt: skip
    return None if make is None else make(project, parts, now)


def _random(project: Project) -> np.random.Generator:
    return np.random.default_rng([2026, project.project_id, project.version])


def _survey(project: Project, parts: Parts, _now: datetime) -> NextStep:
    if project.kind is Kind.SITE:
        return _unseen(project, parts) or NextStep(
            verb="survey", why="现场逐项核对 / looked at on site"
        )
    sea = project.facts.get("water") == "sea"
    given = {"target_class": project.target_class or ("3" if sea else "IV")}
    return NextStep(verb="survey", why="无人机巡查、现场核实 / found and confirmed", given=given)


def _unseen(project: Project, parts: Parts) -> NextStep | None:
    seen = {one.item for one in parts.checks}
    left = [one for one in MEASURES if one not in seen]
    if not left:
        return None
    met = bool(_random(project).uniform() < 0.6)
    why = "" if met else "未落实 / not in place"
    return NextStep(verb="check", why=why, given={"item": left[0], "met": met})


def _monitor(project: Project, parts: Parts, now: datetime) -> NextStep:
    if project.kind is Kind.OUTFALL and not parts.samples:
        return _sample(project, _BAD, now)
    return NextStep(verb="monitor", why="监测数据已核对 / the figures were checked")


def _sample(
    project: Project, ranges: dict[str, dict[str, tuple[float, float]]], now: datetime
) -> NextStep:
    random = _random(project)
    water = project.facts.get("water", "surface")
    values = {name: round(float(random.uniform(*span)), 2) for name, span in ranges[water].items()}
    given = {"values": values, "taken_at": now, "laboratory": "区环境监测站 District laboratory"}
    return NextStep(verb="sample", given=given)


def _trace(project: Project, parts: Parts, _now: datetime) -> NextStep:
    if not parts.sources:
        known = _SOURCES[project.kind]
        source, party = known[project.project_id % len(known)]
        given = {"source": source, "party": party}
        if (above := _ABOVE.get(project.component_code or "")) is not None:
            given |= {"source": "upstream_outfall", "upstream": above}
        return NextStep(verb="source", given=given)
    given = {}
    if project.kind is Kind.OUTFALL:
        given = {"method": _METHODS[project.project_id % len(_METHODS)].value}
    return NextStep(verb="trace", why="管网排查、染色溯源 / dye test along the pipes", given=given)


def _rectify(project: Project, parts: Parts, now: datetime) -> NextStep:
    for source in parts.sources:
        if source.settled_at is None:
            return NextStep(
                verb="settle", why="已改造到位 / rebuilt", given={"settles": source.source_id}
            )
    for checked in parts.checks:
        if not checked.met:
            given = {"item": checked.item, "met": True}
            return NextStep(verb="check", why="已整改 / put right", given=given)
    needs_water = project.kind is Kind.OUTFALL and project.method is Method.REGULATE
    if needs_water and project.after_class is None:
        return _sample(project, _GOOD, now)
    since = project.rectify_at or project.opened_at
    if not any(one.kind == "after" and one.created_at >= since for one in parts.photos):
        return NextStep(verb="evidence", photos=True)
    return NextStep(verb="submit", why="已完成整治，申请销号 / done, to be accepted")


def _accept(_project: Project, parts: Parts, _now: datetime) -> NextStep | None:
    if any(one.is_open for one in parts.tickets):
        return None
    if any(one.state == "waiting" for one in parts.photos):
        return None
    return NextStep(verb="accept", by="verifier", why="现场复核属实 / confirmed on the spot")


def _cause(project: Project) -> NextStep | None:
    if project.stage is Stage.TRACE:
        given = {
            "cause": "反复出现集中在早晚高峰，设施能力不足，巡查间隔过长。\n"
            "It comes at rush hours: too little capacity, too few rounds.",
            "measures": "增设设施一处，巡查由每日一次增至三次，责任到班组。\n"
            "One more facility, three rounds a day instead of one, each with a crew's name.",
        }
        return NextStep(verb="trace", given=given)
    if project.stage is Stage.RECTIFY:
        return NextStep(verb="carry_out", why="设施已投用 / in use")
    return None
