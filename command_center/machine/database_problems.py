"""A database that is away or refuses, told to the person who typed a command."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError

from command_center.problem import Problem
from grid.store.migrate import MigrationError


@contextmanager
def database_problems() -> Iterator[None]:
    """Turn what a database and a migration raise into a Problem that says what to do."""
    try:
        yield
    except (psycopg.OperationalError, OperationalError) as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise Problem(
            zh=f"无法连接数据库：{reason}。请先启动 command-center run，"
            "或检查 COMMAND_CENTER_DATABASE_URL。",
            en=f"the database cannot be reached: {reason}. Start `command-center run` first, or"
            " check COMMAND_CENTER_DATABASE_URL.",
        ) from error
    except MigrationError as error:
        raise Problem(zh=error.zh, en=error.en) from error
    except (psycopg.Error, DBAPIError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
            raise _not_migrated() from error
        raise Problem(
            zh=f"数据库拒绝了操作：{cause}", en=f"the database refused this: {cause}"
        ) from error


def _not_migrated() -> Problem:
    return Problem(
        zh="数据库还没有建好结构：请先执行 command-center migrate。",
        en="the database has no schema yet: run `command-center migrate` first.",
    )
