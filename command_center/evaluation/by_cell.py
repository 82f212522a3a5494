"""A figure of the evaluation for every cell at once: what the wall colours its cells by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from command_center.evaluation.gather import today_of
from events.model.figure import Value, in_force, value_of
from events.model.period import spans
from events.store import figures, formulas
from events.store.figures import Place, Question


def by_cell(
    conn: Connection, place: Place, code: str, span: str, *, now: datetime
) -> dict[int, Value]:
    """The figure ``code`` of a span ("days_30") in every cell of ``place`` where anything counted.

    Empty where the city has no such figure.
    """
    today = today_of(conn, now)
    period = spans(today)[span]
    known = in_force(formulas.all(conn), period.first)
    formula = next((one for one in known if one.code == code), None)
    if formula is None:
        return {}
    question = Question(first=period.first, last=period.last, place=place, by="cell")
    found = figures.tallies(conn, question, today=today, now=now, grounds=(formula.ground,))
    values = {int(key): value_of(formula, tallies) for key, tallies in found.items() if key}
    return {cell_id: value for cell_id, value in values.items() if value.counted}
