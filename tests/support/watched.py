"""What is wrong with an open page: complaints, requests to elsewhere, what keeps somebody out."""

from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page, Request


@dataclass
class Watched:
    """What went wrong in a page: console errors, exceptions, requests to elsewhere."""

    base: str
    troubles: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Note everything that a clean page does not do."""
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._said)
        page.on("request", self._request)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    def _request(self, request: Request) -> None:
        local = (self.base, "blob:", "data:")
        if not request.url.startswith(local):
            self.troubles.append(f"request to {request.url}")


async def serious_faults(page: Page) -> list[str]:
    """What axe finds in the page that keeps somebody from using it."""
    found = await Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
    )
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
