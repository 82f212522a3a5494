"""What the documents say is there."""

import re
import tomllib
from pathlib import Path

import pytest

import layers
from command_center.cli.import_.requests import formats

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# A path of ours in code marks, as `events/model/workflow.py`; those of layers/ may be examples.
_FLOORS = "command_center|iot_ingest|events|grid|tests|docs|scripts|deploy"
_FILE = re.compile(rf"`((?:{_FLOORS})/[\w./-]+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_every_named_file_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [name for name in _FILE.findall(text) if not (ROOT / name).exists()]
    assert not missing


def test_every_decision_is_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers))
    for path in (ROOT / "docs" / "adr").glob("*.md"):
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path.name


def test_the_readme_names_every_layer_and_both_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "scripts/run" in text
    assert "scripts/test" in text
    changes = (ROOT / "CHANGELOG.md").read_text()
    for code in layers.discover():
        assert code in changes


def test_every_packaged_format_of_requests_is_documented() -> None:
    text = (ROOT / "docs" / "how-to" / "import-requests.md").read_text()
    for name in formats():
        assert f"`{name}`" in text
        packaged = ROOT / "command_center" / "cli" / "mappings" / f"{name}.toml"
        assert tomllib.loads(packaged.read_text())["columns"]
