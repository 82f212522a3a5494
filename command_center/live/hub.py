"""One LISTEN for the process: what the database tells becomes messages to all open walls.

A thread reads; the event loop sends. Each message is encoded once. A client that does not keep
up is not waited for: it gets a new snapshot when it is ready again.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from command_center.live.figures import Figures
from command_center.live.health import Component, duty_alerts, judge, overall
from command_center.live.messages import Json, moment
from command_center.live.subscriber import Subscriber
from command_center.live.world import Changed, World, fetch
from events.store import trend
from grid.store import heartbeats
from grid.store.postgis import is_away, listen, reading

_LOG = logging.getLogger(__name__)

TICK_S = 0.1
_FIGURES_S = 1.0
_SWEEP_S = 5.0
# While more is open than is told: how often it is looked what is most urgent.
_CHOOSE_S = 5.0
_RETRY_S = 0.5
# A database that has not answered for so long is down, though its connections stand (it hangs, or
# the network swallows everything): the thread that waits for it can tell nobody.
_STUCK_S = 10.0


_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, DBAPIError, PoolTimeoutError)


class Hub:
    """The live picture of the city; see `command_center.services.Picture`."""

    def __init__(self, *, engine: Engine, database_url: str, now: Callable[[], datetime]) -> None:
        """``engine`` works as cc_web; the LISTEN has a connection of its own to the same place.

        ``on_loaded`` is called once, when everything has been read for the first time.
        """
        self.on_loaded: Callable[[], None] = lambda: None
        self._engine = engine
        self._url = database_url
        self._now = now
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._subscribers: set[Subscriber] = set()
        self._world = World()
        self._figures = Figures()
        self._components: dict[str, Component] = {}
        self._number = 0
        # by area: messages are encoded once for all who may see the same
        self._encoded: dict[int | None, tuple[int, str]] = {}
        self._told_health: Json = {}
        self._duty_alerts = 0
        self._loaded = False
        self._looked_at = now()
        self._looked_s = time.monotonic()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen, in a thread of its own."""
        self._loop = asyncio.get_running_loop()
        self._stop.clear()
        self._note_look()
        self._watching = asyncio.create_task(self._watch())
        self._thread = threading.Thread(target=self._run, name="live-hub", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Stop listening; returns when the thread has ended."""
        self._stop.set()
        if self._watching is not None:
            self._watching.cancel()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._loop = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if time.monotonic() - self._looked_s > _STUCK_S:
                self._note_health(None, since=self._looked_at)

    @contextmanager
    def subscribe(self, area_id: int | None = None) -> Iterator[Subscriber]:
        """Take part until the end of the block; on the event loop only.

        Tickets, events and projects outside ``area_id`` are not told (None: all are).
        """
        subscriber = Subscriber(lambda: self._snapshot_text(area_id), area_id, known=self._loaded)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    @property
    def walls(self) -> int:
        """How many are subscribed."""
        return len(self._subscribers)

    def snapshot(self) -> Mapping[str, Any]:
        """Everything, as the wall is sent it."""
        with self._lock:
            whole: dict[str, Any] = orjson.loads(orjson.dumps(self._whole()))
            return whole

    def told(self, area_id: int | None) -> set[int] | None:
        """The open tickets that walls of an area are told one by one; None: all there are."""
        with self._lock:
            return self._world.told(area_id) if self._world.leaves_out(area_id) else None

    def health(self) -> Mapping[str, Any]:
        """How the parts of the system are."""
        with self._lock:
            return self._health()

    def _health(self) -> Json:
        return {
            "status": overall(self._components).value,
            "components": {name: one.as_json() for name, one in self._components.items()},
            "duties": {"alerts": self._duty_alerts},
        }

    def _whole(self) -> Json:
        return {**self._world.snapshot(), "health": self._health()}

    def _snapshot_text(self, area_id: int | None) -> tuple[int, str]:
        with self._lock:
            known = self._encoded.get(area_id)
            if known is None or known[0] != self._number:
                # (what is old for one is old for all)
                stale = [one for one, (number, _) in self._encoded.items() if number < self._number]
                for one in stale:
                    del self._encoded[one]
                whole = self._world.told_to(self._whole(), area_id)
                known = self._encoded[area_id] = (self._number, orjson.dumps(whole).decode())
            return known

    # --- below: the hub's thread -------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except _AWAY as error:
                _LOG.warning("live: the database is away: %s", str(error).splitlines()[0])
            except Exception:  # noqa: BLE001 - the walls must not go blind over one bad row
                _LOG.exception("live: starting anew after an error")
            self._note_health(None)
            self._stop.wait(_RETRY_S)

    def _listen(self) -> None:
        with listen(
            self._url,
            ["cc_live"],
            role="cc_web",
            wake_every_s=_FIGURES_S,
            stopped=self._stop.is_set,
        ) as notices:
            next(notices)
            self._reload()
            self._follow(notices)

    def _follow(self, notices: Iterator[list[psycopg.Notify]]) -> None:
        counted_s = swept_s = chosen_s = time.monotonic()
        recount = True
        for batch in notices:
            started_s = time.monotonic()
            changed = _changed(batch)
            if changed:
                recount |= bool(changed.tickets or changed.findings)
                self._apply(changed)
            if started_s - counted_s >= _FIGURES_S:
                counted_s = started_s
                sweep = started_s - swept_s >= _SWEEP_S
                self._look_around(recount=recount or sweep, sweep=sweep)
                recount = False
                swept_s = started_s if sweep else swept_s
                if self._world.lacks(self._areas()) or started_s - chosen_s >= _CHOOSE_S:
                    chosen_s = started_s
                    self._choose()
            # notices gather in the connection meanwhile: that is the coalescing
            self._stop.wait(max(0.0, TICK_S - (time.monotonic() - started_s)))

    def _reload(self) -> None:
        now = self._now()
        with reading(self._engine) as conn:
            world = World.load(conn, now, self._areas())
            world.figures = self._figures.read(conn, world.devices.values(), now)
            beats = heartbeats.all(conn)
        first = not self._loaded
        with self._lock:
            self._world = world
            self._loaded = True
            self._components = judge(self._components, beats, now=now)
            self._duty_alerts = duty_alerts(beats)
            self._told_health = _statuses(self._health())
            self._note_look()
            self._tell(None)
        if first:
            self.on_loaded()

    def _apply(self, changed: Changed, *, sweep: bool = False) -> None:
        if not self._world.knows(changed.devices | changed.findings):
            self._reload()
            return
        if changed.tickets or sweep:
            changed.add("event", self._world.event_ids)
        with reading(self._engine) as conn:
            fetched = fetch(conn, changed, sweep=sweep)
        with self._lock:
            message = self._world.merge(fetched, self._now())
            if message is not None:
                self._tell(message)

    def _areas(self) -> set[int | None]:
        """Those that open walls are of."""
        return {one.area_id for one in tuple(self._subscribers)}

    def _choose(self) -> None:
        """Look anew which open tickets are the most urgent ones, where not all are told."""
        if not self._world.is_crowded:
            return
        now = self._now()
        with reading(self._engine) as conn:
            chosen, fresh = self._world.fetch_choice(conn, now, self._areas())
        with self._lock:
            self._tell_some(self._world.choose(chosen, fresh, now), chosen.keys())

    def _look_around(self, *, recount: bool, sweep: bool) -> None:
        if sweep:
            self._apply(Changed(), sweep=True)
        now = self._now()
        with reading(self._engine) as conn:
            beats = heartbeats.all(conn)
            # only this thread changes the picture, so it may read it without the lock
            devices = self._world.devices.values()
            figures = self._figures.read(conn, devices, now) if recount else None
        if figures is not None and (sample := self._figures.sample(figures, now)) is not None:
            self._keep(sample)
        if figures is not None and figures != self._world.figures:
            with self._lock:
                self._world.figures = figures
                self._tell({"t": "figures", "at": moment(now), "figures": figures})
        self._note_health(beats)

    def _keep(self, sample: trend.Sample) -> None:
        """Note a sample of the trend; a database that takes none costs the walls nothing else."""
        try:
            with self._engine.begin() as conn:
                trend.note(conn, sample)
        except DBAPIError as error:
            if is_away(error):
                raise
            _LOG.warning("live: the trend has a gap: %s", str(error).splitlines()[0])

    def _note_look(self) -> None:
        self._looked_at, self._looked_s = self._now(), time.monotonic()

    def _note_health(
        self, beats: list[heartbeats.Heartbeat] | None, *, since: datetime | None = None
    ) -> None:
        now = self._now()
        with self._lock:
            self._components = judge(self._components, beats, now=since or now)
            if beats is not None:
                self._note_look()
                self._duty_alerts = duty_alerts(beats)
            health = self._health()
            statuses = _statuses(health)
            if statuses != self._told_health:
                self._told_health = statuses
                self._tell({"t": "health", "at": moment(now), **health})

    def _tell(self, message: Json | None) -> None:
        """Number and encode a message and hand it to the event loop; the lock is held."""
        self._number += 1
        loop = self._loop
        if loop is None or self._stop.is_set():
            return
        texts: dict[int | None, str] = {}
        if message is not None:
            # somebody who subscribes just now begins with a snapshot and needs none of these
            for area_id in self._areas():
                texts[area_id] = orjson.dumps(self._world.told_to(message, area_id)).decode()
        loop.call_soon_threadsafe(self._deliver, self._number, texts)

    def _tell_some(
        self, messages: Mapping[int | None, Json], asked: Collection[int | None]
    ) -> None:
        """Tell the walls of some areas what is theirs; the lock is held.

        Those of areas that were not asked for opened meanwhile, and begin anew.
        """
        self._number += 1
        if self._loop is not None and not self._stop.is_set():
            texts: dict[int | None, str | None] = {
                one: orjson.dumps(message).decode() for one, message in messages.items()
            }
            late = self._areas().difference(asked)
            texts |= dict.fromkeys(late)
            self._loop.call_soon_threadsafe(self._deliver_some, self._number, texts)

    def _deliver_some(self, number: int, texts: Mapping[int | None, str | None]) -> None:
        for subscriber in self._subscribers:
            if subscriber.area_id in texts:
                subscriber.offer(number, texts[subscriber.area_id])

    def _deliver(self, number: int, texts: Mapping[int | None, str]) -> None:
        for subscriber in self._subscribers:
            subscriber.offer(number, texts.get(subscriber.area_id))


def _statuses(health: Json) -> Json:
    statuses = {name: one["status"] for name, one in health["components"].items()}
    return {**statuses, "duties": health["duties"]}


def _changed(batch: list[psycopg.Notify]) -> Changed:
    changed = Changed()
    for notice in batch:
        told = json.loads(notice.payload)
        changed.add(told["t"], told["ids"])
    return changed
