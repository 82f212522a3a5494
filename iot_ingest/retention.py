"""Readings of days that are archived: they are put aside, for their day is closed."""

from __future__ import annotations

from collections.abc import Sequence

from iot_ingest.message import Message
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.model.reading import from_us
from iot_ingest.sorting import Sorted, set_aside


def put_by(batch: Sorted, messages: Sequence[Message], kept_from_us: int) -> None:
    """Take the rows of times before ``kept_from_us`` out of a batch; their messages are kept."""
    old = [row for row in batch.found if row[3] < kept_from_us]
    if not old:
        return
    batch.found = [row for row in batch.found if row[3] >= kept_from_us]
    days = {row[0]: from_us(row[3]).date() for row in old}
    for n, day in days.items():
        trouble = Trouble(reason=Reason.ARCHIVED_DAY, detail=day.isoformat())
        batch.aside.append(set_aside(messages[n], trouble))
