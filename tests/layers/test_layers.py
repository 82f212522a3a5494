"""Every layer keeps the contract: its samples, both languages, its looks, its documentation."""

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import layers
from events.model import workflow
from layers import titles
from layers.contract import SEVERITY, Layer, Rule, Sample, Series, Words
from layers.packs import entries, entry, load_categories
from layers.reference import BEGIN, rewritten

LAYERS = tuple(layers.discover().values())
RULES = tuple(rule for layer in LAYERS for rule in layer.rules)
SAMPLES = tuple(
    (rule, sample)
    for layer in LAYERS
    for rule in layer.rules
    for sample in layer.samples
    if sample.rule == rule.name
)
HAN = re.compile(r"[\u4e00-\u9fff]")
DOCUMENT = Path(__file__).parents[2] / "docs" / "layers.md"


def test_the_seven_scenarios_are_there() -> None:
    assert set(layers.discover()) == {
        "outfall",
        "construction_dust",
        "flood",
        "sewage_station",
        "floating_debris",
        "rectification",
        "epidemic_control",
    }


@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: one.code)
def test_a_layer_is_named_like_its_file_and_says_everything_in_both_languages(
    layer: Layer,
) -> None:
    assert (Path(layers.__file__).parent / f"{layer.code}.py").is_file()
    texts = list(_words(layer))
    assert texts
    for text in texts:
        assert text.zh.strip(), text
        assert text.en.strip(), text
        assert not HAN.search(text.en), text
    assert [text for text in texts if HAN.search(text.zh)] == texts


def _words(thing: object) -> Iterator[Words]:
    if isinstance(thing, Words):
        yield thing
    elif isinstance(thing, tuple):
        for one in thing:
            yield from _words(one)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _words(getattr(thing, field.name))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: one.code)
def test_a_layer_measures_or_shows_tickets_or_facilities(layer: Layer) -> None:
    assert [bool(layer.rules), bool(layer.stages), bool(layer.facilities)].count(True) == 1
    measured = {metric.name for metric in layer.metrics}
    assert {rule.metric for rule in layer.rules} <= measured
    assert layer.legend
    assert {line.level for line in layer.legend} <= {None, *SEVERITY}


def test_rules_have_names_and_categories_of_their_own_layer() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    categories = {one.code: one for one in load_categories()}
    for layer in LAYERS:
        for name, code in layer.categories.items():
            assert categories[code].layer == layer.code, name


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.name)
def test_every_rule_has_a_sample_and_limits_that_its_pack_explains(rule: Rule) -> None:
    assert rule.name in {sample.rule for _, sample in SAMPLES}
    limits = entry(rule.pack)
    assert limits.standard
    assert limits.source
    assert all(spec.clause for spec in limits.specs)


def test_every_limit_of_the_packs_is_used() -> None:
    packs = {rule.pack.split(".")[0] for rule in RULES}
    written = {f"{pack}.{name}" for pack in packs for name in entries(pack)}
    assert written == {rule.pack for rule in RULES}


@pytest.mark.parametrize(("rule", "sample"), SAMPLES, ids=lambda one: getattr(one, "name", ""))
def test_a_sample_finds_what_it_promises(rule: Rule, sample: Sample) -> None:
    assert _found(rule, sample, sample.series(sample.quiet)) == []
    assert sample.finds
    assert _found(rule, sample, sample.series(sample.loud)) == [
        (one.level, one.onset, one.ended) for one in sample.finds
    ]


