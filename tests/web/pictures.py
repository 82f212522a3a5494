"""Photos for tests: good ones, and ones that are made to hurt."""

import io
import struct
import zlib

from PIL import Image


def jpeg(width: int = 640, height: int = 480, *, exif: bool = False) -> bytes:
    """A JPEG; with ``exif`` it tells where and with what it was taken, and lies on its side."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    told = Image.Exif()
    if exif:
        told[0x010F] = "SecretCamera"
        told[0x0112] = 6  # to be turned by 90 degrees
        told.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=told.tobytes() if exif else b"")
    return out.getvalue()


def png_bomb(side: int = 30_000) -> bytes:
    """A small PNG that says it has ``side`` x ``side`` pixels, all black."""
    rows = zlib.compress(b"\0" * (side // 8 + 1) * 200, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND")


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum
