"""Tests about the repository itself: nothing slips in unguarded or undocumented."""

import argparse
import ast
import importlib.metadata
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from command_center.cli import build_parser
from grid.store.named_sql import parse
from tests.support.cluster import TestDatabase

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("command_center", "grid", "events", "iot_ingest", "layers")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


NOT_OURS = {".git", ".venv", "var", "build", "dist"}


def listed() -> list[Path]:
    """What git would commit; in a copy without git, all but what is made by running."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*") if not made_by_running(path.relative_to(ROOT))]
    return [ROOT / name for name in answer.stdout.splitlines()]


def made_by_running(path: Path) -> bool:
    """Whether .gitignore would leave a path out."""
    return path.parts[0] in NOT_OURS or any(
        part == "__pycache__"
        or part.endswith((".egg-info", "_cache", ".log", ".tmp"))
        or part == ".hypothesis"
        for part in path.parts
    )


def tracked(*suffixes: str) -> list[Path]:
    """Files of the repository (new ones included, ignored ones not)."""
    paths = [path for path in listed() if path.is_file()]
    return [path for path in paths if not suffixes or path.suffix in suffixes]


def sources() -> list[Path]:
    """Python files of the packages."""
    return [path for path in tracked(".py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def readable(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """The text files among ``paths``, with their text."""
    for path in paths:
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def short(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


# --- nothing foreign -----------------------------------------------------------------------

# Where this checkout and its owner live, and a package index other than the client's own.
FOREIGN = re.compile(
    "|".join(
        [
            re.escape(f"{folder}/")
            for folder in (ROOT.parent, Path.home())
            if folder.parent != folder
        ]
        + [r"index-url\s*[=\s]\s*https?:"]
    )
)


def test_nothing_names_a_place_outside_the_repository() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, content in readable(tracked())
        if "assets/vendor" not in path.as_posix()
        for number, line in enumerate(content.splitlines(), start=1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_no_installed_distribution_shadows_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    shadowed = {name: owners[name] for name in PACKAGES if name in owners}
    assert {name: set(found) for name, found in shadowed.items()} == {
        name: {"command-center"} for name in shadowed
    }


def test_requirements_are_pinned_with_hashes_and_name_no_host() -> None:
    for name in ("requirements", "requirements-dev"):
        pinned = (ROOT / f"{name}.txt").read_text()
        assert "http" not in re.sub(r"httpx|httpcore|httptools", "", pinned)
        assert "--index" not in pinned
        entries = re.findall(
            r"^([a-z0-9][a-z0-9._-]*)==\S+.*?(?=^\S|\Z)", pinned, re.MULTILINE | re.DOTALL
        )
        assert pinned.count("--hash=sha256:") >= len(entries) > 20
        wanted = re.findall(r"^([A-Za-z0-9._-]+)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
        wanted = [one for one in wanted if not one.startswith("-")]
        normal = {re.sub(r"[-_.]+", "-", one).lower() for one in entries}
        assert {re.sub(r"[-_.]+", "-", one).lower() for one in wanted} <= normal


# --- nothing undocumented --------------------------------------------------------------------


def commands() -> dict[str, argparse.ArgumentParser]:
    """All subcommands, those of subcommands included ("import cells")."""

    def below(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, object]]:
        inner = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
        if not inner:
            yield name, parser
        for one in inner:
            for word, child in one.choices.items():
                yield from below(child, f"{name} {word}".strip())

    return dict(below(build_parser(), ""))  # type: ignore[arg-type] # parsers, see above


def test_every_command_and_option_is_documented() -> None:
    document = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    missing = []
    for name, parser in commands().items():
        heading = f"command-center {name}"
        if heading not in document:
            missing.append(heading)
        missing += [
            f"{heading} {option}"
            for action in parser._actions
            for option in action.option_strings
            if option.startswith("--") and option != "--help" and option not in document
        ]
    assert missing == []


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args([*name.split(), "--help"])
    assert caught.value.code == 0
    assert len(capsys.readouterr().out) > 80


def test_every_setting_is_in_the_example_and_in_the_docs() -> None:
    name = re.compile(r"COMMAND_CENTER_[A-Z_]+[A-Z]")
    example = set(name.findall((ROOT / ".env.example").read_text()))
    used = {found for _, code in readable(sources()) for found in name.findall(code)}
    documented = set(name.findall((ROOT / "docs" / "commands.md").read_text(encoding="utf-8")))
    assert used | {"COMMAND_CENTER_SAMPLES"} == example
    assert example <= documented


def test_scripts_can_be_executed() -> None:
    for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]:
        assert path.stat().st_mode & 0o111, path


# --- nothing shapeless -----------------------------------------------------------------------


def test_files_have_one_purpose() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in sources()}
    assert short([path for path, lines in lengths.items() if lines > LONGEST_FILE]) == []


Function = ast.FunctionDef | ast.AsyncFunctionDef


def own_lines(function: Function) -> int:
    """Lines of a function without those of the functions defined in it."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    inner = [one for child in function.body for one in outermost(child)]
    return lines - sum((one.end_lineno or one.lineno) - one.lineno + 1 for one in inner)


