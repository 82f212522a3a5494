"""Small drawn pictures that stand for the photos of residents and crews in the demo city."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

_SIZE = (480, 360)
_HORIZON = 190

Draw = ImageDraw.ImageDraw


def draw_photo(family: str, *, solved: bool, seed: int) -> bytes:
    """Return a JPEG of some 15 kB: a street (or shore) with the trouble, or without it."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", _SIZE)
    draw = ImageDraw.Draw(image)
    _sky(draw, random)
    _houses(draw, random)
    _ground(draw, wet=family in ("debris", "discharge"))
    if not solved:
        _TROUBLES.get(family, _heap)(draw, random)
    else:
        _cones(draw)
    grain = random.normal(0.0, 5.0, (_SIZE[1], _SIZE[0], 1))
    pixels = np.clip(np.asarray(image, dtype=np.float64) + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=78)
    return out.getvalue()


def _sky(draw: Draw, random: np.random.Generator) -> None:
    tint = int(random.integers(-18, 18))
    for y in range(_HORIZON):
        shade = y / _HORIZON
        colour = (int(150 + 60 * shade) + tint, int(180 + 40 * shade) + tint, 225)
        draw.line([(0, y), (_SIZE[0], y)], fill=colour)


def _houses(draw: Draw, random: np.random.Generator) -> None:
    x = -20
    while x < _SIZE[0]:
        width, height = int(random.integers(50, 110)), int(random.integers(40, 150))
        grey = int(random.integers(130, 200))
        draw.rectangle(
            [x, _HORIZON - height, x + width, _HORIZON], fill=(grey, grey - 6, grey - 16)
        )
        for row in range(_HORIZON - height + 10, _HORIZON - 10, 22):
            for column in range(x + 8, x + width - 12, 18):
                draw.rectangle([column, row, column + 9, row + 12], fill=(90, 105, 125))
        x += width + int(random.integers(2, 20))


def _ground(draw: Draw, *, wet: bool) -> None:
    draw.rectangle([0, _HORIZON, *_SIZE], fill=(88, 120, 140) if wet else (112, 112, 114))
    if not wet:
        draw.rectangle([0, _HORIZON, _SIZE[0], _HORIZON + 22], fill=(158, 152, 142))
        for x in range(-10, _SIZE[0], 90):
            draw.polygon(
                [(x, 285), (x + 46, 285), (x + 40, 293), (x - 8, 293)], fill=(220, 220, 210)
            )


def _spots(
    draw: Draw, random: np.random.Generator, count: int, colours: tuple[tuple[int, int, int], ...]
) -> None:
    for _ in range(count):
        x, y = random.normal(240, 85), random.uniform(225, 335)
        w, h = random.uniform(4, 22), random.uniform(3, 11)
        draw.ellipse([x - w, y - h, x + w, y + h], fill=colours[int(random.integers(len(colours)))])


def _flooded(draw: Draw, random: np.random.Generator) -> None:
    draw.rectangle([0, 215, *_SIZE], fill=(118, 124, 118))
    for _ in range(60):
        x, y = random.uniform(0, _SIZE[0]), random.uniform(220, 355)
        draw.line([(x, y), (x + random.uniform(15, 60), y)], fill=(150, 158, 152))


def _dusty(draw: Draw, random: np.random.Generator) -> None:
    _spots(draw, random, 30, ((176, 150, 110), (160, 136, 100), (190, 165, 125)))
    for _ in range(26):
        x, y, r = random.uniform(60, 420), random.uniform(90, 240), random.uniform(14, 48)
        draw.ellipse([x - r, y - r * 0.7, x + r, y + r * 0.7], fill=(196, 180, 150))


def _floating(draw: Draw, random: np.random.Generator) -> None:
    _spots(draw, random, 90, ((96, 128, 62), (120, 140, 70), (190, 185, 170), (150, 120, 80)))


def _discharge(draw: Draw, random: np.random.Generator) -> None:
    draw.ellipse([205, 200, 275, 246], fill=(70, 70, 70))
    draw.polygon([(215, 232), (265, 232), (330, 359), (120, 359)], fill=(78, 62, 44))
    _spots(draw, random, 20, ((92, 76, 56), (70, 56, 40)))


def _hole(draw: Draw, random: np.random.Generator) -> None:
    x, y = random.normal(240, 30), random.normal(285, 12)
    draw.ellipse([x - 70, y - 26, x + 70, y + 26], fill=(64, 62, 60))
    draw.ellipse([x - 52, y - 17, x + 52, y + 17], fill=(38, 36, 34))


def _dark_lamp(draw: Draw, _: np.random.Generator) -> None:
    draw.rectangle([236, 60, 243, 290], fill=(60, 62, 66))
    draw.rectangle([236, 60, 300, 66], fill=(60, 62, 66))
    draw.ellipse([290, 62, 318, 76], fill=(40, 40, 44))


def _heap(draw: Draw, random: np.random.Generator) -> None:
    colours = ((60, 70, 62), (200, 200, 196), (150, 60, 50), (70, 90, 150), (170, 150, 90))
    _spots(draw, random, 55, colours)


def _cones(draw: Draw) -> None:
    for x in (150, 330):
        draw.polygon([(x - 14, 300), (x + 14, 300), (x, 254)], fill=(226, 98, 40))
        draw.line([(x - 8, 284), (x + 8, 284)], fill=(240, 240, 240), width=5)


_TROUBLES: dict[str, Callable[[Draw, np.random.Generator], None]] = {
    "flood": _flooded,
    "rain": _flooded,
    "sewage": _flooded,
    "dust": _dusty,
    "debris": _floating,
    "discharge": _discharge,
    "road": _hole,
    "manhole": _hole,
    "lamp": _dark_lamp,
    "garbage": _heap,
}
