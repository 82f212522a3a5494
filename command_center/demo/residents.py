"""Simulated residents of the demo city: they report through the same HTTP door as real ones."""

import http.client
import json
import logging
import random
import ssl
import threading
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import shapely

from command_center.demo.land import draw_land
from command_center.demo.photo import draw_photo
from command_center.demo.plane import position
from command_center.demo.roads import draw_roads, towns
from command_center.settings import Settings

_log = logging.getLogger(__name__)

_FIRST_AFTER_S = 12.0
_EVERY_S = 45.0
_WITH_PHOTO = 0.5
# Some see what another one has just reported.
_SAME_PLACE = 0.2

# Category: how often, family for the picture, what people write.
_SEEN: tuple[tuple[str, int, str, tuple[tuple[str, str], ...]], ...] = (
    ("garbage", 5, "garbage", (
        ("路边垃圾堆了两天没人收", "Rubbish has been lying by the road for two days"),
        ("垃圾桶满溢，有异味", "The bins overflow and smell"))),
    ("road_damage", 4, "road", (
        ("路面有个大坑，电动车很危险", "A deep hole in the road, dangerous for scooters"),
        ("人行道地砖松动", "Loose slabs on the pavement"))),
    ("street_lamp", 3, "lamp", (
        ("路灯不亮，晚上很黑", "The street lamp is out, it is very dark at night"),)),
    ("manhole_cover", 2, "manhole", (
        ("井盖缺失，请尽快处理", "A manhole cover is missing, please come soon"),
        ("井盖松动，车过有响声", "A loose manhole cover rattles under cars"))),
    ("flooding", 2, "flood", (
        ("路口积水，行人过不去", "Water on the crossing, nobody can walk through"),)),
    ("construction_dust", 2, "dust", (
        ("工地没有喷淋，灰尘很大", "The building site does not spray, dust everywhere"),)),
    ("floating_debris", 1, "debris", (
        ("河面有很多漂浮垃圾", "A lot of rubbish floats on the river"),)),
    ("other", 1, "other", (
        ("公交站顶棚破损", "The roof of the bus stop is broken"),)),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What a resident saw."""

    category: str
    family: str
    words: str
    lon: float
    lat: float


class Residents(threading.Thread):
    """Reports every 45 seconds (at speed 1) until told to stop."""

    def __init__(self, settings: Settings, speed: float, stop: threading.Event) -> None:
        """``settings.public_url`` is where the web process answers."""
        super().__init__(name="residents", daemon=True)
        self._settings = settings
        self._speed = speed
        self._stopped = stop
        self._chance = random.Random()  # noqa: S311 - a play, no secret
        self._last: Sight | None = None
        self._lines: list[shapely.LineString] = []

    def run(self) -> None:
        """Report now and then; whatever goes wrong, the next report is tried again."""
        if not self._settings.public_url:
            return
        streets = draw_roads(draw_land())
        inside = shapely.intersection(streets.road, towns())
        self._lines = list(shapely.get_parts(inside))
        self._stopped.wait(_FIRST_AFTER_S / self._speed)
        while not self._stopped.is_set():
            sight = self._look()
            try:
                status = self._send(sight)
                if status != http.client.CREATED:
                    _log.info("a report was answered with %s", status)
            except (OSError, http.client.HTTPException) as trouble:
                _log.info("the web process did not answer: %s", trouble)
            self._stopped.wait(_EVERY_S * self._chance.uniform(0.7, 1.3) / self._speed)

    def _look(self) -> Sight:
        if self._last is not None and self._chance.random() < _SAME_PLACE:
            last, self._last = self._last, None
            return Sight(category=last.category, family=last.family, words=last.words,
                         lon=last.lon + self._chance.gauss(0, 8e-5),
                         lat=last.lat + self._chance.gauss(0, 8e-5))  # fmt: skip
        category, _, family, texts = self._chance.choices(_SEEN, weights=[one[1] for one in _SEEN])[
            0
        ]
        weights = [line.length for line in self._lines]
        line = self._chance.choices(self._lines, weights=weights)[0]
        spot = line.interpolate(self._chance.random(), normalized=True)
        lon, lat = position(spot.x, spot.y)
        zh, en = self._chance.choice(texts)
        words = zh if self._settings.language == "zh" else en
        self._last = Sight(category=category, family=family, words=words, lon=lon, lat=lat)
        return self._last

    def _send(self, sight: Sight) -> int:
        """POST the report; the answer's status."""
        fields = {
            "category": sight.category,
            "lon": sight.lon,
            "lat": sight.lat,
            "description": sight.words,
        }
        if self._chance.random() < _WITH_PHOTO:
            photo = draw_photo(sight.family, solved=False, seed=self._chance.randrange(10**6))
            kind, body = _form(fields, photo)
        else:
            kind, body = "application/json", json.dumps(fields).encode()
        url = urlsplit(self._settings.public_url or "")
        host = url.hostname or "127.0.0.1"
        connection = (
            http.client.HTTPSConnection(host, url.port, timeout=10, context=_trust())
            if url.scheme == "https"
            else http.client.HTTPConnection(host, url.port, timeout=10)
        )
        headers = {
            "Content-Type": kind,
            "Idempotency-Key": str(uuid.uuid4()),
            "Accept-Language": self._settings.language,
        }
        try:
            connection.request("POST", "/api/v1/reports", body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _form(fields: dict[str, object], photo: bytes) -> tuple[str, bytes]:
    """A multipart form with one photo: its content type and body."""
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        f'--{edge}\r\nContent-Disposition: form-data; name="photos"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n".encode()
    )
    return f"multipart/form-data; boundary={edge}", b"".join(
        [*parts, photo, f"\r\n--{edge}--\r\n".encode()]
    )
