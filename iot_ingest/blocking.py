"""Writes down who is cut off and who is let in again, and tells people about it.

The broker learns of it from iot.blocks: who keeps its password file looks each second, leaves the
device out and has the file read again; the broker then disconnects it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from events.model.actor import system
from events.model.event import Change
from grid.store.postgis import notify, transaction
from iot_ingest.device_faults import tell
from iot_ingest.guard import Flood, Guard
from iot_ingest.model.device import Device
from iot_ingest.model.flood import Allowance, allowance, block_for
from iot_ingest.model.quarantine import Reason, Trouble
from iot_ingest.sorting import set_aside
from iot_ingest.store import blocks, devices, quarantine
from iot_ingest.store.blocks import Block
from layers.contract import Words

_log = logging.getLogger(__name__)

GUARD = system("guard")
_EVERY_S = 1.0
_DAY = timedelta(days=1)


class Blocking:
    """A guard, with the database behind it. Used by the ingester's thread alone.

    ``away``: the database is known not to answer, and is not asked what devices may send: that
    would only take time, while messages are to be spooled.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._next = 0.0
        self.away = False
        self.guard = Guard(self._allowances)

    def settle(self) -> None:
        """Write new floods at once, and once a second everything else.

        What the database cannot take now is kept for later: who is cut off is so at once.
        """
        now = time.monotonic()
        if now < self._next and not self.guard.floods:
            return
        self._next = now + _EVERY_S
        try:
            self._settle()
        except SQLAlchemyError as error:
            _log.warning("who is cut off cannot be written now: %s", error)

    def _settle(self) -> None:
        guard = self.guard
        while guard.floods:
            self._cut_off(guard.floods[0], datetime.now(UTC))
            guard.floods.popleft()
        self._write_rejected(datetime.now(UTC))
        with self._engine.connect() as conn:
            left, over = blocks.active(conn), blocks.some_are_over(conn)
        guard.set_blocks(left)
        if over:
            self._let_in(datetime.now(UTC))

    def _allowances(self, device_ids: Iterable[str]) -> Mapping[str, Allowance] | None:
        if self.away:
            return None
        try:
            with self._engine.connect() as conn:
                return {
                    one.device_id: allowance(one.interval_s, len(one.metrics))
                    for one in devices.by_ids(conn, device_ids)
                }
        except SQLAlchemyError:
            return None

    def _cut_off(self, flood: Flood, now: datetime) -> None:
        with transaction(self._engine, GUARD.key) as conn:
            device = devices.by_id(conn, flood.device_id)
            if device is None:
                # it speaks through somebody who may say every name; there is nobody to cut off
                _log.warning("messages of %s, which is not registered, flood", flood.device_id)
                self.guard.written(flood.device_id, _DAY.total_seconds())
                return
            lasts = block_for(blocks.earlier(conn, device.device_no, now - _DAY))
            heard = flood.heard
            block = blocks.add(
                conn,
                device.device_no,
                since=now,
                until=now + lasts,
                readings_s=heard.readings / heard.seconds,
                bytes_s=heard.bytes / heard.seconds,
            )
            tell(
                conn,
                device,
                thread=_thread(device, block),
                change=Change.RAISED,
                words=_words(block, lasts),
                attributes={
                    "fault": "flood",
                    "readings_s": round(block.readings_s, 1),
                    "bytes_s": round(block.bytes_s),
                    "until": block.ended_at.isoformat(),
                },
                at=now,
                by=GUARD,
                now=now,
            )
            notify(conn, "cc_live", "reading", [device.device_no])
        self.guard.written(flood.device_id, lasts.total_seconds())
        _log.warning("%s floods and is cut off for %s", flood.device_id, lasts)

    def _write_rejected(self, now: datetime) -> None:
        guard = self.guard
        if not guard.rejected and not guard.kept:
            return
        trouble = Trouble(reason=Reason.FLOOD, detail="the device is cut off")
        with transaction(self._engine, GUARD.key) as conn:
            blocks.reject(conn, guard.rejected, now)
            quarantine.put_aside(conn, [set_aside(one, trouble) for one in guard.kept])
        guard.rejected.clear()
        guard.kept.clear()

    def _let_in(self, now: datetime) -> None:
        with transaction(self._engine, GUARD.key) as conn:
            ended = blocks.over(conn)
            numbers = [block.device_no for block in ended]
            known = {one.device_no: one for one in devices.by_nos(conn, numbers)}
            for block in ended:
                device = known.get(block.device_no)
                if device is not None:
                    tell(
                        conn,
                        device,
                        thread=_thread(device, block),
                        change=Change.CLEARED,
                        words=Words(zh="恢复接入", en="let in again"),
                        attributes={"fault": "flood"},
                        at=block.ended_at,
                        by=GUARD,
                        now=now,
                    )
                blocks.told(conn, block.block_id, now)
            notify(conn, "cc_live", "reading", numbers)


def _thread(device: Device, block: Block) -> str:
    return f"flood:{device.device_id}:{block.block_id}"


def _words(block: Block, lasts: timedelta) -> Words:
    rate, minutes = f"{block.readings_s:.0f}", round(lasts.total_seconds() / 60)
    kilobytes = f"{block.bytes_s / 1000:.0f}"
    return Words(
        zh=f"数据洪泛（每秒 {rate} 条、{kilobytes} kB），已断开 {minutes} 分钟，请检查设备程序",
        en=f"floods with {rate} readings and {kilobytes} kB a second and is cut off for {minutes}"
        " min: check its program",
    )
