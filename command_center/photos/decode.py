"""The child process that decodes one photo: `python -m command_center.photos.decode IN OUT`.

A photo from outside may be made to break its decoder, so the decoder runs here, with little
memory, little time and nothing to lose. Prints ``{"width", "height", "hash"}`` and what the photo
says of itself (``taken_at``, ``offset``, ``lon``, ``lat``, where it does), and exits 0; or
prints ``{"refusal": reason}`` and exits 3. Anything else means that it broke.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

# Address space, CPU seconds, size of the file written, open files.
MEMORY_BYTES = 900_000_000
CPU_S = 10
FILE_BYTES = 20_000_000
FILES = 64

MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2_048
REFUSED = 3
# A picture with fewer differences than this (of 64) could be any.
_FEWEST_STEPS = 12


def limit() -> None:
    """Give up what this process does not need; before anything of the photo is read."""
    for which, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def decode(source: Path, target: Path) -> dict[str, Any]:
    """Re-encode ``source`` as a JPEG without metadata; its width, height and perceptual hash, and
    what it told of itself.

    Exits with REFUSED for what is no photo that can be shown.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP")) as photo:
            if photo.width * photo.height > MOST_PIXELS:
                _refuse("too_many_pixels")
            told = _told(photo)
            photo.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(photo)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            # a new image carries over pixels and nothing else
            clean = Image.new("RGB", upright.size, "white")
            mask = upright.getchannel("A") if upright.mode in ("RGBA", "LA") else None
            clean.paste(upright.convert("RGB"), mask=mask)
    except Image.DecompressionBombError:
        _refuse("too_many_pixels")
    except UnidentifiedImageError:
        _refuse("not_a_photo")
    except (OSError, SyntaxError, ValueError, IndexError, MemoryError):
        _refuse("damaged")
    clean.save(target, "JPEG", quality=85, optimize=True)
    bits = perceptual_hash(clean.convert("L").resize((9, 8)).tobytes())
    return {**told, "width": clean.width, "height": clean.height, "hash": bits}


def perceptual_hash(grey: bytes) -> int | None:
    """64 bits, signed, of 8 rows of 9 grey pixels: whether it gets brighter from left to right.

    Nearly the same for a picture that was scaled, compressed or brightened; None where a picture
    is too even to be told from others.
    """
    steps = [grey[row * 9 + x + 1] - grey[row * 9 + x] for row in range(8) for x in range(8)]
    if sum(abs(step) > 2 for step in steps) < _FEWEST_STEPS:
        return None
    bits = sum(1 << place for place, step in enumerate(steps) if step > 0)
    return bits - (1 << 64) if bits >> 63 else bits


def main() -> int:
    """Decode the photo named on the command line."""
    limit()
    sys.stdout.write(json.dumps(decode(Path(sys.argv[1]), Path(sys.argv[2]))))
    return 0


def _told(photo: Any) -> dict[str, Any]:
    """When and where the photo was taken, as its EXIF says; nothing where that makes no sense."""
    found: dict[str, Any] = {}
    try:
        exif = photo.getexif()
        camera, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        found = {"taken_at": _text(camera.get(0x9003)), "offset": _text(camera.get(0x9011))}
        if 2 in gps and 4 in gps:
            lat, lon = _degrees(gps[2], gps.get(1)), _degrees(gps[4], gps.get(3))
            if abs(lat) <= 90 and abs(lon) <= 180 and (lon, lat) != (0.0, 0.0):
                found |= {"lon": lon, "lat": lat}
    except Exception:  # noqa: BLE001  whatever a hostile header does: it then tells nothing
        return {}
    return {name: value for name, value in found.items() if value is not None}


def _text(value: Any) -> str | None:
    return value.strip("\0 ")[:40] or None if isinstance(value, str) else None


def _degrees(parts: Any, side: Any) -> float:
    degrees, minutes, seconds = (float(one) for one in parts)
    whole = degrees + minutes / 60 + seconds / 3600
    return -whole if side in ("S", "W") else whole


def _refuse(reason: str) -> NoReturn:
    sys.stdout.write(json.dumps({"refusal": reason}))
    sys.stdout.flush()
    raise SystemExit(REFUSED)


if __name__ == "__main__":
    raise SystemExit(main())
