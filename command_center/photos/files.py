"""Where photos are kept: originals in ``photos/incoming``, what is shown in ``photos/ready``."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from events.model.report import PhotoDraft

MOST_BYTES = 15_000_000
MOST_PHOTOS = 3
_CHUNK = 256 * 1024


class PhotoTooLarge(Exception):
    """A photo has more than MOST_BYTES bytes."""


class PhotoFiles:
    """The photo folders below a data folder; made on first use, readable by us alone."""

    def __init__(self, data: Path) -> None:
        """``data`` is the data folder."""
        self._incoming = data / "photos" / "incoming"
        self._ready = data / "photos" / "ready"

    def incoming(self, photo: UUID) -> Path:
        """The original of a photo."""
        return self._incoming / str(photo)

    def ready(self, photo: UUID) -> Path:
        """What may be shown of it."""
        return self._ready / f"{photo}.jpg"

    def make_folders(self) -> None:
        """Make sure that the folders are there. Raises OSError when they cannot be made."""
        for folder in (self._incoming, self._ready):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, source: BinaryIO, *, kind: str) -> PhotoDraft:
        """Copy a photo into the incoming folder, piece by piece, and onto the disk.

        Raises PhotoTooLarge, then nothing is kept.
        """
        self.make_folders()
        photo = uuid4()
        path = self.incoming(photo)
        digest, size = hashlib.sha256(), 0
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(opened, "wb") as target:
                for chunk in _pieces(source):
                    size += len(chunk)
                    digest.update(chunk)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return PhotoDraft(attachment_id=photo, sha256=digest.digest(), size=size, kind=kind)

    def forget(self, photos: tuple[PhotoDraft, ...]) -> None:
        """Remove originals that no row knows."""
        for one in photos:
            self.incoming(one.attachment_id).unlink(missing_ok=True)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > MOST_BYTES:
            raise PhotoTooLarge
        yield chunk
