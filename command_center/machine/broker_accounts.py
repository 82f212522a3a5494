"""Keeps who may connect to the private broker in step with the devices in the database."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from command_center.machine.broker import Broker, write_accounts
from command_center.machine.broker_sessions import SessionWatch
from command_center.machine.data_folder import DataFolder
from grid.store.postgis import reading
from iot_ingest.store import credentials

_LOOK_EVERY_S = 1.0


class Signals(Protocol):
    """Who can send a signal to a service that runs."""

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send it to the service of this name."""


class BrokerAccounts:
    """Writes the accounts when devices changed, and has the broker read them again."""

    def __init__(
        self,
        broker: Broker,
        data: DataFolder,
        users: Mapping[str, str],
        engine: Engine,
        supervisor: Signals,
    ) -> None:
        self._broker = broker
        self._data = data
        self._users = users
        self._engine = engine
        self._supervisor = supervisor
        self._mark: str | None = None
        self._sessions = SessionWatch()

    async def refresh(self) -> None:
        """Bring the broker up to date now. Raises SQLAlchemyError when the database is away."""
        if await asyncio.to_thread(self._rewrite):
            self._supervisor.signal("broker", signal.SIGHUP)

    async def follow(self) -> None:
        """Look for changes for ever; a database that is away or a full disk is tried again."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self.refresh()
                await self._save_sessions()
            except (SQLAlchemyError, OSError):
                continue

    async def _save_sessions(self) -> None:
        """Have the broker write ingest's session down as soon as there is one."""
        save = self._broker.save
        if save is not None and await asyncio.to_thread(self._has_new_session):
            self._supervisor.signal("broker", save)

    def _has_new_session(self) -> bool:
        with reading(self._engine) as conn:
            return self._sessions.is_new(conn)

    def _rewrite(self) -> bool:
        with reading(self._engine) as conn:
            mark = credentials.mark(conn)
            if mark == self._mark:
                return False
            entries = credentials.entries(conn)
        write_accounts(self._broker, self._data, self._users, entries)
        self._mark = mark
        return True
