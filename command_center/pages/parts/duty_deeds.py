"""What is done with a version of the duties on its page, in the name of who does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import ALL, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError

from command_center.access.context import current_language, logged_in
from command_center.pages.page import PageApp
from command_center.pages.parts import frame
from command_center.problem import Language
from command_center.services import Services
from command_center.wording import words
from events.actions import duties
from events.actions.backtest import backtest, months_before
from events.model.access import Permission
from events.model.problems import Refused
from events.model.verb import Verb
from grid.store.postgis import transaction

_MONTHS = 3
_VERDICTS = {"approve": Verb.APPROVE, "refuse": Verb.REFUSE, "withdraw": Verb.WITHDRAW}
_DEEDS = frozenset({"propose", "discard", "backtest", *_VERDICTS})


class BadTime(ValueError):
    """A time that cannot be read."""


def add_deeds(app: PageApp, services: Services) -> None:
    """The buttons of the panel."""

    @app.callback(
        Output("told", "children"), Output("acted-here", "data"),
        Input({"duty-deed": ALL}, "n_clicks"), State({"duty-field": ALL}, "value"),
        State("which", "value"),
        permission=Permission.DECIDE_DUTIES, prevent_initial_call=True,
    )  # fmt: skip
    def do(clicks: Sequence[int | None], _values: Any, which: Any) -> tuple[str, Any]:
        chosen = ctx.triggered_id
        if not any(clicks) or not isinstance(chosen, Mapping):
            raise PreventUpdate
        deed, language = str(chosen.get("duty-deed")), current_language()
        if deed not in _DEEDS or not isinstance(which, str) or not which.isdecimal():
            raise PreventUpdate
        fields = {
            str(one["id"].get("duty-field")): str(one.get("value") or "")[:2_001]
            for one in ctx.states_list[0]
        }
        return answer(services, deed, int(which[:9]), fields, language)


def answer(
    services: Services, deed: str, number: int, fields: Mapping[str, str], language: Language
) -> tuple[str, Any]:
    """Do it; what is said, and when it was done (nothing is read again where it was refused)."""
    try:
        perform(services, deed, number, fields)
    except Refused as refused:
        return refused.told(language), no_update
    except BadTime:
        return words("duties.bad_time", language), no_update
    except DBAPIError:
        return words("duties.away", language), no_update
    return words("duties.done", language), services.now().timestamp()


def perform(services: Services, deed: str, number: int, fields: Mapping[str, str]) -> None:
    """Do ``deed`` to a version in the name of the caller. Raises Refused and BadTime."""
    actor, now = logged_in(), services.now()
    if deed == "backtest":
        since = months_before(now, _MONTHS)
        backtest(services.engine, number, since=since, until=now, by=actor, now=now)
        return
    why = fields.get("why", "")
    with transaction(services.engine, actor.key) as conn:
        if deed == "propose":
            starts = _moment(fields.get("starts", ""), frame.read_city(services).time_zone)
            duties.propose(conn, number, by=actor, why=why, accepted=fields.get("accept", ""),
                           starts=starts, now=now)  # fmt: skip
        elif deed == "discard":
            duties.discard(conn, number, by=actor, why=why, now=now)
        else:
            duties.decide(conn, number, _VERDICTS[deed], by=actor, why=why, now=now)


def _moment(text: str, zone: str) -> datetime | None:
    """A time as a person writes it, in the city's zone; None for nothing. Raises BadTime."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadTime(text) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
