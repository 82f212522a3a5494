"""How long tiles take: cut anew at z 12, from the cache, and unchanged."""

from __future__ import annotations

import math
import statistics
import time
from http.client import HTTPConnection

import httpx

from benchmarks.wall_city import BigCity
from benchmarks.wall_sheet import Sheet

_Z = 12
_LAYERS = ("basemap", "cells", "areas", "components")
_ROUNDS = 4  # with a new web process each: its cache is empty
_AGAIN = 25
_BOX = (118.0, 24.4, 118.142, 24.542)


def tiles(city: BigCity, sheet: Sheet) -> None:
    """Every tile of the city at z 12, of every layer."""
    addresses = _addresses(_Z)
    sheet.begin("tiles", f"{len(addresses)} of them at z {_Z}, each of {len(_LAYERS)} layers")
    fresh: dict[str, list[float]] = {layer: [] for layer in _LAYERS}
    first, cached, unchanged, sizes = [], [], [], {}
    for number in range(_ROUNDS):
        city.start()
        with city.signed_in() as client:
            asked = _Asked(city, client)
            # what a session of the database first cuts of a layer pays for PostGIS and the plan
            beside = _beside(addresses[0])
            first += [asked.get(f"/tiles/{layer}/{beside}.mvt")[0] for layer in _LAYERS]
            for layer in _LAYERS:
                for at in addresses:
                    took, _, size, etag = asked.get(f"/tiles/{layer}/{at}.mvt")
                    fresh[layer].append(took)
                    sizes[layer] = max(size, sizes.get(layer, 0))
                    for _ in range(_AGAIN // _ROUNDS):
                        cached.append(asked.get(f"/tiles/{layer}/{at}.mvt")[0])
                        took, status, size, _ = asked.get(f"/tiles/{layer}/{at}.mvt", etag)
                        assert (status, size) == (304, 0), (status, size)
                        unchanged.append(took)
        sheet.say(f"{number + 1} of {_ROUNDS}")
    for layer in _LAYERS:
        sheet.add(f"uncached, {layer}: median", statistics.median(fresh[layer]), "ms")
        sheet.add(f"uncached, {layer}: p95", _p95(fresh[layer]), "ms", most=30.0)
        sheet.add(f"largest, {layer}", sizes[layer] / 1000, "kB")
    sheet.add("the first of a layer in a new process: most", max(first), "ms")
    sheet.add("cached: p95", _p95(cached), "ms", most=3.0)
    sheet.add("unchanged (304): p95", _p95(unchanged), "ms", most=3.0)


class _Asked:
    """One connection with a session; nothing of it costs more than the answer."""

    def __init__(self, city: BigCity, client: httpx.Client) -> None:
        self._connection = HTTPConnection("127.0.0.1", city.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._headers = {"Cookie": cookies, "Accept-Encoding": "gzip"}

    def get(self, path: str, etag: str | None = None) -> tuple[float, int, int, str]:
        """Milliseconds, status, bytes, ETag."""
        headers = self._headers if etag is None else {**self._headers, "If-None-Match": etag}
        began = time.perf_counter()
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        size = len(answer.read())
        took = (time.perf_counter() - began) * 1000
        assert answer.status in (200, 304), answer.status
        return took, answer.status, size, answer.headers["ETag"]


def _addresses(z: int) -> list[str]:
    west, south, east, north = _BOX
    xs = range(_x(west, z), _x(east, z) + 1)
    ys = range(_y(north, z), _y(south, z) + 1)
    return [f"{z}/{x}/{y}" for x in xs for y in ys]


def _beside(address: str) -> str:
    """The tile to the west, which is outside of the city."""
    z, x, y = address.split("/")
    return f"{z}/{int(x) - 1}/{y}"


def _x(lon: float, z: int) -> int:
    return int((lon + 180) / 360 * 2**z)


def _y(lat: float, z: int) -> int:
    return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]
