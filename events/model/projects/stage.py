"""Kinds, stages and verbs of projects, and the words for them."""

from __future__ import annotations

from enum import StrEnum

from events.model.words import Words


class Kind(StrEnum):
    """What a project is about: an outfall, a construction site, or what comes again and again."""

    OUTFALL = "outfall"
    SITE = "site"
    ROOT_CAUSE = "root_cause"


class Stage(StrEnum):
    """Where a project is. A root cause begins with ``trace``; the others with ``survey``."""

    SURVEY = "survey"
    MONITOR = "monitor"
    TRACE = "trace"
    RECTIFY = "rectify"
    ACCEPT = "accept"
    WATCH = "watch"
    DONE = "done"
    EXCLUDING = "excluding"
    EXCLUDED = "excluded"


class Method(StrEnum):
    """How an outfall is rectified: 依法取缔, 清理合并, 规范整治."""

    ABOLISH = "abolish"
    MERGE = "merge"
    REGULATE = "regulate"


class Verb(StrEnum):
    """What can be done to a project. ``open`` makes it; ``late`` and ``remind`` are marks."""

    OPEN = "open"
    SURVEY = "survey"
    MONITOR = "monitor"
    TRACE = "trace"
    CARRY_OUT = "carry_out"
    SUBMIT = "submit"
    ACCEPT = "accept"
    RETURN = "return"
    FINISH = "finish"
    RELAPSE = "relapse"
    REOPEN = "reopen"
    EXCLUDE = "exclude"
    CONFIRM = "confirm"
    KEEP = "keep"
    SAMPLE = "sample"
    SOURCE = "source"
    SETTLE = "settle"
    CHECK = "check"
    EVIDENCE = "evidence"
    ASSIGN = "assign"
    EXTEND = "extend"
    LINK = "link"
    UNLINK = "unlink"
    COMMENT = "comment"
    LATE = "late"
    REMIND = "remind"


class Need(StrEnum):
    """What must be given with a verb."""

    REASON = "reason"
    NOTE = "note"
    FACTS = "facts"
    METHOD = "method"
    CAUSE = "cause"
    MEASURES = "measures"
    SAMPLE = "sample"
    SOURCE = "source"
    SETTLES = "settles"
    ITEM = "item"
    PHOTOS = "photos"
    DEPARTMENT = "department"
    DAYS = "days"
    TICKET = "ticket"


LIVE = frozenset(Stage) - {Stage.DONE, Stage.EXCLUDED}

KIND_WORDS: dict[Kind, Words] = {
    Kind.OUTFALL: Words(zh="排污口整治", en="Outfall"),
    Kind.SITE: Words(zh="工地整治", en="Construction site"),
    Kind.ROOT_CAUSE: Words(zh="成因治理", en="Root cause"),
}

_RECTIFICATION: dict[Stage, Words] = {
    Stage.SURVEY: Words(zh="排查", en="Survey"),
    Stage.MONITOR: Words(zh="监测", en="Monitor"),
    Stage.TRACE: Words(zh="溯源", en="Trace"),
    Stage.RECTIFY: Words(zh="整治", en="Rectify"),
    Stage.ACCEPT: Words(zh="待销号", en="Acceptance"),
    Stage.WATCH: Words(zh="回头看", en="Watch"),
    Stage.DONE: Words(zh="已销号", en="Done"),
    Stage.EXCLUDING: Words(zh="待核定排除", en="Exclusion asked"),
    Stage.EXCLUDED: Words(zh="已排除", en="Excluded"),
}
_ROOT_CAUSE: dict[Stage, Words] = {
    Stage.TRACE: Words(zh="成因分析", en="Analyse"),
    Stage.RECTIFY: Words(zh="落实措施", en="Measures"),
    Stage.WATCH: Words(zh="效果观察", en="Observe"),
    Stage.ACCEPT: Words(zh="待评定", en="Judgement"),
    Stage.DONE: Words(zh="已见效", en="Solved"),
}

