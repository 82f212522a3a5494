"""Bring a database's schema up to date: plain SQL files, in order, forward only."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from grid.store.postgis import dsn

if TYPE_CHECKING:
    from collections.abc import Callable

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

_FILE = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
# Any number that no other program uses as an advisory lock in a city's database.
_LOCK = 7_215_001


class MigrationError(Exception):
    """The schema cannot be brought up to date; ``zh`` and ``en`` say why and what to do."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One file: its number, file name, text and SHA-256 (hex)."""

    number: int
    name: str
    sql: str
    sha256: str


def available(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migration files in order. Raises MigrationError for a gap or a foreign file name."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE.match(path.name)
        if match is None:
            raise MigrationError(
                zh=f"{path.name} 的文件名不符合 0001_grid.sql 的格式：请改名或移走它。",
                en=f"{path.name} is not named like 0001_grid.sql: rename it, or take it away.",
            )
        sql = path.read_text(encoding="utf-8")
        found.append(
            Migration(
                number=int(match[1]),
                name=path.name,
                sql=sql,
                sha256=hashlib.sha256(sql.encode()).hexdigest(),
            )
        )
    numbers = [one.number for one in found]
    if not found or numbers != list(range(1, len(found) + 1)):
        raise MigrationError(
            zh=f"{folder} 中的迁移文件编号不是 1、2、3……（{numbers}）：请重新安装本程序。",
            en=f"migrations are not numbered 1, 2, 3, ... in {folder}: {numbers}."
            " Install the program again.",
        )
    return found


def migrate(
    url: str,
    *,
    role: str | None = None,
    folder: Path = MIGRATIONS,
    told: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Apply what is missing, each file in its own transaction; names of the files applied.

    Safe to call from several processes at once (advisory lock). A statement waits at most 5 s
    for a table lock, so that a migration never blocks a live city. Raises MigrationError when
    the database is newer than this program or an applied file was changed, and psycopg.Error
    when a statement fails (nothing of that file is then kept).
    """
    plain, options = dsn(url, role)
    applied_now: list[str] = []
    with psycopg.connect(plain, autocommit=True, options=options, connect_timeout=10) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        conn.execute(
            "CREATE TABLE IF NOT EXISTS public.schema_migrations (number integer PRIMARY KEY,"
            " name text NOT NULL, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        conn.execute("GRANT SELECT ON schema_migrations TO PUBLIC")
        done = {
            row[0]: row[1] for row in conn.execute("SELECT number, sha256 FROM schema_migrations")
        }
        files = available(folder)
        _refuse_foreign(done, files)
        for one in files:
            if one.number in done:
                continue
            told(one.name)
            with conn.transaction():
                conn.execute("SET LOCAL lock_timeout = '5s'")
                conn.execute(one.sql.encode())
                conn.execute(
                    "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
                    (one.number, one.name, one.sha256),
                )
            applied_now.append(one.name)
    return applied_now


def pending(url: str, *, folder: Path = MIGRATIONS) -> list[str]:
    """Names of the files that `migrate` would apply now.

    Raises MigrationError when the database is newer than this program or an applied file was
    changed, and psycopg.OperationalError when the database cannot be reached.
    """
    plain, options = dsn(url, None)
    with psycopg.connect(plain, options=options, connect_timeout=5) as conn:
        known = conn.execute("SELECT to_regclass('public.schema_migrations')").fetchone()
        done: dict[int, str] = {}
        if known is not None and known[0] is not None:
            done = dict(conn.execute("SELECT number, sha256 FROM public.schema_migrations"))
    files = available(folder)
    _refuse_foreign(done, files)
    return [one.name for one in files if one.number not in done]


def _refuse_foreign(done: dict[int, str], files: list[Migration]) -> None:
    newest = len(files)
    if done and max(done) > newest:
        raise MigrationError(
            zh=f"数据库的结构版本是 {max(done)}，本程序只认识到 {newest}：请安装更新版本的程序。",
            en=f"the database has schema {max(done)}, this program knows {newest}:"
            " install the newer version of the program.",
        )
    for one in files:
        if one.number in done and done[one.number] != one.sha256:
            raise MigrationError(
                zh=f"数据库是用另一版本的 {one.name} 建成的：请使用当时的程序版本，或换一个空的"
                "数据库（run 用 --data 指定其他目录）；修改结构请另写新的迁移文件。",
                en=f"{one.name} was changed after it was applied to this database: use the version"
                " of the program that made it, or an empty database (run: another folder with"
                " --data). Changes of the schema go into a new file.",
            )
