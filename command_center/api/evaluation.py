"""The evaluation for programs: figures, the tickets behind each, and the report as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from command_center.access.context import current_language, logged_in
from command_center.errors import Invalid, Missing
from command_center.evaluation.book import file_name, read_book
from command_center.evaluation.files import write_book
from command_center.evaluation.gather import (
    Asked,
    Evaluation,
    gather,
    read_behind,
    today_of,
)
from command_center.services import Services
from events.model.access import scope
from events.model.figure import Formula, Part, Value
from events.model.period import Period, spans
from events.store.figures import Behind, By
from grid.store.postgis import reading

# A file that a browser waits for lists so many facts; the command lists all.
_MOST_LISTED = 20_000
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_CODE = Field(default=None, max_length=64)


class Span(BaseModel):
    """Of which tickets: days of the city, codes of area, department and category."""

    first: date | None = None
    last: date | None = None
    area: str | None = _CODE
    department: str | None = _CODE
    category: str | None = _CODE


class Told(Span):
    """And by what the numbers are told apart."""

    by: By = "department"


class BehindOne(Told):
    """And of which number; ``key`` absent: of the total."""

    figure: str = Field(max_length=64)
    part: Part = Part.COUNTED
    key: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=1_000)
    skip: int = Field(default=0, ge=0, le=10_000_000)


def router(services: Services) -> APIRouter:
    """The routes below /api/v1/evaluation, and /evaluation/report.{kind}."""
    routes = APIRouter(tags=["evaluation"])

    @routes.get("/api/v1/evaluation", summary="The figures of a span, fact and after appeals")
    def get_evaluation(told: Annotated[Told, Query()]) -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = _read(conn, services, told)
        return evaluation_json(found)

    @routes.get("/api/v1/evaluation/tickets", summary="The tickets behind a figure")
    def get_behind(one: Annotated[BehindOne, Query()]) -> dict[str, Any]:
        with reading(services.engine) as conn:
            found = _read(conn, services, one)
            formula = found.formula(one.figure)
            if formula is None:
                raise Invalid(("figure", "errors.unknown_figure"))
            rows = read_behind(
                conn, found, formula, one.part, one.key, limit=one.limit, skip=one.skip
            )
        return {
            "figure": formula_json(formula),
            "part": one.part.value,
            "tickets": [_behind_json(row) for row in rows],
        }

    @routes.get("/evaluation/report.{kind}", include_in_schema=False)
    def get_report(kind: Literal["xlsx", "pdf"], span: Annotated[Span, Query()]) -> Response:
        most = _MOST_LISTED if kind == "xlsx" else 0
        with reading(services.engine) as conn:
            asked = _asked(conn, services, span)
            book = read_book(conn, asked, scope(logged_in()), now=services.now(), most=most)
        if book is None:
            raise Missing
        content = write_book(book, kind, current_language())
        headers = {"content-disposition": f'attachment; filename="{file_name(book.whole, kind)}"'}
        return Response(content, media_type=_TYPES[kind], headers=headers)

    return routes


def _read(conn: Connection, services: Services, told: Told) -> Evaluation:
    asked = replace(_asked(conn, services, told), by=told.by)
    found = gather(conn, asked, scope(logged_in()), now=services.now())
    if found is None:
        raise Missing
    return found


def _asked(conn: Connection, services: Services, span: Span) -> Asked:
    usual = spans(today_of(conn, services.now()))["days_30"]
    try:
        period = Period(first=span.first or usual.first, last=span.last or usual.last)
    except ValueError:
        raise Invalid(("last", "errors.span_empty")) from None
    return Asked(period=period, area=span.area, department=span.department, category=span.category)


def evaluation_json(found: Evaluation) -> dict[str, Any]:
    """The whole evaluation as JSON values."""
    return {
        "first": found.asked.period.first.isoformat(),
        "last": found.asked.period.last.isoformat(),
        "before": {"first": found.asked.period.before.first.isoformat(),
                   "last": found.asked.period.before.last.isoformat()},
        "area": found.place.code,
        "by": found.question.by,
        "waits": found.waits,
        "figures": [formula_json(one) for one in found.formulas],
        "total": _values_json(found.total),
        "total_before": _values_json(found.before),
        "lines": [
            {"key": one.key, "code": one.code,
             "name": None if one.name is None else one.name.as_dict(),
             "values": _values_json(one.values)}
            for one in found.lines
        ],
    }  # fmt: skip


def formula_json(one: Formula) -> dict[str, Any]:
    """A formula as JSON values."""
    return {
        "code": one.code,
        "version": one.version,
        "effective_from": one.effective_from.isoformat(),
        "name": one.name.as_dict(),
        "numerator": {"zh": one.numerator_zh, "en": one.numerator_en},
        "denominator": {"zh": one.denominator_zh, "en": one.denominator_en},
        "unit": one.unit.value,
        "ground": one.ground.value,
        "better": one.better.value,
        "source": one.source,
    }


def _values_json(values: Mapping[str, Value]) -> dict[str, Any]:
    return {
        code: {"fact": one.fact, "appealed": one.appealed, "good": one.good,
               "counted": one.counted, "excused": one.excused, "left_out": dict(one.left_out),
               "small": one.is_small}
        for code, one in values.items()
    }  # fmt: skip


def _behind_json(one: Behind) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at.isoformat(),
        "outcome": one.outcome,
        "marks": one.marks,
        "seconds": one.seconds,
        "person": one.person,
        "title": {"zh": one.title_zh, "en": one.title_en},
        "cell": one.cell_code,
        "appeal": None if one.asked_by is None else {
            "asked_by": one.asked_by, "why": one.reason, "approvals": list(one.approvals)
        },
    }  # fmt: skip
