"""`command-center doctor`: what is well, what is not, and what to do about it."""

import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import psycopg

from command_center.machine.broker import broker_answers
from command_center.machine.doors import broker_url, database_url
from command_center.machine.postgresql import OLDEST_VERSION
from command_center.problem import Language, Problem
from command_center.settings import Settings
from events.store import duties, duty_alerts
from grid.store import heartbeats
from grid.store.migrate import MigrationError, pending
from grid.store.postgis import make_engine, reading
from iot_ingest.model.worker import ingest_beats

_DISK_LOW_GB, _DISK_EMPTY_GB = 10.0, 1.0
_CLOCK_OFF_S = 2.0
_HEARTBEAT_LATE_S = 5.0
_PROCESSES = ("ingest", "dispatch", "web")


class Grade(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at, with a sentence in both languages."""

    check: str
    grade: Grade
    zh: str
    en: str

    def told(self, language: Language) -> str:
        """Return the sentence in ``language``."""
        return self.zh if language == "zh" else self.en


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield one or more findings per check; a check that cannot be made is itself a finding."""
    checks: list[tuple[str, Callable[[Settings], Iterator[Finding]]]] = [
        ("versions", _versions),
        ("disk", _disk),
        ("database", _database),
        ("broker", _broker),
    ]
    for name, check in checks:
        try:
            yield from check(settings)
        except Problem as problem:
            yield Finding(check=name, grade=Grade.BAD, zh=problem.zh, en=problem.en)


def _versions(_settings: Settings) -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(check="python", grade=Grade.OK, zh=f"Python {python}", en=f"Python {python}")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    if not folder.exists():
        yield Finding(
            check="disk",
            grade=Grade.WARNING,
            zh=f"数据目录 {folder} 还不存在；command-center run 会建立它。",
            en=f"the data folder {folder} does not exist yet; `command-center run` makes it.",
        )
        return
    free = shutil.disk_usage(folder).free / 1e9
    grade = Grade.OK
    if free < _DISK_LOW_GB:
        grade = Grade.BAD if free < _DISK_EMPTY_GB else Grade.WARNING
    advice_zh = "" if grade is Grade.OK else "，请腾出空间或用 --data 换到更大的磁盘"
    advice_en = "" if grade is Grade.OK else ": make room, or move it to a larger disk with --data"
    yield Finding(
        check="disk",
        grade=grade,
        zh=f"数据目录 {folder.resolve()} 剩余 {free:.1f} GB{advice_zh}",
        en=f"{free:.1f} GB are free for the data folder {folder.resolve()}{advice_en}",
    )


def _database(settings: Settings) -> Iterator[Finding]:
    url = database_url(settings, "cc_admin")
    engine = make_engine(url, role="cc_admin", pool_size=1)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            yield from _database_versions(connection)
            yield _clock(connection)
        schema = _schema(url)
        yield schema
        with reading(engine) as conn:
            beats = heartbeats.all(conn)
            if schema.grade is Grade.OK:
                in_force = duties.in_force(conn, now=datetime.now(UTC))
                yield _duties(in_force, duty_alerts.count(conn))
        for name in _PROCESSES:
            yield _process(name, _slowest(name, beats))
    except psycopg.Error as error:
        yield Finding(
            check="database",
            grade=Grade.BAD,
            zh=f"无法连接数据库：{_first_line(error)}。请启动 command-center run，"
            "或检查 COMMAND_CENTER_DATABASE_URL。",
            en=f"the database cannot be reached: {_first_line(error)}. Start"
            " `command-center run`, or check COMMAND_CENTER_DATABASE_URL.",
        )
    finally:
        engine.dispose()


def _database_versions(connection: psycopg.Connection) -> Iterator[Finding]:
    major = connection.info.server_version // 10_000
    grade = Grade.OK if major >= OLDEST_VERSION else Grade.BAD
    yield Finding(
        check="database",
        grade=grade,
        zh=f"PostgreSQL {major}" + ("" if grade is Grade.OK else f"，需要 {OLDEST_VERSION} 或更新"),
        en=f"PostgreSQL {major}" + ("" if grade is Grade.OK else f"; {OLDEST_VERSION} is needed"),
    )
    row = connection.execute(
        "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"
    ).fetchone()
    if row is None:
        yield Finding(
            check="postgis",
            grade=Grade.BAD,
            zh="数据库中没有 PostGIS：请由超级用户执行 CREATE EXTENSION postgis。",
            en="PostGIS is missing: let a superuser execute CREATE EXTENSION postgis.",
        )
    else:
        text = f"PostGIS {row[0]}"
        yield Finding(check="postgis", grade=Grade.OK, zh=text, en=text)


def _clock(connection: psycopg.Connection) -> Finding:
    begun = time.monotonic()
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    half = (time.monotonic() - begun) / 2
    off = abs((datetime.now(UTC) - row[0]).total_seconds() - half) if row else 0.0
    if off <= _CLOCK_OFF_S:
        return Finding(check="clock", grade=Grade.OK, zh="时钟一致", en="the clocks agree")
    return Finding(
        check="clock",
        grade=Grade.BAD,
        zh=f"本机与数据库的时钟相差 {off:.1f} 秒：请在两台机器上启用时间同步（chrony）。",
        en=f"this machine's clock and the database's are {off:.1f} s apart: set up time"
        " synchronisation (chrony) on both.",
    )


def _schema(url: str) -> Finding:
    try:
        missing = pending(url)
    except MigrationError as error:
        return Finding(check="schema", grade=Grade.BAD, zh=error.zh, en=error.en)
    if not missing:
        return Finding(
            check="schema", grade=Grade.OK, zh="数据库结构已是最新", en="the schema is up to date"
        )
    return Finding(
        check="schema",
        grade=Grade.BAD,
        zh=f"数据库结构缺少 {'、'.join(missing)}：请执行 command-center migrate。",
        en=f"the schema lacks {', '.join(missing)}: run `command-center migrate`.",
    )


def _duties(in_force: int | None, alerts: int) -> Finding:
    if in_force is None:
        return Finding(
            check="duties",
            grade=Grade.WARNING,
            zh="尚无现行的权责清单，案卷都要由派遣员指派：请用 command-center duties import 导入。",
            en="no duties are in force, so that a dispatcher decides about every ticket: import"
            " them with `command-center duties import`.",
        )
    if alerts:
        return Finding(
            check="duties",
            grade=Grade.BAD,
            zh=f"现行权责清单有 {alerts} 处失效或无人负责：请看 command-center duties list。",
            en=f"{alerts} things are wrong with the duties in force: see"
            " `command-center duties list`.",
        )
    text = {"zh": f"现行权责清单第 {in_force} 版有效", "en": f"duties, version {in_force}, work"}
    return Finding(check="duties", grade=Grade.OK, **text)


def _slowest(name: str, beats: Sequence[heartbeats.Heartbeat]) -> heartbeats.Heartbeat | None:
    """The beat of a process; of several ingest processes the oldest, None when one is missing."""
    of_name = {beat.process: beat for beat in beats}
    found = ingest_beats(beats) if name == "ingest" else [of_name.get(name)]
    known = [one for one in found if one is not None]
    return max(known, key=lambda one: one.age_s) if len(known) == len(found) else None


def _process(name: str, beat: heartbeats.Heartbeat | None) -> Finding:
    if beat is not None and beat.age_s <= _HEARTBEAT_LATE_S:
        text = {"zh": f"{name} 正在运行", "en": f"{name} is running"}
        return Finding(check=name, grade=Grade.OK, **text)
    if beat is None:
        zh, en = f"{name} 从未运行", f"{name} never ran"
    else:
        zh = f"{name} 已 {beat.age_s:.0f} 秒没有消息"
        en = f"{name} has been silent for {beat.age_s:.0f} s"
    return Finding(
        check=name,
        grade=Grade.BAD,
        zh=f"{zh}：请启动 command-center run（或 command-center {_command(name)}），并查看其日志。",
        en=f"{en}: start `command-center run` (or `command-center {_command(name)}`) and look"
        " into its log.",
    )


def _command(process: str) -> str:
    return "serve" if process == "web" else process


def _broker(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(broker_url(settings, "cc_health"))
    host, port = parts.hostname or "localhost", parts.port or 1883
    if parts.scheme == "mqtts":
        yield _tls_broker(host, parts.port or 8883)
        return
    # Asking with the ingester's own name would take its session over.
    own = settings.broker_url is None
    user = unquote(parts.username or "") if own else "cc_health"
    password = unquote(parts.password or "") if own else "wrong"
    if own and not broker_answers(host, port, user, password):
        yield _broker_away(host, port)
        return
    if not own and not _reachable(host, port):
        yield _broker_away(host, port)
        return
    yield Finding(
        check="broker",
        grade=Grade.OK,
        zh=f"消息代理 {host}:{port} 有应答",
        en=f"the broker answers on {host}:{port}",
    )
    if broker_answers(host, port, "", ""):
        yield Finding(
            check="broker access",
            grade=Grade.BAD,
            zh="消息代理允许匿名连接：请设置 allow_anonymous false（见 deploy/mosquitto.conf）。",
            en="the broker lets anybody in: set `allow_anonymous false` (deploy/mosquitto.conf).",
        )


def _tls_broker(host: str, port: int) -> Finding:
    if not _reachable(host, port):
        return _broker_away(host, port)
    return Finding(
        check="broker",
        grade=Grade.OK,
        zh=f"消息代理 {host}:{port} 可以连接",
        en=f"the broker on {host}:{port} takes connections",
    )


def _broker_away(host: str, port: int) -> Finding:
    return Finding(
        check="broker",
        grade=Grade.BAD,
        zh=f"消息代理 {host}:{port} 没有应答：请启动 command-center run，"
        "或检查 COMMAND_CENTER_BROKER_URL。",
        en=f"the broker does not answer on {host}:{port}: start `command-center run`, or check"
        " COMMAND_CENTER_BROKER_URL.",
    )


def _reachable(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
