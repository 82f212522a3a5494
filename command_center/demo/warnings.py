"""The demo city's warnings: as a weather office would send them, through the same door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from command_center.demo.plane import position
from events.actions.take_warning import take_warning
from events.model.cap import NAMESPACE, read_cap
from events.store import warnings

_SENDER = "weather@demo.invalid"
_ZONE = ZoneInfo("Asia/Shanghai")
# Metres on the drawing board.
_NORTH_WEST = ((-600, 5_600), (2_200, 4_700), (5_400, 5_300), (7_700, 6_700), (7_400, 10_200),
               (-600, 10_200), (-600, 5_600))  # fmt: skip
_SHORE = ((5_000, 4_100), (14_600, 7_000), (14_900, 4_600), (9_700, 1_300), (3_600, 1_500),
          (5_000, 4_100))  # fmt: skip

_RAIN = (
    ("zh-CN", "暴雨", "气象台发布暴雨黄色预警信号",
     "预计未来 6 小时内西北部山前降雨量可达 50 毫米以上，请注意防范。",
     "暂停户外作业，检查低洼路段和地下空间的排水，人员避开河道。", "西北部", "演示市气象台"),
    ("en-US", "Rainstorm", "Yellow rainstorm warning",
     "More than 50 mm of rain within 6 hours is expected along the hills of the north-west.",
     "Stop work outside, check the drains of low streets, keep away from the rivers.",
     "The north-west", "Weather Office of the demo city"),
)  # fmt: skip
_SURGE = (
    ("zh-CN", "风暴潮", "海洋台发布风暴潮蓝色警报",
     "受天文大潮和偏南大风共同影响，沿岸高潮位将接近警戒潮位。",
     "检查沿岸挡潮闸和泵站，低洼岸段停止停车。", "湾区沿岸", "演示市海洋预报台"),
    ("en-US", "Storm surge", "Blue storm surge warning",
     "Spring tide and southerly wind together: high water will come near the warning level.",
     "Check tide gates and pumping stations; no parking along the low shore.", "Along the shore",
     "Marine Forecasts of the demo city"),
)  # fmt: skip


def put_warnings(conn: Connection, *, now: datetime) -> None:
    """Bring in a warning of rain, which replaces an earlier one, and one of the sea; once."""
    if warnings.known(conn, _SENDER, "YJ-0001") is not None:
        return  # the city was begun before, and broken off
    rain = now - timedelta(minutes=50)
    first = _alert("YJ-0001", "Alert", _RAIN, "Minor", _NORTH_WEST, rain,
                   stands=timedelta(hours=12))  # fmt: skip
    second = _alert("YJ-0002", "Update", _RAIN, "Moderate", _NORTH_WEST,
                    rain + timedelta(minutes=40), stands=timedelta(hours=24), replaces="YJ-0001",
                    replaced_at=rain)  # fmt: skip
    surge = _alert("YJ-0003", "Alert", _SURGE, "Minor", _SHORE, rain,
                   stands=timedelta(days=3))  # fmt: skip
    for content in (first, second, surge):
        take_warning(conn, read_cap(content.encode()), now=now)


def _alert(
    number: str, kind: str, texts: Sequence[Sequence[str]], severity: str,
    ring: Sequence[tuple[float, float]], sent: datetime, *, stands: timedelta,
    replaces: str = "", replaced_at: datetime | None = None,
) -> str:  # fmt: skip
    corners = [position(x, y) for x, y in ring]
    polygon = " ".join(f"{lat:.5f},{lon:.5f}" for lon, lat in corners)
    at, until = _moment(sent), _moment(sent + stands)
    infos = "".join(_info(one, severity, at, until, polygon) for one in texts)
    refers = ""
    if replaced_at is not None:
        refers = f"<references>{_SENDER},{replaces},{_moment(replaced_at)}</references>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="{NAMESPACE}">'
        f"<identifier>{number}</identifier><sender>{_SENDER}</sender><sent>{at}</sent>"
        f"<status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>{refers}{infos}"
        "</alert>"
    )


def _info(text: Sequence[str], severity: str, at: str, until: str, polygon: str) -> str:
    language, event, headline, description, instruction, area, sender = (
        escape(one) for one in text
    )
    return (
        f"<info><language>{language}</language><category>Met</category><event>{event}</event>"
        f"<urgency>Expected</urgency><severity>{severity}</severity><certainty>Likely</certainty>"
        f"<onset>{at}</onset><expires>{until}</expires><senderName>{sender}</senderName>"
        f"<headline>{headline}</headline><description>{description}</description>"
        f"<instruction>{instruction}</instruction><area><areaDesc>{area}</areaDesc>"
        f"<polygon>{polygon}</polygon></area></info>"
    )


def _moment(at: datetime) -> str:
    return at.astimezone(_ZONE).replace(microsecond=0).isoformat()
