"""What people read about a finding, in both languages.

Templates may use {peak} {bound} {unit} {label} (of the level reached), {window} (of its bound or
rule), {point} and {allowed} (the mildest bound).
"""

import re

from layers.contract import Finding, Limits, Rule, Words, words
from layers.packs import metrics

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
_HAN_THEN_LATIN = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])")


def title(rule: Rule, limits: Limits, finding: Finding) -> Words:
    """Say what was found: "水位 5.21 m 超过保证水位 5.00 m"."""
    return _filled(rule.title, rule, limits, finding)


def cleared(rule: Rule, limits: Limits, finding: Finding) -> Words:
    """Say that it is over and how bad it was."""
    metric = metrics(rule.metric)[0]
    usual = words(
        f"{metric.name_zh}恢复正常，{'最低' if rule.below else '峰值'} {{peak}} {{unit}}",
        f"{metric.name_en} back to normal, {'lowest' if rule.below else 'peak'} {{peak}} {{unit}}",
    )
    return _filled(rule.recovery or usual, rule, limits, finding)


def withdrawn(rule: Rule) -> Words:
    """Say that later readings showed there was nothing."""
    return words(
        f"撤回：{rule.names.zh}，补到的数据未见异常",
        f"Withdrawn: {rule.names.en}; readings that came later show nothing wrong",
    )


def _filled(template: Words, rule: Rule, limits: Limits, finding: Finding) -> Words:
    metric = metrics(rule.metric)[0]
    decimals = metric.decimals if rule.decimals is None else rule.decimals
    limits = limits.at(finding.peak_ms)
    bound = limits.bound(finding.level)
    window_ms = bound.window_ms or limits.window_ms or limits.sustain_ms
    numbers = {
        "peak": f"{finding.peak:.{decimals}f}",
        "bound": f"{finding.bound:.{decimals}f}",
        "allowed": f"{limits.bounds[0].value:.{decimals}f}",
        "point": f"{limits.point:.{metric.decimals}f}",
        "unit": metric.unit,
    }
    span = _span(window_ms)
    zh = template.zh.format(label=bound.label.zh, window=span.zh, **numbers)
    en = template.en.format(label=bound.label.en, window=span.en, **numbers)
    # An empty unit leaves a double space; Chinese is set apart from letters and figures.
    return Words(zh=_HAN_THEN_LATIN.sub(" ", " ".join(zh.split())), en=" ".join(en.split()))


def _span(window_ms: int) -> Words:
    if window_ms and window_ms % HOUR_MS == 0:
        return words(f"{window_ms // HOUR_MS} 小时", f"{window_ms // HOUR_MS} h")
    return words(f"{window_ms // MINUTE_MS} 分钟", f"{window_ms // MINUTE_MS} min")
