"""Our components cost little: they are made by the hundred."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from dash import dcc, html

import command_center.components.wall as ours
from command_center.components import SCRIPTS, Actions, Due, Mark, Markup
from command_center.pages import static
from command_center.pages.parts.folded import SILENT, folded
from command_center.pages.parts.told import data

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


def test_what_no_callback_is_about_becomes_one_component() -> None:
    due = Due(id="due", config=CONFIG, state="filed")
    mark = Mark(config=CONFIG, severity=2)
    plain = html.Header([html.H2("Water", className="big"), None, html.P(["since ", 3])])
    whole = folded(html.Article([plain, due, mark], **data(story="7")), CONFIG)
    assert isinstance(whole, Markup)
    (article,) = vars(whole)["tree"]
    assert article == [
        "article", {"data-story": "7"},
        ["header", {}, ["h2", {"className": "big"}, "Water"], ["p", {}, "since ", 3]],
        ["Due", {"id": "due", "config": True, "state": "filed"}],
        ["Mark", {"config": vars(mark)["config"], "severity": 2}],
    ]  # fmt: skip
    assert vars(whole)["config"] is CONFIG
    assert "config" not in vars(folded(html.P("text"), CONFIG))


def test_what_a_callback_is_about_stays_and_so_does_what_holds_it() -> None:
    store, actions = dcc.Store(id="area-code", data="1"), Actions(id="actions", config=CONFIG)
    figures = html.Ul([html.Li("open"), html.Li("late"), html.Li([html.B("…", id="on-time")])])
    panel = html.Article([html.H2("West"), html.P("a town"), figures, actions, None, store, "."])
    whole = folded(panel, CONFIG)
    assert whole is panel
    title, shown, done, kept, dot = whole.children
    assert vars(title)["tree"] == [["h2", {}, "West"], ["p", {}, "a town"]]
    assert (shown, done, kept) == (figures, actions, store)
    rows, late = figures.children
    assert vars(rows)["tree"] == [["li", {}, "open"], ["li", {}, "late"]]
    (share,) = late.children
    assert (share.id, vars(dot)["tree"]) == ("on-time", ["."])


def test_what_is_neither_a_text_nor_a_component_is_refused() -> None:
    from_data: Any = ["script", {"src": "//elsewhere"}]
    with pytest.raises(TypeError, match="neither a text nor a component"):
        folded(html.P([from_data]), CONFIG)


def test_what_is_folded_is_drawn_by_the_wall_and_tells_nothing_back() -> None:
    assets = Path(static.__file__).parents[1] / "assets"
    text = "\n".join((assets / one).read_text() for one in SCRIPTS)
    for name in SILENT:
        (body,) = re.findall(rf"^  function {name}\(.*?^  }}$", text, re.DOTALL | re.MULTILINE)
        assert "setProps" not in body, name
