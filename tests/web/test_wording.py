"""What people read: everything in both languages, with the same blanks to fill in."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import command_center
from command_center import wording
from command_center.wording import LANGUAGES, catalogue, files, words

_BLANK = re.compile(r"\{(\w+)\}")
_HOUSE = Path(command_center.__file__).parent


@pytest.mark.parametrize("file", files())
def test_both_languages_say_the_same_things(file: str) -> None:
    source = resources.files(wording).joinpath(f"{file}.toml").read_text(encoding="utf-8")
    for name, texts in tomllib.loads(source).items():
        assert set(texts) == set(LANGUAGES), name
        assert all(texts.values()), name
        blanks = [set(_BLANK.findall(text)) for text in texts.values()]
        assert blanks[0] == blanks[1], name
    assert catalogue(file)


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(KeyError):
        words("login.nothing", "zh")
    with pytest.raises(KeyError):
        words("nothing.title", "en")


def test_templates_ask_for_words_that_exist() -> None:
    for template in (_HOUSE / "pages" / "templates").glob("*.html"):
        for file, name in re.findall(r"\bt\('(\w+)\.(\w+)'", template.read_text()):
            assert name in catalogue(file) or name.endswith("_"), (template.name, file, name)


@pytest.mark.parametrize(("scripts", "file"), [
    (("report", "place"), "report"), (("field", "ticket"), "field"),
])  # fmt: skip
def test_scripts_ask_for_words_that_exist(scripts: tuple[str, ...], file: str) -> None:
    for script in scripts:
        source = (_HOUSE / "assets" / "phone" / f"{script}.mjs").read_text()
        for name in re.findall(r"\bt\(\s*\"(\w+)\"", source):
            assert name in catalogue(file), (script, name)


def test_every_error_has_a_title() -> None:
    from command_center.errors import ANSWERS

    for _, answer in ANSWERS:
        assert f"{answer.kind}_title" in catalogue("errors")