def _found(rule: Rule, sample: Sample, series: Series) -> list[tuple[int, int, int | None]]:
    limits = rule.limits({**sample.attributes, "interval_s": sample.every_s})
    assert limits is not None
    step = sample.every_s * 1_000
    found = rule.judge(series, limits, None, int(series.ts[-1]) + step)
    for one in found:
        for text in (
            titles.title(rule, limits, one),
            titles.cleared(rule, limits, one),
            titles.withdrawn(rule),
        ):
            for words in (text.zh, text.en):
                assert 5 < len(words) < 120
                assert not re.search(r"[{}]|  | ，", words)
            assert not HAN.search(text.en)
    return [
        (one.level, one.onset_ms // step, None if one.ended_ms is None else one.ended_ms // step)
        for one in found
    ]


def test_markers_differ_in_shape_and_can_be_told_apart_without_seeing_red_or_green() -> None:
    assert len({layer.style.shape for layer in LAYERS}) == len(LAYERS)
    for one, other in itertools.combinations(LAYERS, 2):
        for seen in (_normal, _deutan, _protan):
            apart = sum(
                (a - b) ** 2
                for a, b in zip(seen(one.style.colour), seen(other.style.colour), strict=True)
            )
            assert apart**0.5 > 40, (one.code, other.code, seen.__name__)
        assert min(_luminance(one.style.colour), _luminance(other.style.colour)) > 0.2


def _normal(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return float(red), float(green), float(blue)


def _deutan(colour: str) -> tuple[float, float, float]:
    """Machado et al. 2009, severity 1, as eyes without green cones see it."""
    red, green, blue = _normal(colour)
    return (
        0.367 * red + 0.861 * green - 0.228 * blue,
        0.280 * red + 0.673 * green + 0.047 * blue,
        -0.012 * red + 0.043 * green + 0.969 * blue,
    )


def _protan(colour: str) -> tuple[float, float, float]:
    """The same without red cones."""
    red, green, blue = _normal(colour)
    return (
        0.152 * red + 1.053 * green - 0.205 * blue,
        0.115 * red + 0.786 * green + 0.099 * blue,
        -0.004 * red - 0.048 * green + 1.052 * blue,
    )


def _luminance(colour: str) -> float:
    """Bright enough for a dark map (WCAG relative luminance)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in _normal(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_stages_hold_every_state_a_ticket_is_seen_in_once() -> None:
    states = [state for layer in LAYERS for stage in layer.stages for state in stage.states]
    beside = {"declined", "merged", "suspended"}
    assert sorted(states) == sorted({str(state) for state in workflow.State} - beside)


def test_rules_are_found_by_metric_and_layer() -> None:
    assert {rule.name for rule in layers.rules_of("water_level")} == {
        "river_level",
        "river_rise",
        "water_level_flagged",
        "water_level_silent",
    }
    assert layers.rules_of("flow", "outfall") == ()
    assert layers.rules_of("cod", "flood") == ()


def test_the_reference_is_up_to_date() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert rewritten(written) == written, "run: .venv/bin/python -m layers.reference docs/layers.md"


def test_a_document_without_the_mark_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match=re.escape(BEGIN)):
        rewritten("# Something else\n")


def test_the_layer_of_the_documentation_is_picked_up_by_itself(tmp_path: Path) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    code, pack = (_example(document, kind) for kind in ("python", "toml"))
    assert code.count("\n") < 50
    copy = tmp_path / "layers"
    shutil.copytree(
        Path(layers.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__")
    )
    (copy / "parking.py").write_text(code, encoding="utf-8")
    (copy / "packs" / "parking.toml").write_text(pack, encoding="utf-8")
    with (copy / "packs" / "metrics.toml").open("a", encoding="utf-8") as metrics:
        metrics.write(
            'occupied = { unit = "", decimals = 0, lowest = 0, highest = 1,'
            ' name = { zh = "占用", en = "Occupied" } }\n'
        )
    told = subprocess.run(
        [sys.executable, "-c", _PICKED_UP], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["parking", "0", "1"]


def _example(document: str, kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", document, re.DOTALL)
    assert found is not None
    return "\n".join(line.removeprefix("   ") for line in found[1].splitlines())


_PICKED_UP = """
import layers
layer = layers.discover()["parking"]
(rule,), (sample,) = layer.rules, layer.samples
limits = rule.limits({"interval_s": sample.every_s})
counts = [len(rule.judge(sample.series(part), limits)) for part in (sample.quiet, sample.loud)]
print(layer.code, *counts)
"""
