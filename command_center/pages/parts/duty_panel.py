"""One version of the duties at the side: what was done, what is wrong, what it would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.told import data, fact, section
from command_center.problem import Language
from command_center.views import duties as view
from command_center.views.moments import clock_text
from command_center.wording import words
from events.actions.duties import check_version
from events.model.access import Permission, allowed
from events.model.category import Category
from events.model.duty_finding import Finding
from events.model.duty_version import DutyStage, DutyVersion
from events.model.routing import Candidate
from events.store import duties, duty_past
from events.store import rules as city_rules
from events.store.duty_past import KeptBacktest

_LONGEST = 2_000
_FLOWS, _EXAMPLES, _IDLE = 8, 10, 12
_FINAL = frozenset({DutyStage.ACTIVE, DutyStage.RETIRED, DutyStage.DISCARDED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A version with all that is shown of it. ``findings`` None: it is not looked at any more.

    ``against``: the version in force, with its rules.
    """

    version: DutyVersion
    rules: tuple[Candidate, ...]
    findings: tuple[Finding, ...] | None
    backtest: KeptBacktest | None
    names: Mapping[str, tuple[str, str]]
    categories: Mapping[str, Category]
    against: int | None
    in_force: tuple[Candidate, ...]


def read_shown(conn: Connection, number: int, reader: Reader) -> Shown | None:
    """Read a version; None when there is none."""
    version = duties.version(conn, number, now=reader.now)
    if version is None:
        return None
    against = duties.in_force(conn, now=reader.now)
    looked = version.stage(reader.now) not in (DutyStage.RETIRED, DutyStage.DISCARDED)
    return Shown(
        version=version,
        rules=duties.rules(conn, number),
        findings=check_version(conn, number) if looked else None,
        backtest=duty_past.last(conn, number),
        names=duties.department_names(conn),
        categories={one.code: one for one in city_rules.categories(conn)},
        against=against,
        in_force=() if against is None else duties.rules(conn, against),
    )


def version_panel(shown: Shown, reader: Reader) -> Component:
    """Everything about a version."""
    language, version = reader.language, shown.version
    lines = view.story(version, reader.zone, reader.now, language)
    head = html.Div([
        html.H2(words("duties.version", language, n=version.version)),
        html.P(view.stage(version, reader.now, language), className="cc-number"),
    ])  # fmt: skip
    return html.Article(
        [
            html.Header(head, className="cc-story-head plain"),
            section("duties.history", language,
                    html.Ul([html.Li(one) for one in lines], className="cc-reasons")),
            *_changes(shown, language),
            *_findings(shown, language),
            *_backtest(shown, reader),
            *_deeds(shown, reader),
        ],
        className="cc-story",
        **data(duties=str(version.version)),
    )  # fmt: skip


def rule_panel(shown: Shown, position: int, reader: Reader) -> Component:
    """Everything about one rule of a version."""
    language = reader.language
    one = next((each for each in shown.rules if each.rule.position == position), None)
    if one is None:
        return version_panel(shown, reader)
    facts = [
        fact("duties.rule_matter", view.matter(one.rule, shown.categories, language), language),
        fact("duties.rule_area", view.place(one, language), language),
        fact("duties.rule_when", view.conditions(one.rule, language)
             or words("duties.always", language), language),
        fact("duties.rule_department", view.department(one, language), language),
    ]  # fmt: skip
    hits = hits_of(shown.backtest)
    if hits is not None:
        told = words("duties.rule_tickets_told", language, n=f"{hits.get(position, 0):,}")
        facts.append(fact("duties.rule_tickets", told, language))
    if one.rule.note:
        facts.append(fact("duties.rule_note", one.rule.note, language))
    mine = [each for each in shown.findings or () if position in each.rules]
    return html.Article(
        [
            html.Header(html.Div([
                html.H2(words("duties.rule", language, n=position)),
                html.P(words("duties.version", language, n=shown.version.version),
                       className="cc-number"),
            ]), className="cc-story-head plain"),
            html.Dl([part for row in facts for part in row], className="cc-facts"),
            section("duties.findings", language, _finding_list(mine, language)) if mine else None,
        ],
        className="cc-story",
        **data(rule=str(position)),
    )  # fmt: skip


def hits_of(kept: KeptBacktest | None) -> dict[int, int] | None:
    """rule -> tickets that it decided in the back-test; None without one."""
    if kept is None:
        return None
    return {one["rule"]: one["tickets"] for one in kept.result["rules"]}


def _changes(shown: Shown, language: Language) -> list[Component]:
    """What is new in it and what is gone, against the version in force."""
    if shown.against is None or shown.against == shown.version.version:
        return []
    rows = [
        html.Li([html.B(words(f"duties.{key}", language)),
                 html.Span(view.line(one, shown.categories, language))], className=key)
        for key, found in (("added", view.added(shown.rules, shown.in_force)),
                           ("dropped", view.added(shown.in_force, shown.rules)))
        for one in found
    ]  # fmt: skip
    told: Component = html.Ul(rows, className="cc-duty-findings", tabIndex=0)
    if not rows:
        told = html.P(words("duties.changes_none", language), className="cc-note")
    head = html.H3(words("duties.changes", language, n=shown.against))
    return [html.Section([head, told])]


def _findings(shown: Shown, language: Language) -> list[Component]:
    if shown.findings is None:
        return []
    return [section("duties.findings", language, _finding_list(shown.findings, language))]