VERB_WORDS: dict[Verb, Words] = {
    Verb.OPEN: Words(zh="立项", en="Open"),
    Verb.SURVEY: Words(zh="完成排查", en="Finish the survey"),
    Verb.MONITOR: Words(zh="完成监测", en="Finish monitoring"),
    Verb.TRACE: Words(zh="完成溯源", en="Finish tracing"),
    Verb.CARRY_OUT: Words(zh="措施已落实", en="Measures carried out"),
    Verb.SUBMIT: Words(zh="申请销号", en="Ask for acceptance"),
    Verb.ACCEPT: Words(zh="同意销号", en="Accept"),
    Verb.RETURN: Words(zh="退回整改", en="Send back"),
    Verb.FINISH: Words(zh="回头看通过", en="Watch passed"),
    Verb.RELAPSE: Words(zh="问题反弹，重新整治", en="Relapsed, to be rectified again"),
    Verb.REOPEN: Words(zh="重启项目", en="Reopen"),
    Verb.EXCLUDE: Words(zh="申请排除", en="Ask to exclude"),
    Verb.CONFIRM: Words(zh="同意排除", en="Exclude"),
    Verb.KEEP: Words(zh="不同意排除", en="Keep it"),
    Verb.SAMPLE: Words(zh="录入水样", en="Add a sample"),
    Verb.SOURCE: Words(zh="登记来源", en="Add a source"),
    Verb.SETTLE: Words(zh="来源已整改", en="Source put right"),
    Verb.CHECK: Words(zh="核对措施", en="Check a measure"),
    Verb.EVIDENCE: Words(zh="添加佐证", en="Add photos"),
    Verb.ASSIGN: Words(zh="变更责任部门", en="Change the owner"),
    Verb.EXTEND: Words(zh="延长期限", en="Give more time"),
    Verb.LINK: Words(zh="关联案卷", en="Link a ticket"),
    Verb.UNLINK: Words(zh="移出案卷", en="Take a ticket out"),
    Verb.COMMENT: Words(zh="备注", en="Comment"),
    Verb.LATE: Words(zh="超期", en="Overdue"),
    Verb.REMIND: Words(zh="逐级督办", en="Told higher up"),
}
_ROOT_CAUSE_VERBS: dict[Verb, Words] = {
    Verb.TRACE: Words(zh="完成成因分析", en="Finish the analysis"),
    Verb.SUBMIT: Words(zh="申请评定", en="Ask for judgement"),
    Verb.ACCEPT: Words(zh="评定有效，结项", en="It worked: close"),
    Verb.RETURN: Words(zh="评定无效，重新分析", en="It did not work: analyse again"),
    Verb.EXCLUDE: Words(zh="申请判定无共同成因", en="Ask: no common cause"),
}

METHOD_WORDS: dict[Method, Words] = {
    Method.ABOLISH: Words(zh="依法取缔", en="Abolish"),
    Method.MERGE: Words(zh="清理合并", en="Merge"),
    Method.REGULATE: Words(zh="规范整治", en="Regulate"),
}


def stage_words(kind: Kind, stage: Stage) -> Words:
    """What a stage is called for a kind of project."""
    if kind is Kind.ROOT_CAUSE and stage in _ROOT_CAUSE:
        return _ROOT_CAUSE[stage]
    return _RECTIFICATION[stage]


def verb_words(kind: Kind, verb: Verb) -> Words:
    """What a verb is called for a kind of project."""
    if kind is Kind.ROOT_CAUSE and verb in _ROOT_CAUSE_VERBS:
        return _ROOT_CAUSE_VERBS[verb]
    return VERB_WORDS[verb]


def way_of(kind: Kind) -> tuple[Stage, ...]:
    """The stages of a project that goes well, in order."""
    if kind is Kind.ROOT_CAUSE:
        return Stage.TRACE, Stage.RECTIFY, Stage.WATCH, Stage.ACCEPT, Stage.DONE
    return (Stage.SURVEY, Stage.MONITOR, Stage.TRACE, Stage.RECTIFY, Stage.ACCEPT, Stage.WATCH,
            Stage.DONE)  # fmt: skip
