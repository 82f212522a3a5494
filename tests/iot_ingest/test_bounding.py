"""A device that is wrong slowly and for ever fills no disk, and what is dropped is counted."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import ProgrammingError

from grid.store.postgis import transaction
from iot_ingest.bounding import Bound
from iot_ingest.model.quarantine import Reason
from iot_ingest.pipeline import Pipeline
from iot_ingest.store import quarantine
from tests.iot_ingest.place import BY, message, rows_of
from tests.support.cluster import TestDatabase

MOST = 1_000


def fill(village: TestDatabase, device_id: str | None, number: int, reason: Reason) -> None:
    """So many messages, one a minute, the last of them now."""
    with village.superuser() as conn:
        conn.execute(
            "INSERT INTO iot.quarantine (received_at, protocol, topic, device_id, payload,"
            " payload_sha256, reason, detail)"
            " SELECT now() - (%s - n) * interval '1 minute', 'mqtt', coalesce(%s, ''), %s,"
            " text(n)::bytea, sha256(text(n)::bytea), %s, text(n) FROM generate_series(1, %s) AS n",
            (number, device_id, device_id, reason.value, number),
        )


def details(village: TestDatabase, sender: str) -> list[int]:
    found = rows_of(
        village.engine("cc_web"),
        "SELECT detail::integer FROM iot.quarantine"
        f" WHERE coalesce(device_id, '') = '{sender}' ORDER BY quarantine_id",
    )
    return [number for (number,) in found]


def rejected(village: TestDatabase) -> list[tuple[int, int]]:
    return [
        (int(device_no), int(messages))
        for device_no, messages in rows_of(
            village.engine("cc_web"),
            "SELECT device_no, sum(messages) FROM iot.rejected GROUP BY 1 ORDER BY 1",
        )
    ]


def test_the_first_and_the_newest_stay_and_the_others_are_counted(village: TestDatabase) -> None:
    fill(village, "WL-1", MOST + 250, Reason.NOT_JSON)
    fill(village, "WL-2", MOST, Reason.NOT_JSON)
    fill(village, "XX-9", MOST + 1, Reason.UNKNOWN_DEVICE)
    bound = Bound(village.engine("cc_ingest"), MOST)
    assert bound.keep() == 251
    half = MOST // 2
    assert details(village, "WL-1") == [*range(1, half + 1), *range(half + 251, MOST + 251)]
    assert len(details(village, "WL-2")) == len(details(village, "XX-9")) == MOST
    ((number,),) = rows_of(
        village.engine("cc_web"), "SELECT device_no FROM iot.devices WHERE device_id = 'WL-1'"
    )
    assert rejected(village) == [(0, 1), (number, 250)]
    assert bound.keep() == 0


def test_what_was_dropped_once_is_counted_once_and_others_are_left_alone(
    village: TestDatabase, pipeline: Pipeline
) -> None:
    fill(village, "WL-1", MOST, Reason.NOT_JSON)
    bound = Bound(village.engine("cc_ingest"), MOST)
    assert bound.keep() == 0
    for number in range(3):
        pipeline.flush([message("WL-1", b"nonsense %d" % number)])
        assert bound.keep() == 1
    with village.superuser() as conn:
        conn.execute(
            "UPDATE iot.quarantine SET resolved_at = now() WHERE quarantine_id %% 2 = 0", ()
        )
    pipeline.flush([message("WL-1", b"nonsense")])
    assert bound.keep() == 0
    ((messages,),) = rows_of(village.engine("cc_web"), "SELECT sum(messages) FROM iot.rejected")
    assert messages == 3


def test_what_names_no_device_has_ten_times_the_room(village: TestDatabase) -> None:
    fill(village, None, 10 * MOST + 2, Reason.BAD_FRAME)
    assert Bound(village.engine("cc_ingest"), MOST).keep() == 2
    assert len(details(village, "")) == 10 * MOST
    assert rejected(village) == [(0, 2)]


def test_the_ingester_may_thin_out_and_not_wipe(village: TestDatabase) -> None:
    fill(village, "WL-1", MOST, Reason.NOT_JSON)
    with transaction(village.engine("cc_ingest"), BY) as conn:
        assert quarantine.bound(conn, after=0, most=0) == 0
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction(village.engine("cc_web"), BY) as conn,
    ):
        quarantine.bound(conn, after=0, most=0)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction(village.engine("cc_ingest"), BY) as conn,
    ):
        conn.exec_driver_sql("DELETE FROM iot.quarantine")
