"""Charts: readings in, plotly figures out, with a template of a few lines instead of plotly's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_INK = "#a9bad1"
_GRID = "#1f3048"
_LINE = "#6cb6ff"
_BAND = "rgba(108,182,255,0.18)"

# numbers only: the same in both languages
_MOMENT = "%m-%d %H:%M:%S"

_AXIS: dict[str, Any] = {
    "gridcolor": _GRID, "zeroline": False, "linecolor": _GRID, "tickcolor": _GRID,
    "automargin": True, "fixedrange": False,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A point of a series: the mean of its step, and the least and greatest value in it."""

    at: datetime
    lowest: float
    mean: float
    highest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitLine:
    """A limit to draw: its value, what it is called, its warning colour, the clause it is from.

    The clause is told when one points at the name, and below the chart: beside it is no room.
    """

    value: float
    name: str
    colour: str
    basis: str = ""


def layout(*, unit: str, height: int = 260) -> dict[str, Any]:
    """The look that all charts share: dark, quiet, no legend, local fonts."""
    return {
        "height": height,
        "margin": {"l": 48, "r": 16, "t": 16, "b": 32},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": _INK, "size": 12, "family": "Noto Sans CJK SC, Noto Sans, sans-serif"},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#0e1a2b", "bordercolor": _GRID, "font": {"color": "#e8eff8"}},
        "xaxis": {**_AXIS, "type": "date", "tickformat": "%H:%M\n%m-%d", "hoverformat": _MOMENT},
        "yaxis": {**_AXIS, "title": {"text": unit, "standoff": 6}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": _INK, "activecolor": "#ffffff"},
        "uirevision": "series",
    }


def series_figure(
    samples: Sequence[Sample],
    *,
    limits: Sequence[LimitLine],
    unit: str,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """A series over time, with its band of extremes and its limits as lines.

    Times are written as the city's wall-clock time, because plotly knows no zones.
    """
    times = [_local(one.at, zone) for one in samples]
    line = {
        "type": "scatter", "mode": "lines" if len(samples) > 1 else "markers", "x": times,
        "y": [one.mean for one in samples], "line": {"color": _LINE, "width": 2},
        "hovertemplate": f"%{{y:.3~f}} {unit}<extra></extra>",
    }  # fmt: skip
    data: list[dict[str, Any]] = [line]
    if any(one.highest > one.lowest for one in samples):
        data += [
            _edge(times, [one.highest for one in samples], fill=None),
            _edge(times, [one.lowest for one in samples], fill="tonexty"),
        ]
    made = layout(unit=unit)
    # names of limits close to each other stand at different ends, that of the lowest below its line
    ordered = sorted(limits, key=lambda one: one.value)
    made["shapes"] = [_limit_shape(one) for one in limits]
    made["annotations"] = [
        _limit_note(one, right=n % 2 == 1, below=n == 0 < len(limits) - 1)
        for n, one in enumerate(ordered)
    ]
    if limits and samples:
        values = [one.highest for one in samples] + [one.lowest for one in samples]
        near = [one.value for one in limits if one.value <= max(values) * 3 + 1]
        low, high = min(values + near), max(values + near)
        room = (high - low or 1.0) * 0.08
        made["yaxis"] = {**made["yaxis"], "range": [low - room, high + room]}
    return {"data": data, "layout": made}


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _edge(times: list[str], values: list[float], *, fill: str | None) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "x": times, "y": values, "line": {"width": 0},
        "fill": fill, "fillcolor": _BAND, "hoverinfo": "skip",
    }  # fmt: skip


def _limit_shape(limit: LimitLine) -> dict[str, Any]:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit.value, "y1": limit.value,
        "line": {"color": limit.colour, "width": 1.5, "dash": "dash"},
    }  # fmt: skip


def _limit_note(limit: LimitLine, *, right: bool, below: bool) -> dict[str, Any]:
    return {
        "xref": "paper", "x": 1 if right else 0, "xanchor": "right" if right else "left",
        "y": limit.value, "yanchor": "top" if below else "bottom", "text": limit.name,
        "showarrow": False, "hovertext": limit.basis or limit.name,
        "font": {"size": 11, "color": limit.colour},
    }  # fmt: skip
