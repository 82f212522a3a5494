"""The one figure that the wall shows: the same number as the evaluation's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from command_center.evaluation.gather import today_of
from events.model.figure import Unit, in_force, value_of
from events.model.period import spans
from events.store import figures, formulas
from events.store.figures import Place, Question

_FIGURE = "timely_disposal"


def on_time(conn: Connection, place: Place, *, now: datetime) -> float | None:
    """Of what was due for disposal in the last 30 days, the share that was disposed of in time.

    The city's figure as the clock says it (before appeals). None where nothing was due, or the
    city has no such share.
    """
    today = today_of(conn, now)
    period = spans(today)["days_30"]
    known = in_force(formulas.all(conn), period.first)
    formula = next((one for one in known if one.code == _FIGURE), None)
    if formula is None or formula.unit is not Unit.SHARE:
        return None
    question = Question(first=period.first, last=period.last, place=place)
    found = figures.tallies(conn, question, today=today, now=now, grounds=(formula.ground,))
    return value_of(formula, found.get("", ())).fact