def _finding_list(findings: Sequence[Finding], language: Language) -> Component:
    if not findings:
        return html.P(words("duties.findings_none", language), className="cc-note")
    rows = []
    for one in findings:
        grade = "error" if one.is_error else "warning"
        rows.append(html.Li(
            [html.B(words(f"duties.{grade}", language)), html.Span(one.words.told(language))],
            className=grade, **data(finding=one.kind.value),
        ))  # fmt: skip
    return html.Ul(rows, className="cc-duty-findings", tabIndex=0)


def _backtest(shown: Shown, reader: Reader) -> list[Component]:
    language, kept = reader.language, shown.backtest
    if kept is None:
        told = html.P(words("duties.bt_never", language), className="cc-note")
        return [section("duties.backtest", language, told, _replay_button(shown, reader))]
    span = words(
        "duties.bt_span", language, against=kept.against,
        since=clock_text(kept.since, reader.zone, now=reader.now),
        until=clock_text(kept.until, reader.zone, now=reader.now),
    )  # fmt: skip
    lines = [html.Li(one) for one in view.backtest_lines(kept.result, language)]
    idle = view.idle_rules(kept.result, [one.rule for one in shown.rules])
    if idle and kept.result["tickets"]:
        some = ", ".join(map(str, idle[:_IDLE])) + (" …" if len(idle) > _IDLE else "")
        lines.append(html.Li(words("duties.bt_idle", language, rules=some)))
    return [
        section(
            "duties.backtest", language,
            html.P(span, className="cc-note"),
            html.Ul(lines, className="cc-reasons"),
            _load(shown, language),
            _examples(shown, language),
            _replay_button(shown, reader),
        )
    ]  # fmt: skip


def _load(shown: Shown, language: Language) -> Component | None:
    if shown.backtest is None or not shown.backtest.result["tickets"]:
        return None
    heads = ("department", "before", "after", "change", "solved")
    rows = [
        html.Tr([html.Th(name, scope="row"), html.Td(f"{before:,}"), html.Td(f"{after:,}"),
                 html.Td(f"{after - before:+,}" if after != before else "–"),
                 html.Td(f"{solved:,}")])
        for name, before, after, solved in view.load_rows(
            shown.backtest.result, shown.names, language)
    ]  # fmt: skip
    return _table(heads, rows, language)


def _examples(shown: Shown, language: Language) -> Component | None:
    if shown.backtest is None or not shown.backtest.result["moved"]:
        return None
    result, names = shown.backtest.result, shown.names
    rows = []
    for one in result["examples"][:_EXAMPLES]:
        number = html.A(one["number"], href=f"/desk?ticket={one['number']}")
        verdict = words(f"duties.bt_{one['verdict']}", language)
        rows.append(html.Tr([
            html.Th(number, scope="row"), html.Td(view.who(one["before"], names, language)),
            html.Td(view.who(one["after"], names, language)),
            html.Td(view.who(one["solved_by"], names, language) if one["solved_by"] else "–",
                    title=verdict, className=one["verdict"]),
        ]))  # fmt: skip
    return _table(("number", "from", "to", "solved"), rows, language)


def _table(heads: Sequence[str], rows: Sequence[Component], language: Language) -> Component:
    named = [html.Th(words(f"duties.column_{one}", language), scope="col") for one in heads]
    table = html.Table(
        [html.Thead(html.Tr(named)), html.Tbody(list(rows))], className="cc-hour-table"
    )
    return html.Div(table, className="cc-refused", tabIndex=0)


def _replay_button(shown: Shown, reader: Reader) -> Component | None:
    if not _may(reader) or shown.version.stage(reader.now) is DutyStage.DISCARDED:
        return None
    return html.Div(_button("backtest", reader.language), className="cc-buttons")


def _deeds(shown: Shown, reader: Reader) -> list[Component]:
    """The form with which it is put in force, for those who may."""
    language, stage = reader.language, shown.version.stage(reader.now)
    if not _may(reader) or stage in _FINAL:
        return []
    findings = shown.findings or ()
    faulty = any(one.is_error for one in findings)
    own = shown.version.proposed_by == reader.actor.key
    verbs = {
        DutyStage.DRAFT: ["discard"] if faulty else ["propose", "discard"],
        DutyStage.PROPOSED: ["withdraw"] if own else ["approve", "refuse"],
        DutyStage.SCHEDULED: ["discard"],
    }[stage]
    hint = "has_errors" if faulty else "second"
    fields = [_area("why", language)]
    if "propose" in verbs:
        if findings:
            fields.append(_area("accept", language))
        fields.append(html.Label([
            html.Span(words("duties.starts", language)),
            dcc.Input(id={"duty-field": "starts"}, type="text", maxLength=40,
                      placeholder=words("duties.starts_hint", language)),
        ], className="cc-field"))  # fmt: skip
    return [
        section(
            "duties.decide", language,
            html.P(words(f"duties.{hint}", language), className="cc-note"),
            html.Div([*fields, html.Div([_button(one, language) for one in verbs],
                                        className="cc-buttons")], className="cc-form"),
        )
    ]  # fmt: skip


def _area(name: str, language: Language) -> Component:
    return html.Label([
        html.Span(words(f"duties.{name}", language)),
        dcc.Textarea(id={"duty-field": name}, maxLength=_LONGEST, rows=2),
    ], className="cc-field")  # fmt: skip


def _button(verb: str, language: Language) -> Component:
    strong = verb in ("propose", "approve")
    more: dict[str, Any] = data(deed=verb)
    return html.Button(
        words(f"duties.do_{verb}", language), id={"duty-deed": verb}, type="button",
        className="cc-button strong" if strong else "cc-button", **more,
    )  # fmt: skip


def _may(reader: Reader) -> bool:
    return allowed(reader.actor, Permission.DECIDE_DUTIES)
