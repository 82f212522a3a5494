"""The one table from an error's class to an HTTP status and a sentence."""

import logging
from dataclasses import dataclass, field

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import DataError as UnusableValue
from psycopg import OperationalError as DriverError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from command_center.problem import Language, Problem
from command_center.views.problem import MEDIA_TYPE, FieldError, problem_body
from command_center.wording import words
from events.model import problems
from events.model.projects import problems as project_problems
from events.model.projects.project import Project
from events.model.ticket import Ticket

_LOG = logging.getLogger(__name__)


class Invalid(Exception):
    """A request whose fields are refused: (field, key of the sentence in the wording, values)."""

    def __init__(self, *fields: tuple[str, str], status: int = 422, **values: object) -> None:
        super().__init__(", ".join(name for name, _ in fields))
        self.fields = fields
        self.status = status
        self.values = values


class Missing(Exception):
    """Nothing of this name, or nothing that the caller may see."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How one class of errors is told: status, the problem's kind; its title is in the wording."""

    status: int
    kind: str
    headers: dict[str, str] = field(default_factory=dict)


# The first class that fits counts, so the special ones stand before the general ones.
ANSWERS: tuple[tuple[type[Exception], Answer], ...] = (
    (problems.StaleTicket, Answer(status=409, kind="stale_ticket")),
    (problems.WrongState, Answer(status=409, kind="wrong_state")),
    (project_problems.StaleProject, Answer(status=409, kind="stale_project")),
    (project_problems.WrongStage, Answer(status=409, kind="wrong_stage")),
    (problems.KeyConflict, Answer(status=409, kind="key_conflict")),
    (problems.NotAllowed, Answer(status=403, kind="not_allowed")),
    (problems.SignInRefused, Answer(status=403, kind="sign_in")),
    (problems.NotFound, Answer(status=404, kind="missing")),
    (problems.OutsideCity, Answer(status=422, kind="fields")),
    (problems.Incomplete, Answer(status=422, kind="fields")),
    (problems.Refused, Answer(status=409, kind="refused")),
)
_DATABASE_DOWN = Answer(status=503, kind="database_down", headers={"retry-after": "2"})


def add_handlers(app: FastAPI) -> None:
    """Let ``app`` answer every error as this module says."""
    app.add_exception_handler(problems.Refused, _refused)
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(Missing, _missing)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    for away in (DBAPIError, PoolTimeoutError, DriverError):
        app.add_exception_handler(away, _database)
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(Exception, _trouble)


def language_of(request: Request) -> Language:
    """The language of a request, in handlers too, where the ContextVar may be another task's."""
    language: Language = getattr(request.state, "language", "zh")
    return language


def problem(
    request: Request,
    answer: Answer,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    more: dict[str, object] | None = None,
) -> Response:
    """One problem in the caller's language."""
    language = language_of(request)
    return Response(
        problem_body(
            status=answer.status,
            kind=answer.kind,
            title=words(f"errors.{answer.kind}_title", language),
            detail=detail,
            errors=errors,
            more=more,
        ),
        status_code=answer.status,
        media_type=MEDIA_TYPE,
        headers={"content-language": language, **answer.headers},
    )


def _refused(request: Request, error: Exception) -> Response:
    answer = next(answer for kind, answer in ANSWERS if isinstance(error, kind))
    if not isinstance(error, problems.Refused):
        raise TypeError("registered for another class")
    language = language_of(request)
    detail = error.told(language)
    errors: tuple[FieldError, ...] = ()
    if error.refusal.field is not None:
        errors = (FieldError(field=error.refusal.field, reason=detail),)
    if isinstance(error, problems.Unproven):
        errors = tuple(
            FieldError(field=one.field or "proof", reason=one.told(language))
            for one in error.refusals
        )
    more: dict[str, object] | None = None
    if isinstance(error, problems.Conflict):
        more = {"current": _current(error.current)}
    elif isinstance(error, project_problems.ProjectConflict):
        more = {"current": _current_project(error.current)}
    return problem(request, answer, detail, errors=errors, more=more)


def _current(ticket: Ticket) -> dict[str, object]:
    return {
        "number": ticket.number,
        "state": ticket.state.value,
        "version": ticket.version,
        "updated_at": ticket.updated_at.isoformat(),
    }


def _current_project(project: Project) -> dict[str, object]:
    return {
        "number": project.number,
        "stage": project.stage.value,
        "version": project.version,
        "updated_at": project.updated_at.isoformat(),
    }


def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, Invalid):
        raise TypeError("registered for another class")
    language = language_of(request)
    errors = tuple(
        FieldError(field=name, reason=words(key, language, **error.values))
        for name, key in error.fields
    )
    return problem(
        request,
        Answer(status=error.status, kind="too_large" if error.status == 413 else "fields"),
        errors[0].reason if len(errors) == 1 else words("errors.fields", language),
        errors=errors,
    )


def _missing(request: Request, _error: Exception) -> Response:
    path = request.url.path[:200]
    detail = words("errors.not_found", language_of(request), path=path)
    return problem(request, Answer(status=404, kind="not_found"), detail)


def _validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise TypeError("registered for another class")
    language = language_of(request)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(
            request, Answer(status=400, kind="not_json"), words("errors.not_json", language)
        )
    errors = tuple(
        FieldError(field=_field(one["loc"]), reason=_reason(one, language)) for one in found
    )
    detail = words("errors.fields", language)
    return problem(request, Answer(status=422, kind="fields"), detail, errors=errors)


def _field(location: tuple[str | int, ...]) -> str:
    return ".".join(str(one) for one in location[1:]) or str(location[0])


def _reason(found: dict[str, object], language: Language) -> str:
    known = {
        "missing": "errors.field_missing",
        "finite_number": "errors.field_number",
        "float_parsing": "errors.field_number",
        "float_type": "errors.field_number",
        "int_parsing": "errors.field_number",
        "string_too_long": "errors.field_too_long",
    }
    key = known.get(str(found["type"]))
    if key is not None:
        return words(key, language)
    told = str(found["msg"])
    return words("errors.field_other", language, told=told)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError("registered for another class")
    if error.status_code == 400:
        # Starlette's word for a multipart body that cannot be parsed
        detail = words("errors.not_form", language_of(request))
        return problem(request, Answer(status=400, kind="not_json"), detail)
    return _missing(request, error)


def _database(request: Request, error: Exception) -> Response:
    if isinstance(error, DBAPIError) and isinstance(error.orig, UnusableValue):
        # e.g. a NUL character, which no text in the database can hold
        _LOG.warning("%s %s: %s", request.method, request.url.path, error.orig)
        detail = words("errors.unusable", language_of(request))
        return problem(request, Answer(status=422, kind="fields"), detail)
    if isinstance(error, DBAPIError) and not _is_away(error):
        return _trouble(request, error)
    return problem(request, _DATABASE_DOWN, words("errors.database_down", language_of(request)))


def _is_away(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error.orig, DriverError)


def _told(request: Request, error: Exception) -> Response:
    """What whoever runs the machine can put right, e.g. a font that is not installed."""
    if not isinstance(error, Problem):
        raise TypeError("registered for another class")
    _LOG.error("%s %s: %s", request.method, request.url.path, error)
    detail = error.told(language_of(request))
    return problem(request, Answer(status=503, kind="trouble"), detail)


def _trouble(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
    detail = words("errors.trouble", language_of(request))
    return problem(request, Answer(status=500, kind="trouble"), detail)
