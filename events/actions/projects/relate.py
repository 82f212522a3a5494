"""New tickets: which project they belong to, and which of them come again and again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from events.actions.projects.move import ProjectCity, load_city, open_project
from events.actions.projects.opening import put_tickets
from events.model.projects.project import Project, ProjectDraft
from events.model.projects.recurrence import Around, Level, RecurrenceRule, rate, rule_for
from events.model.projects.stage import LIVE, Kind
from events.model.words import Words
from events.store.projects import relate as store
from events.store.projects import rows
from grid.store.postgis import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from events.model.actor import Actor
    from events.store.projects.relate import Place, Subject

# A ticket that nobody has decided about is looked at again after this.
_LATER_S = 300.0
_GONE = frozenset({"declined", "merged"})
_OF_THE_PLACE = Words(zh="同一设施的新案卷", en="A new ticket about the same facility")
_AGAIN = Words(zh="同一问题再次发生", en="The same again")


def relate(engine: Engine, *, by: Actor, now: datetime, limit: int = 20) -> int:
    """Look at up to ``limit`` new tickets, one transaction each; how many it looked at.

    Several dispatchers may do so at once: a root cause is opened once.
    """
    done, city = 0, None
    while done < limit:
        with transaction(engine, by.key) as conn:
            waiting = store.claim(conn, limit=1)
            if not waiting:
                break
            city = city or load_city(conn)
            relate_ticket(conn, waiting[0], now=now, city=city)
        done += 1
    return done


def relate_ticket(
    conn: Connection, ticket_id: int, *, now: datetime, city: ProjectCity
) -> Project | None:
    """Put a ticket to the project it belongs to, or open one for what recurs; None for neither."""
    one = store.subject(conn, ticket_id)
    if one is None or one.state in _GONE:
        return None
    found = store.rectification_of(conn, one)
    if found is not None:
        project = rows.lock_id(conn, found)
        if project.stage in LIVE:
            return put_tickets(conn, project, [ticket_id], {"by": "place"}, _OF_THE_PLACE,
                               now=now, city=city)  # fmt: skip
    if one.state == "reported":
        store.ask_later(conn, ticket_id, seconds=_LATER_S)
        return None
    rule = rule_for(city.recurrence, one.category_code, one.family)
    place = None if rule is None else store.place_of(conn, one, rule)
    if rule is None or place is None:
        return None
    return _recurs(conn, one, rule, place, now=now, city=city)


def _recurs(
    conn: Connection, one: Subject, rule: RecurrenceRule, place: Place, *, now: datetime,
    city: ProjectCity,
) -> Project | None:  # fmt: skip
    since = now - rule.within
    # most tickets recur nowhere: only what seems to waits for its turn, and is counted again then
    if store.root_cause_at(conn, one.family, place) is None:
        if len(store.same(conn, one.family, rule, place, since=since)) < rule.times:
            return None
        store.take_turn(conn, one.family)
    live = store.root_cause_at(conn, one.family, place)
    if live is not None:
        project = rows.lock_id(conn, live)
        if project.stage not in LIVE:
            return None
        return put_tickets(conn, project, [one.ticket_id], {"by": "recurrence"}, _AGAIN, now=now,
                           city=city)  # fmt: skip
    found = store.same(conn, one.family, rule, place, since=since)
    owner = Counter(department for _, department in found if department is not None)
    if len(found) < rule.times or not owner:
        return None
    draft = _draft(one, rule, len(found), owner.most_common(1)[0][0], now=now)
    opened = open_project(conn, draft, now=now, city=city)
    if opened is None:
        return None
    why = Words(
        zh=f"{_days(rule)} 天内 {len(found)} 件，达到 {rule.times} 件",
        en=f"{len(found)} tickets within {_days(rule)} days, {rule.times} make it recurring",
    )
    return put_tickets(conn, opened, [ticket for ticket, _ in found], {"by": "recurrence"}, why,
                       now=now, city=city)  # fmt: skip


def _days(rule: RecurrenceRule) -> str:
    return f"{rule.within.total_seconds() / 86_400:g}"


def _draft(
    one: Subject, rule: RecurrenceRule, count: int, owner: int, *, now: datetime
) -> ProjectDraft:
    at_asset = rule.around is Around.ASSET
    place_zh = one.component_name_zh if at_asset and one.component_name_zh else one.area_name_zh
    place_en = one.component_name_en if at_asset and one.component_name_en else one.area_name_en
    return ProjectDraft(
        kind=Kind.ROOT_CAUSE,
        name_zh=f"{place_zh}：{one.category_name_zh}反复发生",
        name_en=f"{one.category_name_en}, again and again: {place_en}",
        lon=one.lon,
        lat=one.lat,
        cell_id=one.cell_id,
        area_id=one.area_id,
        department_id=owner,
        component_id=one.component_id if at_asset else None,
        category_code=one.category_code,
        family=one.family,
        opened_why={
            "by": "recurrence", "count": count, "times": rule.times,
            "within_s": rule.within.total_seconds(), "around": rule.around.value,
            "of": rule.code if rule.level is not Level.ALL else one.family,
            "rate": rate(count, now - rule.within, now),
        },
    )  # fmt: skip
