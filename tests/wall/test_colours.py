"""The colours: readable in both themes, and told apart by those who see fewer of them."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

import command_center
from layers.contract import SEVERITY

_WALL = Path(command_center.__file__).parent / "assets" / "wall"
_HEX = re.compile(r"#([0-9a-f]{6})\b")

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
_SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopes": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopes": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

TEXTS = ("strong", "text", "soft", "faint", "accent", "red", "orange", "yellow", "green", "bad",
         "warn", "good")  # fmt: skip
GROUNDS = ("ground", "panel-solid", "raised", "sunken", "head", "first")
BADGES = ("loud", "warn", "mark", "good", "bad", "off")


def _linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    return float(_XYZ[1] @ _linear(colour))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _lab(colour: str, who: str) -> np.ndarray:
    seen = np.clip(_SEEN_BY[who] @ _linear(colour), 0, 1)
    x, y, z = np.cbrt(_XYZ @ seen / np.array([0.9505, 1.0, 1.089]) + 1e-9)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one: str, other: str, who: str) -> float:
    """How different somebody sees two colours (CIE 1976): some 2.3 are just noticeable."""
    return float(np.linalg.norm(_lab(one, who) - _lab(other, who)))


def _theme(name: str) -> dict[str, str]:
    text = (_WALL / "theme.css").read_text()
    blocks = re.findall(r":root(\[data-theme=\"light\"\])? \{(.*?)\n\}", text, re.DOTALL)
    chosen = next(body for light, body in blocks if bool(light) is (name == "light"))
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", chosen))


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert apart("#ff0000", "#ff0000", "everybody") == 0


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_is_readable_on_every_ground(theme: str) -> None:
    colours = _theme(theme)
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [(f"{one}-ink", f"{one}-fill") for one in BADGES]
    pairs += [("text", "raised-hover"), ("soft", "raised-hover")]
    poor = {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("who", _SEEN_BY)
def test_the_severities_are_told_apart_by_everybody(who: str) -> None:
    colours = [one.colour for one in SEVERITY.values()]
    assert min(apart(*pair, who) for pair in combinations(colours, 2)) > 10
    # ... and where two come close the shape still says it: there are four of them
    shapes = re.findall(r"\d: \{ colour: \"#\w+\", shape: \"(\w+)\" \}",
                        (_WALL / "marks.js").read_text())  # fmt: skip
    assert len(set(shapes)) == len(colours) == 4


@pytest.mark.parametrize("who", _SEEN_BY)
def test_the_steps_of_the_cells_go_from_dark_to_light_for_everybody(who: str) -> None:
    (steps,) = re.findall(r"const STEPS = (\[.*?\]);", (_WALL / "cells.js").read_text())
    colours = [f"#{one}" for one in _HEX.findall(steps)]
    lightness = [_lab(one, who)[0] for one in colours]
    assert all(after - before > 10 for before, after in pairwise(lightness))
