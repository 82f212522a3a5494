"""The gate in front of everything: who asks, may they, and is what they send acceptable.

Pure ASGI, so that the actor's ContextVar is seen by routes, layouts, callbacks and sockets.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from command_center.access.body import BodyTooLarge, Meter, read_all, replayed
from command_center.access.context import set_actor, set_language
from command_center.access.dash_guard import BadCall, Callback, check_call
from command_center.access.headers import guarded
from command_center.access.language import COOKIE as LANGUAGE_COOKIE
from command_center.access.language import wanted_language
from command_center.access.limits import Allowance, Buckets
from command_center.access.sessions import Sessions, cookie_name
from command_center.access.table import MEGABYTE, Answers, Rule, find, methods_of
from command_center.problem import Language
from command_center.views.problem import MEDIA_TYPE, problem_body
from command_center.wording import words
from events.model.access import Actor, allowed

ALLOWANCES = {
    "login": Allowance(burst=10, per_minute=20),
    "report": Allowance(burst=60, per_minute=120),
}

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An answer that the gate gives instead of the route."""

    status: int
    kind: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSettings:
    """What the gate needs to know of the application behind it.

    ``callbacks`` maps a callback endpoint's path to that page's declared callbacks;
    ``refusal_page`` makes the page that tells a person why (status, title, detail, language).
    """

    rules: Sequence[Rule]
    callbacks: Mapping[str, Mapping[str, Callback]]
    policy: str
    default_language: Language
    refusal_page: Callable[[int, str, str, Language], str]
    allowances: Mapping[str, Allowance]


