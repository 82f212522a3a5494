"""Photos that are made to hurt: refused, while nothing else is harmed."""

import io
import time
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from command_center.app import Application
from command_center.photos.files import PhotoFiles
from command_center.photos.worker import Decoded, PhotoWorker
from tests.web.pictures import jpeg, png_bomb


@pytest.fixture
def worker(app: Application) -> PhotoWorker:
    """The worker, not started."""
    app.photos.files.make_folders()
    return app.photos


def _decode(worker: PhotoWorker, content: bytes) -> tuple[Decoded, Path]:
    photo = uuid4()
    worker.files.incoming(photo).write_bytes(content)
    return worker.decode(photo), worker.files.ready(photo)


def test_what_is_shown_has_pixels_and_nothing_else(worker: PhotoWorker) -> None:
    content = jpeg(4000, 3000, exif=True) + b"PK\x03\x04 a trailer with secrets"
    found, shown = _decode(worker, content)
    # upright, and no larger than needed
    assert (found.width, found.height, found.refusal) == (1536, 2048, None)
    data = shown.read_bytes()
    assert b"secrets" not in data
    assert b"Exif" not in data
    assert shown.stat().st_mode & 0o777 == 0o600
    with Image.open(io.BytesIO(data)) as image:
        assert dict(image.getexif()) == {}


def test_transparency_becomes_white(worker: PhotoWorker) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    found, shown = _decode(worker, out.getvalue())
    assert found.refusal is None
    with Image.open(shown) as image:
        assert min(image.getpixel((5, 5))) > 250  # type: ignore[arg-type]  # RGB


@pytest.mark.parametrize(("content", "refusal"), [
    (b"", "not_a_photo"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_a_photo"),
    (b"GIF89a" + b"\0" * 100, "not_a_photo"),
    (b"%PDF-1.7", "not_a_photo"),
    (jpeg()[:400], "damaged"),
    (jpeg()[:200] + b"\xff" * 5_000, "damaged"),
    (png_bomb(), "too_many_pixels"),
])  # fmt: skip
def test_hostile_photos_are_refused(worker: PhotoWorker, content: bytes, refusal: str) -> None:
    found, shown = _decode(worker, content)
    assert found == Decoded(refusal=refusal)
    assert not shown.exists()
    assert list(shown.parent.iterdir()) == []


def test_a_missing_original_is_refused(worker: PhotoWorker) -> None:
    assert worker.decode(uuid4()) == Decoded(refusal="missing")


def test_a_decoder_that_takes_too_much_memory_ends_alone(
    worker: PhotoWorker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The limit itself: a child that allocates without end is refused its memory."""
    import subprocess
    import sys

    script = "from command_center.photos.decode import limit; limit(); bytearray(2_000_000_000)"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert b"MemoryError" in child.stderr
    script = (
        "from command_center.photos.decode import limit; limit();"
        " open('x', 'wb').write(b'0' * 30_000_000)"
    )
    child = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, cwd=tmp_path
    )
    assert child.returncode != 0
    assert (tmp_path / "x").stat().st_size <= 20_000_000


def test_twelve_megapixels_are_quick_enough(worker: PhotoWorker) -> None:
    started_s = time.monotonic()
    found, _ = _decode(worker, jpeg(4000, 3000))
    assert found.refusal is None
    assert time.monotonic() - started_s < 10  # 0.4 s on an idle machine


def test_files_are_copied_piece_by_piece(tmp_path: Path) -> None:
    files = PhotoFiles(tmp_path)
    kept = files.keep(io.BytesIO(b"x" * 1_000_000), kind="report")
    assert kept.size == 1_000_000
    assert files.incoming(kept.attachment_id).stat().st_size == 1_000_000
    files.forget((kept,))
    assert not files.incoming(kept.attachment_id).exists()
