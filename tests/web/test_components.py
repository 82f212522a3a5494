"""Our components cost little: they are made by the hundred."""

import importlib

import command_center.components.wall as ours
from command_center.components import Mark

LAYER = {"code": "flood", "colour": "#0af", "shape": "circle", "icon": "M0 0", "stages": ["long"]}
CONFIG = {"severity": {1: {"colour": "#00f"}}, "layers": [LAYER], "words": {"a": "long"}}


def test_dash_finds_their_namespace_without_a_search() -> None:
    assert importlib.import_module(Mark(config=CONFIG)._namespace) is ours


def test_a_mark_is_sent_what_it_looks_like_and_no_more() -> None:
    mark = Mark(config=CONFIG, severity=1, layer="flood")
    looks = {"code": "flood", "colour": "#0af", "shape": "circle", "icon": "M0 0"}
    assert vars(mark) | {"available_properties": None} == {
        "available_properties": None, "severity": 1, "layer": "flood",
        "config": {"severity": CONFIG["severity"], "layers": [looks]},
    }  # fmt: skip
    assert vars(Mark(config=CONFIG, severity=2))["config"]["layers"] == []
