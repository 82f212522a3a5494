"""Which cells stay, end and begin when a community is cut anew; codes are never given twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from grid.model.cell import MOST_CELLS, CellCode, cell_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray
    from shapely import Polygon

    from grid.model.cell import Cell

# About a centimetre.
SAME_DEGREES = 1e-7


class CodesUsedUp(ValueError):
    """A community has had so many cells that not enough codes are left."""

    def __init__(self, community: str, wanted: int, left: int) -> None:
        super().__init__(f"{community}: {wanted} new cells, {left} codes left")
        self.community = community
        self.wanted = wanted
        self.left = left


@dataclass(frozen=True, kw_only=True, slots=True)
class Replacement:
    """Ids of cells that end, code and shape of those that begin, how many stay."""

    ended: tuple[int, ...]
    begun: tuple[tuple[CellCode, Polygon], ...]
    unchanged: int


def matches(shapes: NDArray[np.object_], known: Sequence[Polygon]) -> NDArray[np.intp]:
    """For each shape the index of the known one that is the same polygon, -1 for none.

    Same is what differs by less than SAME_DEGREES anywhere: files round, and noding again may
    put a vertex more on a straight edge.
    """
    new, old = shapes, np.asarray(known, dtype=object)
    found = np.full(new.size, -1, dtype=np.intp)
    if new.size and old.size:
        tree = shapely.STRtree(old)
        one, other = tree.query(shapely.point_on_surface(new), predicate="intersects")
        same = shapely.hausdorff_distance(new[one], old[other]) <= SAME_DEGREES
        found[one[same]] = other[same]
    return found


def replacement(
    community: str,
    shapes: NDArray[np.object_],
    known: Iterable[Cell],
    taken: Collection[str],
) -> Replacement:
    """Put ``shapes``, in the order of their sequence numbers, in place of the ``known`` cells.

    ``taken`` are all codes ever given in the community.  Raises CodesUsedUp.
    """
    old = list(known)
    same = matches(shapes, [cell.geometry for cell in old])
    new = [shape for shape, match in zip(shapes, same, strict=True) if match < 0]
    free = [
        code for n in range(1, MOST_CELLS + 1) if (code := cell_code(community, n)) not in taken
    ]
    if len(new) > len(free):
        raise CodesUsedUp(community, len(new), len(free))
    kept = set(same.tolist())
    return Replacement(
        ended=tuple(cell.cell_id for n, cell in enumerate(old) if n not in kept),
        begun=tuple(zip(free, new, strict=False)),
        unchanged=len(shapes) - len(new),
    )
