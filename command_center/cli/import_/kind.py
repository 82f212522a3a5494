"""What a file of this folder must give so that it becomes `command-center import KIND FILE`."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from command_center.settings import Settings
from grid.model.mapping import ColumnMapping
from grid.model.refusal import ImportReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What the person gave, and the way into the database (role cc_admin).

    ``by`` is the actor's key; ``arguments`` holds what `ImportKind.add_options` added.
    """

    path: Path
    crs: str | None
    mapping: ColumnMapping
    by: str
    engine: Engine
    settings: Settings
    arguments: argparse.Namespace


def _no_options(_: argparse.ArgumentParser) -> None:
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportKind:
    """One kind of import. ``run`` keeps its slow imports inside; it may raise GridProblem.

    ``columns`` says which columns a file needs, for --help.
    """

    name: str
    help: str
    columns: str
    run: Callable[[Given], ImportReport]
    add_options: Callable[[argparse.ArgumentParser], None] = _no_options