class Gate:
    """The outermost ASGI application."""

    def __init__(self, app: ASGIApp, *, settings: GateSettings, sessions: Sessions) -> None:
        """Guard ``app``."""
        self._app = app
        self._settings = settings
        self._sessions = sessions
        self._buckets = Buckets(dict(settings.allowances))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to the application, or answer it."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        https = scope.get("scheme") == "https"
        send = guarded(send, policy=self._settings.policy, https=https)
        headers = Headers(scope=scope)
        language = await self._enter(scope, headers)
        actor: Actor | None = scope["state"]["actor"]
        # no file and no row has a NUL in its name, and much of what is behind us trips over one
        path = scope["path"]
        rule = None if "\0" in path else find(self._settings.rules, scope["method"], path)
        refusal = (
            self._refuse_unknown(scope, language)
            if rule is None
            else self._refuse_caller(rule, actor, headers, scope, language)
        )
        if refusal is None and rule is not None and scope["method"] in _UNSAFE:
            refusal = self._refuse_body(rule, headers, language)
        if refusal is not None or rule is None:
            await self._tell(rule, refusal, scope, receive, send, language)
            return
        await self._pass(rule, actor, scope, receive, send, language)

    async def _pass(
        self,
        rule: Rule,
        actor: Actor | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        language: Language,
    ) -> None:
        meter = Meter(receive, rule.max_body)
        receive = meter
        started = False

        async def send_unless_exceeded(message: Message) -> None:
            nonlocal started
            if meter.exceeded and not started:
                return
            started = True
            await send(message)

        # the body was too large: told below, if nothing else was told before
        with suppress(BodyTooLarge):
            if rule.callback:
                body = await read_all(meter)
                refusal = self._refuse_callback(scope["path"], body, actor, language)
                if refusal is not None:
                    await self._tell(rule, refusal, scope, receive, send, language)
                    return
                receive = replayed(body, meter)
            await self._app(scope, receive, send_unless_exceeded)
        if meter.exceeded and not started:
            refusal = _too_large(rule.max_body, language)
            await self._tell(rule, refusal, scope, receive, send, language)

    async def _enter(self, scope: Scope, headers: Headers) -> Language:
        """Find out who asks and in which language; both are kept for the whole request."""
        cookies = _cookies(headers.get("cookie", ""))
        language = wanted_language(
            cookie=cookies.get(LANGUAGE_COOKIE),
            accept_language=headers.get("accept-language"),
            default=self._settings.default_language,
        )
        https = scope.get("scheme") in ("https", "wss")
        token = cookies.get(cookie_name(https=https))
        actor = await self._sessions.actor(token) if token and len(token) <= 128 else None
        set_language(language)
        set_actor(actor)
        state = scope.setdefault("state", {})
        state["actor"], state["language"], state["token"] = actor, language, token
        return language

    def _refuse_unknown(self, scope: Scope, language: Language) -> Refusal:
        methods = methods_of(self._settings.rules, scope["path"])
        if methods and methods != ["WEBSOCKET"]:
            names = ", ".join(one for one in methods if one != "WEBSOCKET")
            return Refusal(
                status=405,
                kind="method",
                detail=words("errors.method", language, methods=names),
                headers=(("allow", names),),
            )
        path = scope["path"][:200]
        return Refusal(
            status=404, kind="not_found", detail=words("errors.not_found", language, path=path)
        )

    def _refuse_caller(
        self,
        rule: Rule,
        actor: Actor | None,
        headers: Headers,
        scope: Scope,
        language: Language,
    ) -> Refusal | None:
        if scope["method"] in _UNSAFE and not same_site(headers):
            return _refusal(403, "foreign_site", language)
        if rule.permission is not None:
            if actor is None:
                return _refusal(401, "login_needed", language)
            if not allowed(actor, rule.permission):
                return _refusal(403, "not_allowed", language)
        if rule.allowance is not None:
            address = (scope.get("client") or ("unknown", 0))[0]
            wait_s = self._buckets.take(rule.allowance, address, time.monotonic())
            if wait_s:
                seconds = max(1, round(wait_s + 0.5))
                return Refusal(
                    status=429,
                    kind="too_often",
                    detail=words("errors.too_often", language, seconds=seconds),
                    headers=(("retry-after", str(seconds)),),
                )
        return None

    def _refuse_body(self, rule: Rule, headers: Headers, language: Language) -> Refusal | None:
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in rule.bodies:
            return Refusal(
                status=415,
                kind="media_type",
                detail=words("errors.media_type", language, bodies=", ".join(rule.bodies)),
            )
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > rule.max_body:
            return _too_large(rule.max_body, language)
        return None

    def _refuse_callback(
        self, path: str, body: bytes, actor: Actor | None, language: Language
    ) -> Refusal | None:
        found = check_call(body, self._settings.callbacks.get(path, {}))
        if isinstance(found, Callback):
            if actor is not None and allowed(actor, found.permission):
                return None
            return _refusal(403, "not_allowed", language)
        return Refusal(
            status=404 if found is BadCall.UNKNOWN else 400,
            kind=found.value,
            detail=words(f"errors.{found.value}", language),
        )

    async def _tell(
        self,
        rule: Rule | None,
        refusal: Refusal | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        language: Language,
    ) -> None:
        refusal = refusal or self._refuse_unknown(scope, language)
        title = words(f"errors.{_title(refusal.kind)}_title", language)
        person = rule.answers is Answers.PERSON if rule else _wants_page(scope)
        response: Response
        if person and refusal.status == 401 and scope["method"] in ("GET", "HEAD"):
            query = scope.get("query_string", b"").decode("latin-1")
            wanted = scope["path"] + (f"?{query}" if query else "")
            response = RedirectResponse(f"/login?next={quote(wanted, safe='/')}", status_code=303)
        elif person:
            page = self._settings.refusal_page(refusal.status, title, refusal.detail, language)
            response = Response(page, status_code=refusal.status, media_type="text/html")
        else:
            response = Response(
                problem_body(
                    status=refusal.status, kind=refusal.kind, title=title, detail=refusal.detail
                ),
                status_code=refusal.status,
                media_type=MEDIA_TYPE,
            )
        for name, value in refusal.headers:
            response.headers[name] = value
        response.headers["content-language"] = language
        await response(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        await self._enter(scope, headers)
        actor: Actor | None = scope["state"]["actor"]
        rule = find(self._settings.rules, "WEBSOCKET", scope["path"])
        welcome = (
            rule is not None
            and same_site(headers)
            and (rule.permission is None or (actor is not None and allowed(actor, rule.permission)))
        )
        if welcome:
            await self._app(scope, receive, send)
            return
        await receive()  # websocket.connect; closing before accepting answers 403
        await send({"type": "websocket.close", "code": 4401, "reason": ""})


def same_site(headers: Headers) -> bool:
    """Whether a request comes from our own pages, or from a program that is no browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == headers.get("host", "")


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header[:8_000]).items()}
    except CookieError:
        return {}


def _wants_page(scope: Scope) -> bool:
    accept = Headers(scope=scope).get("accept", "")
    return "text/html" in accept and scope["method"] in ("GET", "HEAD")


def _refusal(status: int, kind: str, language: Language) -> Refusal:
    return Refusal(status=status, kind=kind, detail=words(f"errors.{kind}", language))


def _too_large(limit: int, language: Language) -> Refusal:
    megabytes = round(limit / MEGABYTE, 3 if limit < MEGABYTE else None)
    return Refusal(
        status=413,
        kind="too_large",
        detail=words("errors.too_large", language, megabytes=megabytes),
    )


def _title(kind: str) -> str:
    # the three ways a body cannot be read share one title
    return "not_json" if kind in BadCall._value2member_map_ else kind
