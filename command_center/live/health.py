"""How the parts of the system are, by the age of their heartbeats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from grid.store.heartbeats import Heartbeat
from iot_ingest.model.worker import ingest_beats

# Heartbeats are written every second.
LATE_S = 5.0
GONE_S = 15.0

PROCESSES = ("ingest", "dispatch", "web")


class Status(StrEnum):
    """How a component is."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One part: its status, since when it has been so, and how old its last sign of life is."""

    status: Status
    since: datetime
    lag_s: float | None

    def as_json(self) -> dict[str, Any]:
        """As `/api/health` tells it."""
        lag = None if self.lag_s is None else round(self.lag_s, 1)
        return {"status": self.status.value, "since": self.since.isoformat(), "lag_s": lag}


def judge(
    before: Mapping[str, Component],
    heartbeats: Iterable[Heartbeat] | None,
    *,
    now: datetime,
) -> dict[str, Component]:
    """The components now; ``heartbeats`` None means that the database does not answer.

    ``before`` gives the times since when: an unchanged status keeps its own.
    """
    if heartbeats is None:
        after = {name: _component(before.get(name), Status.DOWN, None, now) for name in PROCESSES}
        # what was known of the others is kept: they may well be alive without the database
        after = {name: before.get(name, one) for name, one in after.items()}
        after["database"] = _component(before.get("database"), Status.DOWN, None, now)
        if "broker" in before:
            after["broker"] = before["broker"]
        return after
    beats = list(heartbeats)
    by_name = {one.process: one for one in beats}
    ingest = ingest_beats(beats)
    after = {"database": _component(before.get("database"), Status.OK, 0.0, now)}
    for name in PROCESSES:
        lag_s = _lag(ingest if name == "ingest" else [by_name.get(name)])
        after[name] = _component(before.get(name), _by_lag(lag_s), lag_s, now)
    after["broker"] = _component(before.get("broker"), *_broker(after["ingest"], ingest), now)
    return after


def overall(components: Mapping[str, Component]) -> Status:
    """Down without a database, degraded when any part is not well."""
    if not components or components["database"].status is Status.DOWN:
        return Status.DOWN
    if all(one.status is Status.OK for one in components.values()):
        return Status.OK
    return Status.DEGRADED


def duty_alerts(beats: Iterable[Heartbeat]) -> int:
    """How many things are wrong with the duties in force, as the dispatcher said last."""
    said = next((one.detail.get("duty_alerts") for one in beats if one.process == "dispatch"), 0)
    return said if isinstance(said, int) else 0


def _lag(beats: Iterable[Heartbeat | None]) -> float | None:
    """The oldest sign of life of processes that share one name; None: one of them gave none."""
    ages = [None if one is None else max(0.0, one.age_s) for one in beats]
    known = [one for one in ages if one is not None]
    return max(known) if known and len(known) == len(ages) else None


def _broker(ingest: Component, beats: Iterable[Heartbeat | None]) -> tuple[Status, float | None]:
    # the ingesters are those who are connected to the broker, and say so with each beat
    if ingest.status is not Status.OK:
        return Status.DOWN if ingest.status is Status.DOWN else Status.DEGRADED, ingest.lag_s
    connected = all(one is not None and one.detail.get("broker") is True for one in beats)
    return (Status.OK if connected else Status.DOWN), ingest.lag_s


def _by_lag(lag_s: float | None) -> Status:
    if lag_s is None or lag_s > GONE_S:
        return Status.DOWN
    return Status.OK if lag_s <= LATE_S else Status.DEGRADED


def _component(
    before: Component | None, status: Status, lag_s: float | None, now: datetime
) -> Component:
    since = before.since if before is not None and before.status is status else now
    return Component(status=status, since=since, lag_s=lag_s)
