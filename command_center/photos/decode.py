"""The child process that decodes one photo: `python -m command_center.photos.decode IN OUT`.

A photo from outside may be made to break its decoder, so the decoder runs here, with little
memory, little time and nothing to lose. Prints ``{"width", "height", "hash"}`` and exits 0, or
prints ``{"refusal": reason}`` and exits 3. Anything else means that it broke.
"""

import json
import resource
import sys
from pathlib import Path
from typing import NoReturn

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


def decode(source: Path, target: Path) -> tuple[int, int, int | None]:
    """Re-encode ``source`` as a JPEG without metadata; its width, height and perceptual hash.

    Exits with REFUSED for what is no photo that can be shown.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP")) as photo:
            if photo.width * photo.height > MOST_PIXELS:
                _refuse("too_many_pixels")
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
    return *clean.size, perceptual_hash(clean.convert("L").resize((9, 8)).tobytes())


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
    width, height, bits = decode(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(json.dumps({"width": width, "height": height, "hash": bits}))
    return 0


def _refuse(reason: str) -> NoReturn:
    sys.stdout.write(json.dumps({"refusal": reason}))
    sys.stdout.flush()
    raise SystemExit(REFUSED)


if __name__ == "__main__":
    raise SystemExit(main())
