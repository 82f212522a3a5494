"""Logging in and out, and choosing a language: plain forms, no script needed."""

import ipaddress
import json
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from command_center.access.context import current_actor, current_language
from command_center.access.language import COOKIE as LANGUAGE_COOKIE
from command_center.access.sessions import Sessions, cookie_name
from command_center.pages.html import page
from command_center.services import Services
from command_center.wording import LANGUAGES
from events.model.access import Actor, Permission, allowed
from events.model.problems import SignInRefused

_A_YEAR_S = 365 * 24 * 3600
# The session itself ends on the server; the cookie only must not outlive it by long.
_SESSION_S = 12 * 3600


def router(services: Services, sessions: Sessions) -> APIRouter:
    """The routes /login, /logout and /language."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    def show(request: Request, next: str = "") -> Response:  # noqa: A002 - the address says so
        return _login_page(request, services, wanted=local_path(next))

    @routes.post("/login")
    async def log_in(
        request: Request,
        name: str = Form(max_length=100),
        password: str = Form(max_length=1000),
        next: str = Form(default="", max_length=2000),  # noqa: A002
    ) -> Response:
        wanted = local_path(next)
        address = request.client.host if request.client is not None else ""
        try:
            signed_in = await sessions.log_in(name.strip().lower(), password, address=address)
        except SignInRefused as refused:
            return _login_page(
                request,
                services,
                wanted=wanted,
                name=name,
                refusal=refused.told(current_language()),
                status=403,
            )
        response = RedirectResponse(wanted or home(signed_in.actor), status_code=303)
        https = request.url.scheme == "https"
        response.set_cookie(
            cookie_name(https=https),
            signed_in.token,
            max_age=_SESSION_S,
            path="/",
            secure=https,
            httponly=True,
            samesite="lax",
        )
        return response

    @routes.post("/logout")
    async def log_out(request: Request) -> Response:
        token, actor = request.state.token, current_actor()
        if token and actor is not None:
            await sessions.log_out(token, actor)
        response = RedirectResponse("/login", status_code=303)
        https = request.url.scheme == "https"
        response.delete_cookie(cookie_name(https=https), path="/", secure=https, httponly=True)
        return response

    @routes.post("/language")
    def choose_language(
        request: Request,
        language: str = Form(max_length=10),
        next: str = Form(default="", max_length=2000),  # noqa: A002
    ) -> Response:
        response = RedirectResponse(local_path(next) or "/", status_code=303)
        if language in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE,
                language,
                max_age=_A_YEAR_S,
                path="/",
                secure=request.url.scheme == "https",
                samesite="lax",
            )
        return response

    return routes


def local_path(text: str) -> str:
    """``text`` when it is a path of this very site, else nothing: no redirects elsewhere."""
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith(("//", "/\\"))
    if not plain or parts.netloc or any(ord(one) < 32 or one == "\\" for one in text):
        return ""
    return text


def home(actor: Actor) -> str:
    """Where somebody goes after logging in."""
    return "/" if allowed(actor, Permission.VIEW_WALL) else "/field"


def _login_page(
    request: Request,
    services: Services,
    *,
    wanted: str,
    name: str = "",
    refusal: str = "",
    status: int = 200,
) -> Response:
    return page(
        "login.html",
        status=status,
        wanted=wanted,
        name=name,
        refusal=refusal,
        here=f"/login?next={wanted}" if wanted else "/login",
        demo=_demo_accounts(request, services),
    )


def _demo_accounts(request: Request, services: Services) -> dict[str, str]:
    """Name and one-time password of the demo accounts, on this very machine only."""
    if not services.settings.demo_login:
        return {}
    ends = [request.scope.get("client"), request.scope.get("server")]
    if not all(end and _is_loopback(end[0]) for end in ends):
        return {}
    file = services.settings.data / "secrets" / "demo-accounts.json"
    try:
        accounts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError):
        return {}
    return accounts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
