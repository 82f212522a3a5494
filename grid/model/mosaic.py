"""Polygons that fit together edge by edge, and joining the small ones to their neighbours."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Mosaic:
    """Noded polygons and, for each, its neighbours with the length of their common border.

    Lengths are in the units of the coordinates, with x shortened by the cosine of y (degrees).
    """

    faces: NDArray[np.object_]
    neighbours: tuple[dict[int, float], ...]

    @classmethod
    def of(cls, faces: NDArray[np.object_]) -> Mosaic:
        """Find the neighbours of polygons whose common borders have the same vertices."""
        starts, ends, owners = _edges(faces)
        # an edge and its opposite get the same key
        flipped = (starts[:, 0] > ends[:, 0]) | (
            (starts[:, 0] == ends[:, 0]) & (starts[:, 1] > ends[:, 1])
        )
        low = np.where(flipped[:, None], ends, starts)
        high = np.where(flipped[:, None], starts, ends)
        keys = np.column_stack([low, high])
        order = np.lexsort(keys.T)
        same = (keys[order][1:] == keys[order][:-1]).all(axis=1)
        first, second = order[:-1][same], order[1:][same]
        apart = high[first] - low[first]
        lengths = np.hypot(apart[:, 0] * np.cos(np.radians(low[first, 1])), apart[:, 1])
        found: tuple[dict[int, float], ...] = tuple({} for _ in faces)
        for a, b, length in zip(
            owners[first].tolist(), owners[second].tolist(), lengths.tolist(), strict=True
        ):
            if a != b:
                found[a][b] = found[a].get(b, 0.0) + length
                found[b][a] = found[b].get(a, 0.0) + length
        return cls(faces=faces, neighbours=found)

    def joined(
        self, sizes: NDArray[np.float64], *, at_least: float
    ) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
        """Join every face smaller than ``at_least`` to the neighbour with the longest border.

        ``sizes`` has the area of each face, in the unit of ``at_least``.  Returns the polygons
        and, for each, the index of its largest face.  A small face without neighbours stays.
        """
        groups = _Groups(self.neighbours, sizes)
        groups.join_small(at_least)
        shapes, leaders = [], []
        for members in groups.members.values():
            one = self.faces[members[0]]
            if len(members) > 1:
                one = shapely.coverage_union_all(self.faces[members])
            shapes.append(one)
            leaders.append(max(members, key=lambda face: (sizes[face], -face)))
        return np.array(shapes, dtype=object), np.array(leaders, dtype=np.intp)


class _Groups:
    """Faces that are being joined: neighbours, sizes and members of each group."""

    def __init__(
        self, neighbours: tuple[dict[int, float], ...], sizes: NDArray[np.float64]
    ) -> None:
        self.neighbours = {face: dict(known) for face, known in enumerate(neighbours)}
        self.sizes = dict(enumerate(sizes.tolist()))
        self.members = {face: [face] for face in range(len(neighbours))}

    def join_small(self, at_least: float) -> None:
        """The smallest first, so that crumbs gather before they are given to a whole square."""
        waiting = [(size, face) for face, size in self.sizes.items() if size < at_least]
        heapq.heapify(waiting)
        while waiting:
            size, face = heapq.heappop(waiting)
            known = self.neighbours.get(face)
            if not known or self.sizes[face] != size:
                continue  # gone, without neighbours, or grown since
            into = max(known, key=lambda other: (known[other], -other))
            self._merge(face, into)
            if self.sizes[into] < at_least:
                heapq.heappush(waiting, (self.sizes[into], into))

    def _merge(self, face: int, into: int) -> None:
        self.members[into] += self.members.pop(face)
        self.sizes[into] += self.sizes.pop(face)
        for other, length in self.neighbours.pop(face).items():
            del self.neighbours[other][face]
            if other != into:
                self.neighbours[other][into] = self.neighbours[other].get(into, 0.0) + length
                self.neighbours[into][other] = self.neighbours[into].get(other, 0.0) + length


def _edges(
    faces: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Start and end of every edge of every ring, and the face it belongs to."""
    rings, face = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same_ring = ring[1:] == ring[:-1]
    return points[:-1][same_ring], points[1:][same_ring], face[ring[:-1][same_ring]]
