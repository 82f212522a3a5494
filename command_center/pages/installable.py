"""What makes a phone page installable and lets it open without a network."""

import hashlib
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Response

from command_center.access.context import current_language
from command_center.pages.html import ASSETS, LANGUAGE_TAGS, asset
from command_center.wording import words

_ICONS = ("phone/icon-192.png", "phone/icon-512.png")


@dataclass(frozen=True, kw_only=True, slots=True)
class Installable:
    """A phone page: its manifest and its service worker.

    ``modules`` (phone/*.mjs) and ``styles`` are kept on the phone; ``kept`` are addresses whose
    last answer is shown while there is no network.
    """

    name: str
    path: str
    title: str
    short: str
    modules: tuple[str, ...]
    styles: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def worker_address(self) -> str:
        """Where the service worker is; at the root, so that it may serve ``path``."""
        return f"/{self.name}-worker.js"

    def add_routes(self, routes: APIRouter) -> None:
        """Add manifest and service worker."""

        @routes.get(f"/{self.name}.webmanifest")
        def manifest() -> Response:
            return Response(
                self.manifest(),
                media_type="application/manifest+json",
                headers={"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"},
            )

        @routes.get(self.worker_address)
        def worker() -> Response:
            return Response(
                self.worker(),
                media_type="text/javascript",
                headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": self.path},
            )

    def manifest(self) -> bytes:
        """The web app manifest in the caller's language."""
        language = current_language()
        icons = [
            {
                "src": asset(one),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for one, size in zip(_ICONS, (192, 512), strict=True)
        ]
        return orjson.dumps(
            {
                "id": self.path,
                "name": words(self.title, language),
                "short_name": words(self.short, language),
                "lang": LANGUAGE_TAGS[language],
                "start_url": self.path,
                "scope": self.path,
                "display": "standalone",
                "background_color": "#f4f7f9",
                "theme_color": "#0b3d5c",
                "icons": icons,
            }
        )

    def worker(self) -> bytes:
        """The service worker: the common script with what this page needs kept."""
        entry = self.modules[0]
        files = [
            asset(f"phone/{entry}.mjs"),
            *(f"/assets/phone/{one}.mjs" for one in self.modules[1:]),
            *(asset(f"phone/{one}") for one in self.styles),
            asset("icon.svg"),
        ]
        digest = hashlib.sha256()
        for one in self.modules:
            digest.update((ASSETS / "phone" / f"{one}.mjs").read_bytes())
        script = (ASSETS / "phone" / "worker.js").read_bytes()
        digest.update(script + "".join(files).encode())
        told = {
            "name": self.name,
            "version": digest.hexdigest()[:12],
            "page": self.path,
            "files": files,
            "kept": list(self.kept),
        }
        return b"const APP = " + orjson.dumps(told) + b";\n" + script
