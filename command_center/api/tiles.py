"""Vector tiles of cells, areas, base map and components."""

import gzip
import hashlib
import os
from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Path, Request, Response

from command_center.errors import Missing
from command_center.packed import packed, takes_packed
from command_center.services import Services
from grid.store import tiles
from grid.store.postgis import reading

# So many are cut at a time: who moves the map asks for two dozen at once, and who opens something
# meanwhile must not wait for all of them. (The database cuts a tile on one core.)
AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
# The ground changes by imports only; a tile this old is cut again.
_FRESH_S = 300.0
_KEPT = 4_000
_TYPE = "application/vnd.mapbox-vector-tile"

# Layer, zoom, column, row.
_Address = tuple[str, int, int, int]

LAYERS = ("cells", "areas", "basemap", "components")


class TileCache:
    """Compressed tiles by address, the least recently used forgotten first."""

    def __init__(self, services: Services) -> None:
        """Cut tiles from ``services.engine`` when they are asked for."""
        self._services = services
        self._tiles: OrderedDict[_Address, tuple[float, bytes, str]] = OrderedDict()
        self._lock = Lock()

    def kept(self, address: _Address) -> tuple[bytes, str] | None:
        """The gzipped tile and its ETag when they are here and fresh; asks nobody."""
        with self._lock:
            kept = self._tiles.get(address)
            if kept is None or monotonic() - kept[0] >= _FRESH_S:
                return None
            self._tiles.move_to_end(address)
            return kept[1], kept[2]

    def cut(self, address: _Address) -> tuple[bytes, str]:
        """The gzipped tile and its ETag, made anew. Blocks."""
        with reading(self._services.engine) as conn:
            data = tiles.tile(conn, *address)
        found = packed(data)
        etag = f'"{hashlib.sha256(found).hexdigest()[:24]}"'
        with self._lock:
            self._tiles[address] = (monotonic(), found, etag)
            while len(self._tiles) > _KEPT:
                self._tiles.popitem(last=False)
        return found, etag


def router(services: Services) -> APIRouter:
    """The route /tiles/{layer}/{z}/{x}/{y}.mvt."""
    routes = APIRouter(tags=["tiles"])
    cache = TileCache(services)
    turns = CapacityLimiter(AT_ONCE)

    @routes.get("/tiles/{layer}/{z}/{x}/{y}.mvt", summary="A vector tile")
    async def get_tile(
        request: Request,
        layer: str,
        z: Annotated[int, Path(ge=0, le=22)],
        x: Annotated[int, Path(ge=0)],
        y: Annotated[int, Path(ge=0)],
    ) -> Response:
        if layer not in LAYERS or x >= 1 << z or y >= 1 << z:
            raise Missing
        address = (layer, z, x, y)
        # what is here is told without a thread: that costs more than all the rest
        found = cache.kept(address)
        if found is None:
            async with turns:
                # who waited for a turn may find that somebody else has cut it
                found = cache.kept(address)
                if found is None:
                    found = await to_thread.run_sync(cache.cut, address)
        data, etag = found
        headers = {"ETag": etag, "Cache-Control": "private, max-age=60", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        if takes_packed(request):
            headers["Content-Encoding"] = "gzip"
            return Response(data, media_type=_TYPE, headers=headers)
        return Response(
            await to_thread.run_sync(gzip.decompress, data), media_type=_TYPE, headers=headers
        )

    return routes
