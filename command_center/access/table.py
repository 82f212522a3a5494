"""The one table of who may call what. A route that is not in it is refused (404), and a test
walks every live route and every Dash callback.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from re import Pattern

from starlette.routing import compile_path

from events.model.access import Permission

MEGABYTE = 1_000_000
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
XML = "application/xml"


class Answers(StrEnum):
    """How a refusal is told on a route."""

    PROGRAM = "program"  # problem+json
    PERSON = "person"  # a page, or a way to the login
    SOCKET = "socket"  # the handshake is refused


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One route: its methods and path, who may call it, and what it may be sent.

    ``permission`` None means anyone, logged in or not. ``allowance`` names a token bucket of
    `command_center.access.limits`. ``callback`` marks a Dash callback endpoint, whose body is
    checked against that page's declared callbacks.
    """

    methods: frozenset[str]
    path: str
    permission: Permission | None
    answers: Answers = Answers.PROGRAM
    bodies: tuple[str, ...] = ()
    max_body: int = 0
    allowance: str | None = None
    callback: bool = False
    pattern: Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the path once."""
        object.__setattr__(self, "pattern", compile_path(self.path)[0])

    def matches(self, method: str, path: str) -> bool:
        """Whether this rule is about ``method`` ``path``."""
        return method in self.methods and self.pattern.match(path) is not None


def _get(path: str, permission: Permission | None, answers: Answers = Answers.PROGRAM) -> Rule:
    return Rule(
        methods=frozenset({"GET", "HEAD"}), path=path, permission=permission, answers=answers
    )


def _post(
    path: str,
    permission: Permission | None,
    *,
    bodies: tuple[str, ...] = (JSON,),
    max_body: int = MEGABYTE,
    allowance: str | None = None,
    answers: Answers = Answers.PROGRAM,
    callback: bool = False,
) -> Rule:
    return Rule(
        methods=frozenset({"POST"}),
        path=path,
        permission=permission,
        answers=answers,
        bodies=bodies,
        max_body=max_body,
        allowance=allowance,
        callback=callback,
    )


# A report carries at most three photos of 15 MB; the cap on one photo is told per photo.
REPORT_BODY = 48 * MEGABYTE
ACTION_BODY = 48 * MEGABYTE
# A file of some 100,000 devices.
DEVICES_BODY = 32 * MEGABYTE

RULES: tuple[Rule, ...] = (
    # anyone
    _get("/login", None, Answers.PERSON),
    _post(
        "/login", None, bodies=(FORM,), max_body=4_000, allowance="login", answers=Answers.PERSON
    ),
    _post("/logout", None, bodies=(FORM,), max_body=1_000, answers=Answers.PERSON),
    _post("/language", None, bodies=(FORM,), max_body=1_000, answers=Answers.PERSON),
    _get("/report", None, Answers.PERSON),
    _get("/report/{token}", None, Answers.PERSON),
    _get("/city", None, Answers.PERSON),
    _get("/assets/{path:path}", None),
    _get("/favicon.ico", None),
    _get("/report.webmanifest", None),
    _get("/field.webmanifest", None),
    _get("/report-worker.js", None),
    _get("/field-worker.js", None),
    _get("/api/health", None),
    _get("/metrics", None),  # loopback or token, checked by the route itself
    _get("/api/v1/city", None),
    _get("/api/v1/places", None),
    _post(
        "/api/v1/reports",
        None,
        bodies=(JSON, MULTIPART),
        max_body=REPORT_BODY,
        allowance="report",
    ),
    _get("/api/v1/reports/{token}", None),
    _post("/api/v1/reports/{token}/messages", None, max_body=10_000, allowance="report"),
    _post("/api/v1/reports/{token}/rating", None, max_body=10_000, allowance="report"),
    _get("/api/v1/openapi.json", None),
    _get("/api/v1/docs", None, Answers.PERSON),
    # staff
    _get("/field", Permission.VIEW_FIELD, Answers.PERSON),
    _get("/api/v1/field", Permission.VIEW_FIELD),
    _post("/api/v1/notices/read", Permission.VIEW_FIELD),
    _get("/api/v1/tickets", Permission.READ_TICKETS),
    _get("/api/v1/tickets/clusters", Permission.VIEW_WALL),
    _get("/api/v1/tickets/{number}", Permission.READ_TICKETS),
    _get("/api/v1/tickets/{number}/forecast", Permission.READ_TICKETS),
    _get("/api/v1/search", Permission.READ_TICKETS),
    _get("/api/v1/areas", Permission.READ_CONFIGURATION),
    _get("/api/v1/cells/figures", Permission.VIEW_WALL),
    _get("/api/v1/figures/trend", Permission.VIEW_WALL),
    _get("/api/v1/screen", Permission.VIEW_WALL),
    _post("/api/v1/screen", Permission.VIEW_WALL, max_body=60_000),
    _post(
        "/api/v1/tickets/{number}/actions",
        Permission.ACT_ON_TICKETS,  # which verb on which ticket: events.model.access.may
        bodies=(JSON, MULTIPART),
        max_body=ACTION_BODY,
    ),
    _get("/api/v1/evaluation", Permission.VIEW_EVALUATION),
    _get("/api/v1/evaluation/tickets", Permission.VIEW_EVALUATION),
    _get("/evaluation/report.{kind}", Permission.VIEW_EVALUATION, Answers.PERSON),
    _get("/api/v1/projects", Permission.READ_PROJECTS),
    _get("/api/v1/projects/{number}", Permission.READ_PROJECTS),
    _post("/api/v1/projects", Permission.ACT_ON_PROJECTS, max_body=20_000),
    _post(
        "/api/v1/projects/{number}/actions",
        # which verb on which project: events.model.projects.access.may
        Permission.ACT_ON_PROJECTS,
        bodies=(JSON, MULTIPART),
        max_body=ACTION_BODY,
    ),
    _get("/record/{number}", Permission.EXPORT_RECORDS, Answers.PERSON),
    _get("/attachments/{attachment_id}", Permission.READ_TICKETS),
    _get("/api/v1/readings", Permission.READ_READINGS),
    _get("/api/v1/past", Permission.VIEW_WALL),
    _get("/api/v1/past/marks", Permission.VIEW_WALL),
    _get("/api/v1/metrics", Permission.READ_CONFIGURATION),
    _get("/api/v1/layers", Permission.READ_CONFIGURATION),
    _get("/api/v1/categories", Permission.READ_CONFIGURATION),
    _get("/api/v1/departments", Permission.READ_CONFIGURATION),
    _post("/api/v1/devices", Permission.MANAGE_DEVICES, max_body=100_000),
    _post("/api/v1/devices/{device_id}", Permission.MANAGE_DEVICES, max_body=100_000),
    _post("/api/v1/devices/{device_id}/secret", Permission.MANAGE_DEVICES, max_body=1_000),
    _post("/api/v1/devices/{device_id}/disable", Permission.MANAGE_DEVICES, max_body=1_000),
    _post("/api/v1/devices/{device_id}/enable", Permission.MANAGE_DEVICES, max_body=1_000),
    _post("/api/v1/devices/{device_id}/let-in", Permission.MANAGE_DEVICES, max_body=1_000),
    _post(
        "/api/v1/device-imports",
        Permission.MANAGE_DEVICES,
        bodies=(MULTIPART,),
        max_body=DEVICES_BODY,
    ),
    _post("/api/v1/quarantine/replays", Permission.MANAGE_QUARANTINE, max_body=10_000),
    _post("/api/v1/quarantine/seen", Permission.MANAGE_QUARANTINE, max_body=10_000),
    _get("/api/v1/warnings", Permission.READ_TICKETS),
    _post(
        "/api/v1/warnings",
        Permission.TAKE_WARNINGS,
        bodies=(XML, "text/xml", "application/cap+xml"),
        max_body=2 * MEGABYTE,
    ),
    _get("/tiles/{layer}/{z}/{x}/{y}.mvt", Permission.READ_TICKETS),
    Rule(
        methods=frozenset({"WEBSOCKET"}),
        path="/live/wall",
        permission=Permission.VIEW_WALL,
        answers=Answers.SOCKET,
    ),
)


def page_rules(prefix: str, permission: Permission) -> tuple[Rule, ...]:
    """The routes that Dash makes for one page; ``prefix`` ends in ``/``."""
    own = [_get(prefix, permission, Answers.PERSON)]
    if prefix != "/":
        own.append(_get(prefix.rstrip("/"), permission, Answers.PERSON))
    return (
        *own,
        _get(f"{prefix}_dash-layout", permission),
        _get(f"{prefix}_dash-dependencies", permission),
        _get(f"{prefix}_reload-hash", permission),
        _get(f"{prefix}_favicon.ico", permission),
        _get(
            f"{prefix}_dash-component-suites/{{package_name}}/{{fingerprinted_path:path}}",
            permission,
        ),
        _post(f"{prefix}_dash-update-component", permission, callback=True),
    )


def find(rules: Sequence[Rule], method: str, path: str) -> Rule | None:
    """The rule about ``method`` ``path``, or None: then nobody may call it."""
    for rule in rules:
        if rule.matches(method, path):
            return rule
    return None


def methods_of(rules: Sequence[Rule], path: str) -> list[str]:
    """The methods that are declared for ``path``, sorted: empty when the path is unknown."""
    return sorted({one for rule in rules if rule.pattern.match(path) for one in rule.methods})
