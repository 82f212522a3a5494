"""CAP messages as a weather office would write them."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.events.town import NOW

# Over the town's south-west quarter, as CAP writes it: lat,lon.
QUARTER = "24.600,118.200 24.602,118.200 24.602,118.202 24.600,118.202 24.600,118.200"


def moment(at: datetime) -> str:
    """A time as CAP writes it."""
    return at.replace(microsecond=0).isoformat()


def alert(
    number: str = "A-1", kind: str = "Alert", *, area: str | None = None, sent: datetime = NOW,
    expires: datetime | None = None, severity: str = "Severe", references: str = "",
    more: str = "", language: str = "zh-CN", event: str = "暴雨", status: str = "Actual",
    infos: int = 1,
) -> bytes:  # fmt: skip
    """A message with one area: the town's south-west quarter where none is given."""
    shape = f"<polygon>{QUARTER}</polygon>" if area is None else area
    until = moment(expires or sent + timedelta(hours=6))
    refers = f"<references>{references}</references>" if references else ""
    info = (
        f"<info><language>{language}</language><category>Met</category><event>{event}</event>"
        f"<urgency>Immediate</urgency><severity>{severity}</severity><certainty>Likely</certainty>"
        f"<expires>{until}</expires><headline>暴雨预警</headline>{more}"
        f"<area><areaDesc>西南片</areaDesc>{shape}</area></info>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{number}</identifier><sender>qxt@test</sender><sent>{moment(sent)}</sent>"
        f"<status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>{refers}"
        f"{info * infos}</alert>"
    ).encode()
