"""Decodes waiting photos, one after the other, each in a child process of its own."""

import json
import logging
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from command_center.photos.decode import REFUSED
from command_center.photos.files import PhotoFiles
from events.store import attachments, rules, suggestions
from grid.store.postgis import notify, transaction

_LOG = logging.getLogger(__name__)

ACTOR = "system:photos"
# The child has 10 s of CPU; this is for one that waits for something.
_TIMEOUT_S = 30.0
_LOOK_EVERY_S = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """What became of one photo: its size and hash, or why it is refused.

    ``taken_at``, ``offset`` (as in EXIF), ``lon``, ``lat``: what it says of itself.
    """

    width: int | None = None
    height: int | None = None
    refusal: str | None = None
    perceptual_hash: int | None = None
    taken_at: str | None = None
    offset: str | None = None
    lon: float | None = None
    lat: float | None = None

    def taken(self, zone: tzinfo) -> datetime | None:
        """When it was taken; a camera that names no offset is on the city's time."""
        told = f"{self.taken_at} {self.offset or '+00:00'}"
        try:
            at = datetime.strptime(told, "%Y:%m:%d %H:%M:%S %z")
        except ValueError:
            return None
        return at if self.offset else at.replace(tzinfo=zone)


class PhotoWorker:
    """A thread of the web process; several web processes share the work (SKIP LOCKED)."""

    def __init__(self, *, engine: Engine, data: Path) -> None:
        """``engine`` works as cc_web; photos lie below ``data``."""
        self.files = PhotoFiles(data)
        self._engine = engine
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="photos", daemon=True)

    def start(self) -> None:
        """Begin with what waits since last time."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the photo at hand; returns when the thread has ended."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """A photo has come."""
        self._wake.set()

    def work_one(self) -> bool:
        """Decode the next waiting photo; False when none waits."""
        with transaction(self._engine, ACTOR) as conn:
            waiting = attachments.claim_waiting(conn, limit=1)
            if not waiting:
                return False
            (photo,) = waiting
            found = self.decode(photo)
            attachments.decide(
                conn,
                photo,
                state="refused" if found.refusal else "ready",
                width=found.width,
                height=found.height,
                refusal=found.refusal,
                perceptual_hash=found.perceptual_hash,
                taken_at=found.taken(rules.load(conn).calendar.zone),
                lon=found.lon,
                lat=found.lat,
            )
            project_id = attachments.project_of(conn, photo)
            if project_id is not None:
                notify(conn, "cc_live", "project", [project_id])
            ticket_id = attachments.holder(conn, photo)
            if ticket_id is not None:
                if found.perceptual_hash is not None:
                    suggestions.ask(conn, ticket_id)
                notify(conn, "cc_live", "ticket", [ticket_id])
        return True

    def decode(self, photo: UUID) -> Decoded:
        """Run the child on one photo."""
        source, target = self.files.incoming(photo), self.files.ready(photo)
        if not source.is_file():
            return Decoded(refusal="missing")
        self.files.make_folders()
        part = target.with_suffix(".part")
        command = [
            sys.executable,
            "-I",
            "-m",
            "command_center.photos.decode",
            str(source),
            str(part),
        ]
        try:
            # nothing of our environment (database, secrets) is handed on
            child = subprocess.run(
                command,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
                umask=0o077,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            part.unlink(missing_ok=True)
            return Decoded(refusal="damaged")
        if child.returncode == 0:
            part.replace(target)
            told = json.loads(child.stdout)
            return Decoded(perceptual_hash=told.pop("hash"), **told)
        part.unlink(missing_ok=True)
        if child.returncode == REFUSED:
            return Decoded(refusal=json.loads(child.stdout)["refusal"])
        _LOG.warning("photo %s broke its decoder: %s", photo, _ending(child))
        return Decoded(refusal="damaged")

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                while not self._stop.is_set() and self.work_one():
                    pass
            except (SQLAlchemyError, OSError) as error:
                _LOG.warning("photos wait: %s", str(error).split("\n")[0])
            self._wake.wait(_LOOK_EVERY_S)


def _ending(child: "subprocess.CompletedProcess[bytes]") -> str:
    if child.returncode < 0:
        return signal.Signals(-child.returncode).name
    lines = child.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {child.returncode}"
