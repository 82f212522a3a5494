"""What was said about a layer: the warnings of others, and who of ours was told and read it."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from command_center.pages.parts.reader import Reader
from command_center.pages.parts.themes import pieces
from command_center.pages.parts.told import data, section
from command_center.views.moments import clock_text, span_text
from command_center.views.story import titled
from command_center.wording import words
from events.model.told import Told
from events.model.warning import Standing, in_language


def warnings_section(
    standing: Sequence[Standing], reader: Reader, door: Component | None
) -> Component:
    """The warnings that stand, the gravest first; a click shows where one holds."""
    language = reader.language
    found = in_language(standing, language)
    rows = [_warning(one, reader) for one in found]
    shown: Component = html.Ol(rows, className="cc-warnings")
    if not rows:
        shown = pieces.empty("themes.no_warnings", reader)
    return section("themes.warnings", language, shown, door)


def _warning(one: Standing, reader: Reader) -> Component:
    language = reader.language
    marks = [words(f"themes.{key}", language) for key, holds in (
        ("exercise", one.status == "Exercise"),
        ("outside", bool(one.shapes) and not one.inside),
        ("no_shape", not one.shapes and not one.inside),
        ("update", one.kind == "Update"),
    ) if holds]  # fmt: skip
    until = words(
        "themes.until",
        language,
        from_=clock_text(one.onset_at, reader.zone, now=reader.now),
        to=clock_text(one.ends_at, reader.zone, now=reader.now),
    )
    level = pieces.level_name(one.level, reader) if one.level else words("themes.level_unknown",
                                                                         language)  # fmt: skip
    title: Component | str = one.headline or one.event
    extent = pieces.extent(one.shapes)
    if extent is not None:
        title = html.Button(
            title, type="button", className="cc-link-button",
            title=words("themes.show_area", language), **data(extent=extent),
        )  # fmt: skip
    words_of_it = [html.P(text) for text in (one.description, one.instruction) if text]
    more = [html.Details([html.Summary(words("themes.whole", language)), *words_of_it])]
    return html.Li(
        [
            pieces.level_mark(one.level or 0, "flood", reader),
            html.Div(
                [
                    html.B(title),
                    html.Span([html.Em(level), *(html.Em(mark) for mark in marks)],
                              className="cc-marks"),
                    html.P(" · ".join(text for text in (one.areas, one.sender_name or one.sender)
                                      if text)),
                    html.Small(until),
                    *(more if words_of_it else []),
                ]
            ),
        ],
        className=f"level-{one.level or 0}",
        **data(warning=one.identifier),
    )  # fmt: skip


def told_section(told: Sequence[Told], reader: Reader) -> Component:
    """Who was told about what is open, and who has read it; the longest unread first."""
    language = reader.language
    if not told:
        return section("themes.told", language, pieces.empty("themes.nobody_told", reader))
    rows = [_told(one, reader) for one in told]
    heads = [words(f"themes.told_{one}", language) for one in ("who", "count", "read", "state")]
    return section(
        "themes.told", language, pieces.table(words("themes.told", language), heads, rows,
                                              kind="told"),
        pieces.note(words("themes.told_basis", language)),
    )  # fmt: skip


def _told(one: Told, reader: Reader) -> Component:
    language = reader.language
    kind = words(f"themes.kind_{one.kind}", language)
    name = titled(one, "name", language)
    if one.kind == "reporter":
        state = words("themes.told_resident", language)
    elif one.unread_since is None:
        state = words("themes.read_at", language,
                      at=clock_text(one.read_at, reader.zone, now=reader.now))  # fmt: skip
    else:
        state = words("themes.unread", language,
                      span=span_text(reader.now - one.unread_since, language))  # fmt: skip
    unread: list[Component | str] = []
    if one.unread is not None and one.kind != "reporter":
        unread = [" ", html.A(one.unread, href=f"/?ticket={one.unread}",
                              **data(open=f"ticket:{one.unread}"))]  # fmt: skip
    return html.Tr(
        [
            html.Th([name, html.Small(f" {kind}")] if name else kind, scope="row"),
            html.Td(str(one.told)),
            html.Td("–" if one.kind == "reporter" else str(one.read)),
            html.Td([state, *unread]),
        ],
        className="" if one.unread_since is None or one.kind == "reporter" else "unread",
        **data(told=one.kind),
    )  # fmt: skip
