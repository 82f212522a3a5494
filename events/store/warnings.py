"""Warnings of others: kept as they came; which of them stand is asked, never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.model.warning import Standing
from grid.store.named_sql import Statements

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from events.model.warning import WarningArea, WarningInfo, WarningMessage

_SQL = Statements.beside(__file__)
# The lengths of codes of areas: province, city, district, street, community.
_LENGTHS = (2, 4, 6, 9, 12)


def known(conn: Connection, sender: str, identifier: str) -> tuple[int, bytes] | None:
    """The id and the digest of a message that is there."""
    row = _SQL.maybe(conn, "known", sender=sender, identifier=identifier)
    return None if row is None else (row.warning_id, bytes(row.sha256))


def add(conn: Connection, message: WarningMessage, *, now: datetime) -> int | None:
    """Keep a message; its id. None where one of its sender and number is there already."""
    warning_id = _SQL.value(
        conn, "add", sender=message.sender, identifier=message.identifier,
        sent_at=message.sent_at, status=message.status, kind=message.kind, sha256=message.sha256,
        now=now, ends_at=message.ends_at,
    )  # fmt: skip
    if warning_id is None:
        return None
    for sender, identifier in message.references:
        _SQL.run(conn, "refer", warning_id=warning_id, sender=sender, identifier=identifier)
    for info in message.infos:
        _add_info(conn, warning_id, info)
    return int(warning_id)


def _add_info(conn: Connection, warning_id: int, info: WarningInfo) -> None:
    info_id = _SQL.value(
        conn, "add_info", warning_id=warning_id, language=info.language,
        categories=list(info.categories), event=info.event, urgency=info.urgency,
        severity=info.severity, certainty=info.certainty, level=info.level,
        headline=info.headline, description=info.description, instruction=info.instruction,
        sender_name=info.sender_name, onset_at=info.onset_at, ends_at=info.ends_at,
    )  # fmt: skip
    for area in info.areas:
        _add_area(conn, info_id, area)


def _add_area(conn: Connection, info_id: int, area: WarningArea) -> None:
    rings = [
        f"POLYGON(({', '.join(f'{lon!r} {lat!r}' for lon, lat in ring)}))" for ring in area.polygons
    ]
    _SQL.run(
        conn, "add_area", info_id=info_id, description=area.description, rings=rings,
        lons=[one.lon for one in area.circles], lats=[one.lat for one in area.circles],
        radii_m=[one.radius_km * 1000 for one in area.circles],
        codes=[code for one in area.codes if (code := _division(one))],
    )  # fmt: skip


def _division(code: str) -> str | None:
    """The code of an area without the zeros that fill it up: 350203000000 is 350203."""
    for length in _LENGTHS:
        if length <= len(code) and not code[length:].strip("0"):
            return code[:length]
    return None


def touches_city(conn: Connection, warning_id: int) -> bool:
    """Whether any area of a message touches the city."""
    return bool(_SQL.value(conn, "touches_city", warning_id=warning_id))


def standing(conn: Connection, *, now: datetime, limit: int = 200) -> list[Standing]:
    """What holds now or will, the gravest first; every language of it."""
    rows = _SQL.rows(conn, "standing", now=now, limit=limit)
    return [Standing(**{**row._mapping, "shapes": tuple(row.shapes)}) for row in rows]
