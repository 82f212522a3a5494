"""Waiting until a command center says of itself that it is well."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from typing import Any

from command_center.problem import Problem

_ASK_EVERY_S = 0.1


async def wait_for_health(host: str, port: int, *, within_s: float = 120.0) -> None:
    """Return when /api/health answers "ok". Raises Problem after ``within_s``."""
    deadline = time.monotonic() + within_s
    answer: dict[str, Any] = {}
    while time.monotonic() < deadline:
        answer = await asyncio.to_thread(ask_health, host, port)
        if answer.get("status") == "ok":
            return
        await asyncio.sleep(_ASK_EVERY_S)
    components = answer.get("components", {"web": {"status": "down"}})
    bad = ", ".join(name for name, one in components.items() if one.get("status") != "ok")
    raise Problem(
        zh=f"{within_s:.0f} 秒后仍未就绪的部分：{bad}。请查看数据目录 logs 中的日志。",
        en=f"not ready after {within_s:.0f} s: {bad}. Look into the logs of the data folder.",
    )


def ask_health(host: str, port: int) -> dict[str, Any]:
    """Return what /api/health of a server says, {} when it does not answer."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    name = f"[{here}]" if ":" in here else here
    try:
        with urllib.request.urlopen(f"http://{name}:{port}/api/health", timeout=5) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
    except (OSError, ValueError):
        return {}
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}