def outermost(node: ast.AST) -> Iterator[Function]:
    """The functions in a piece of code, without those inside of them."""
    if isinstance(node, Function):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from outermost(child)


def test_functions_can_be_seen_at_once() -> None:
    long = []
    for path in sources():
        functions = (
            one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, Function)
        )
        long += [
            f"{path.relative_to(ROOT)}:{one.name}: {own_lines(one)} lines"
            for one in functions
            if own_lines(one) > LONGEST_FUNCTION
        ]
    assert long == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{path}:{number}"
        for path, content in readable(tracked(".py", ".sql", ".js", ".css", ".toml", ".html"))
        if "assets/vendor" not in path.as_posix() and path != Path("tests/test_house.py")
        for number, line in enumerate(content.splitlines(), start=1)
        if later.search(line)
    ]
    assert found == []


def test_every_module_says_what_it_is() -> None:
    mute = [path for path in sources() if ast.get_docstring(ast.parse(path.read_text())) is None]
    assert short(mute) == []


# --- SQL lives in stores ---------------------------------------------------------------------

STATEMENT = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|WITH\s.+\sAS\s*\()",
    re.DOTALL,
)


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and value of every text constant of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def speaks_sql(path: Path) -> bool:
    """Whether a module may: stores, and the room that sets up the private cluster."""
    parts = path.relative_to(ROOT).parts
    return "store" in parts or parts[:2] == ("command_center", "machine")


def test_only_stores_speak_sql() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        if not speaks_sql(path)
        for line, value in texts_of(path)
        if STATEMENT.match(value)
    ]
    assert found == []


def statement_files() -> list[Path]:
    return [path for path in tracked(".sql") if "store" in path.relative_to(ROOT).parts]


# What a driver would say of a parameter; PostgreSQL finds out the others.
TIMES = re.compile(r"now|at|since|until|start|end|.*_(at|from|to|since|until|before|after)")


def as_prepared(sql: str) -> str:
    """A statement with :names as PREPARE takes it."""
    names: list[str] = []
    types = []
    for found in re.finditer(r"(?<![:\w\\]):([a-z_][a-z0-9_]*)", sql):
        if found[1] not in names:
            names.append(found[1])
            types.append("timestamptz" if TIMES.fullmatch(found[1]) else "unknown")
    numbered = re.sub(
        r"(?<![:\w\\]):([a-z_][a-z0-9_]*)", lambda found: f"${names.index(found[1]) + 1}", sql
    )
    given = f" ({', '.join(types)})" if types else ""
    return f"PREPARE tried{given} AS {numbered}".replace("\\:", ":")


@pytest.mark.parametrize("path", statement_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_statement_is_used_and_fits_the_schema(path: Path, database: TestDatabase) -> None:
    module = path.with_suffix(".py").read_text()
    faults = []
    statements = parse(path.read_text())
    with database.superuser() as connection:
        for statement in statements.values():
            if statement.sql.startswith("CREATE TEMPORARY TABLE"):
                connection.execute(statement.sql.encode())
        for name, statement in statements.items():
            if f'"{name}"' not in module:
                faults.append(f"{name} is not used")
            if not re.match(r"SELECT|INSERT|UPDATE|DELETE|WITH|VALUES", statement.sql):
                continue
            try:
                connection.execute(as_prepared(statement.sql).encode())
                connection.execute("DEALLOCATE tried")
            except psycopg.errors.AmbiguousParameter:
                continue  # the driver says of which type it is
            except psycopg.Error as error:
                faults.append(f"{name}: {error}")
    assert faults == []
