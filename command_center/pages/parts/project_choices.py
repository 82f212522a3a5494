"""What the forms about a project let one choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from command_center.problem import Language
from command_center.views.story import titled
from command_center.wording import words
from events.model.department import Department
from events.model.projects.project import Parts, Project
from events.model.projects.stage import METHOD_WORDS
from events.model.projects.words import (
    MEASURE_WORDS,
    OUTFALL_TYPE_WORDS,
    SOURCE_WORDS,
    SUBSTANCE_WORDS,
    WATER_WORDS,
    class_words,
)
from events.model.words import Words
from layers.packs import load_standards

Choices = dict[str, list[dict[str, str]]]


def choices_for(
    project: Project, parts: Parts, offices: Iterable[Department], language: Language
) -> Choices:
    """The options of each field that is chosen from a list, and the substances of a sample."""
    standards = load_standards()
    water = project.facts.get("water")
    fitting = [one for one in standards if one.water == water] or list(standards)
    classes = [code for one in standards for code in one.classes]
    substances = dict.fromkeys(name for one in fitting for name in one.bounds)
    return {
        "outfall_type": _options(OUTFALL_TYPE_WORDS, language),
        "water": _options(WATER_WORDS, language),
        "target_class": [_option(one, class_words(one), language) for one in classes],
        "method": [_option(one.value, name, language) for one, name in METHOD_WORDS.items()],
        "source": _options(SOURCE_WORDS, language),
        "settles": [
            {"value": str(one.source_id),
             "label": f"{SOURCE_WORDS[one.source].told(language)} · {one.party}"}
            for one in parts.sources if one.settled_at is None
        ],
        "item": _options(MEASURE_WORDS, language),
        "met": [{"value": one, "label": words(f"rectification.met_{one}", language)}
                for one in ("yes", "no")],
        "kind": [{"value": one, "label": words(f"story.photo_{one}", language)}
                 for one in ("before", "after", "other")],
        "department": [
            {"value": one.code, "label": titled(one, "name", language)} for one in offices
        ],
        "substances": [_option(one, SUBSTANCE_WORDS[one], language) for one in substances],
    }  # fmt: skip


def _options(table: Mapping[str, Words], language: Language) -> list[dict[str, str]]:
    return [_option(code, name, language) for code, name in table.items()]


def _option(code: str, name: Words, language: Language) -> dict[str, str]:
    return {"value": code, "label": name.told(language)}
