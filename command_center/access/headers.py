"""What every answer tells the browser: load nothing from elsewhere, guess nothing, no frames."""

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send


def security_policy(script_hashes: Iterable[str]) -> str:
    """The Content-Security-Policy: own scripts and the given hashes, never `unsafe-eval`."""
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",  # plotly and MapLibre set styles from scripts
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def guarded(send: Send, *, policy: str, https: bool) -> Send:
    """A ``send`` that adds the security headers to the answer, unless they are set already."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("content-security-policy", policy)
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("referrer-policy", "same-origin")
            headers.setdefault("x-frame-options", "DENY")
            headers.setdefault("cross-origin-opener-policy", "same-origin")
            headers.setdefault("cross-origin-resource-policy", "same-origin")
            headers.setdefault(
                "permissions-policy", "geolocation=(self), camera=(self), microphone=()"
            )
            headers.setdefault("cache-control", "no-store")
            if https:
                headers.setdefault("strict-transport-security", "max-age=31536000")
            if "server" in headers:
                del headers["server"]
        await send(message)

    return send_with_headers
