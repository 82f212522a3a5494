"""What the environment says, read by functions: nothing is read when this is imported.

Every variable is described in .env.example (a test compares the two).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from command_center.problem import Language, Problem

# Name of the variable -> the scheme(s) its URL may have.
_URL_SCHEMES = {
    "COMMAND_CENTER_DATABASE_URL": ("postgresql", "postgres"),
    "COMMAND_CENTER_BROKER_URL": ("mqtt", "mqtts"),
    "COMMAND_CENTER_PUBLIC_URL": ("http", "https"),
}

# What a city may open to visitors.
OPEN_PARTS = ("figures", "streets", "layers")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of one process.

    ``database_url`` and ``broker_url`` are None where nothing was given: `run` then starts
    private ones, and the other commands look for those of ``data``. ``secret`` keys the HMAC
    of report tokens and may be empty in processes that make none. ``demo_login`` lets the
    login page of a loopback server fill in the demo accounts. ``metrics_token`` lets other
    machines than this one read /metrics. Days of readings older than ``keep_days`` are archived
    (0: never). Of messages that wait in quarantine ``quarantine_most`` are kept per device and
    reason. ``open_parts``: what of `OPEN_PARTS` the page for visitors shows.
    """

    database_url: str | None = None
    broker_url: str | None = None
    data: Path = Path("var")
    language: Language = "en"
    public_url: str | None = None
    secret: bytes = b""
    demo_login: bool = False
    metrics_token: str = ""
    keep_days: int = 400
    quarantine_most: int = 20_000
    open_parts: frozenset[str] = frozenset()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``environ``. Raises Problem for a value that cannot be used."""
    return Settings(
        database_url=_url(environ, "COMMAND_CENTER_DATABASE_URL"),
        broker_url=_url(environ, "COMMAND_CENTER_BROKER_URL"),
        data=Path(environ.get("COMMAND_CENTER_DATA") or "var"),
        language=read_language(environ),
        public_url=_url(environ, "COMMAND_CENTER_PUBLIC_URL"),
        secret=_secret(environ),
        demo_login=_switch(environ, "COMMAND_CENTER_DEMO_LOGIN"),
        metrics_token=environ.get("COMMAND_CENTER_METRICS_TOKEN", ""),
        keep_days=_days(environ, "COMMAND_CENTER_KEEP_DAYS", 400),
        quarantine_most=_messages(environ, "COMMAND_CENTER_QUARANTINE_MOST", 20_000),
        open_parts=_parts(environ, "COMMAND_CENTER_OPEN"),
    )


def read_language(environ: Mapping[str, str]) -> Language:
    """COMMAND_CENTER_LANGUAGE, else the language of the locale, else English.

    Never raises, because error messages need a language too.
    """
    for name in ("COMMAND_CENTER_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def _url(environ: Mapping[str, str], name: str) -> str | None:
    value = environ.get(name, "").strip()
    if not value:
        return None
    schemes = _URL_SCHEMES[name]
    if urlsplit(value).scheme not in schemes:
        wanted = " / ".join(f"{scheme}://" for scheme in schemes)
        raise Problem(
            zh=f"环境变量 {name} 应以 {wanted} 开头，请改正后重试。",
            en=f"{name} must begin with {wanted}: correct it and try again.",
        )
    return value.rstrip("/") if name == "COMMAND_CENTER_PUBLIC_URL" else value


def _secret(environ: Mapping[str, str]) -> bytes:
    value = environ.get("COMMAND_CENTER_SECRET", "")
    try:
        secret = bytes.fromhex(value)
    except ValueError:
        secret = None
    if secret is None or (secret and len(secret) < 32):
        raise Problem(
            zh="环境变量 COMMAND_CENTER_SECRET 应为至少 64 位十六进制字符，"
            "可用 openssl rand -hex 32 生成。",
            en="COMMAND_CENTER_SECRET must be at least 64 hexadecimal digits:"
            " make one with `openssl rand -hex 32`.",
        )
    return secret


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in ("", "0", "1", "no", "yes", "false", "true"):
        raise Problem(
            zh=f"环境变量 {name} 只能是 1 或 0。",
            en=f"{name} must be 1 or 0.",
        )
    return value in ("1", "yes", "true")


def _days(environ: Mapping[str, str], name: str, otherwise: int) -> int:
    value = environ.get(name, "").strip() or str(otherwise)
    # (the database drops nothing younger than 31 days)
    if not value.isascii() or not value.isdigit() or 0 < int(value) < 31:
        raise Problem(
            zh=f"环境变量 {name} 应为天数：31 或更大，0 表示永久保留。",
            en=f"{name} must be a number of days: 31 or more, or 0 to keep everything.",
        )
    return int(value)


def _messages(environ: Mapping[str, str], name: str, otherwise: int) -> int:
    value = environ.get(name, "").strip() or str(otherwise)
    # (the database thins out no further than that)
    if not value.isascii() or not value.isdigit() or not 1_000 <= int(value) <= 2_000_000_000:
        raise Problem(
            zh=f"环境变量 {name} 应为报文条数：1000 或更大。",
            en=f"{name} must be a number of messages: 1000 or more.",
        )
    return int(value)


def _parts(environ: Mapping[str, str], name: str) -> frozenset[str]:
    parts = frozenset(one.strip() for one in environ.get(name, "").split(",") if one.strip())
    if not parts <= set(OPEN_PARTS):
        wanted = ", ".join(OPEN_PARTS)
        raise Problem(
            zh=f"环境变量 {name} 只能包含 {wanted}，用逗号分隔。",
            en=f"{name} must name some of {wanted}, with commas between them.",
        )
    return parts
