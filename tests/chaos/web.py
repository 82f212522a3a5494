"""The web process, and what a person at the wall sees of it."""

from __future__ import annotations

import asyncio
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from command_center.machine.health import ask_health
from events.actions import accounts
from events.model.actor import Role, system
from grid.store.postgis import transaction
from tests.chaos.scene import Scene, environment
from tests.support.browser import chromium
from tests.support.ports import free_port

_LOOK_EVERY_S = 0.1
_OPEN_WITHIN_S = 90.0


@dataclass(slots=True)
class Wall:
    """An open wall: its banner at each change, with the time it was seen ("": no banner)."""

    address: str
    password: str
    seen: list[tuple[float, str]] = field(default_factory=list)

    async def look(self) -> None:
        """Log in as the operator, open the wall, and keep an eye on the banner."""
        async with chromium() as browser:
            # (small: this machine has other things to do than to paint a map)
            page = await browser.new_page(
                viewport={"width": 800, "height": 600}, reduced_motion="reduce"
            )
            await page.goto(f"{self.address}/login")
            await page.fill("[name=name]", "operator")
            await page.fill("[name=password]", self.password)
            await page.press("[name=password]", "Enter")
            await page.wait_for_selector(
                ".cc-banner", state="attached", timeout=_OPEN_WITHIN_S * 1e3
            )
            while True:
                banner = page.locator(".cc-banner")
                text = (await banner.text_content() or "").strip()
                if not self.seen or self.seen[-1][1] != text:
                    self.seen.append((time.time(), text))
                await asyncio.sleep(_LOOK_EVERY_S)

    def said(
        self, words: re.Pattern[str], *, after: float, not_any_more: bool = False
    ) -> tuple[float, str] | None:
        """The first banner after a moment that says this (or no more); None: there was none."""
        for at, text in list(self.seen):
            if at >= after and bool(words.search(text)) != not_any_more:
                return at, text
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Web:
    """A running web process."""

    port: int
    wall: Wall


@contextmanager
def web(scene: Scene) -> Iterator[Web]:
    """`command-center serve` on the scene's database, with one account."""
    by = system("chaos")
    with transaction(scene.database.engine("cc_admin"), by.key) as conn:
        password = accounts.add(
            conn, name="operator", role=Role.OPERATOR, area_code="3502", by=by,
            now=datetime.now(UTC), name_zh="值班员", name_en="Operator",
        )  # fmt: skip
    port = free_port()
    program = str(Path(sys.executable).with_name("command-center"))
    with (scene.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "--", program, "serve", "--port", str(port)],
            env=environment(
                COMMAND_CENTER_DATABASE_URL=scene.database.url("cc_web"),
                COMMAND_CENTER_DATA=str(scene.folder),
                COMMAND_CENTER_SECRET=secrets.token_hex(32),
                COMMAND_CENTER_LANGUAGE="en",
            ),
            stderr=log,
            stdout=log,
        )
    try:
        scene.wait("the web answers", lambda: bool(ask_health("127.0.0.1", port)))
        yield Web(port=port, wall=Wall(f"http://127.0.0.1:{port}", password))
    finally:
        process.terminate()
        process.wait(30)


def status_of(health: dict[str, Any], part: str) -> str | None:
    """What /api/health says of a part; None when it does not answer."""
    found = health.get("components", {}).get(part)
    return None if found is None else str(found["status"])
