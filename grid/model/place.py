"""Where positions lie: the answer of `locate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grid.model.cell import CellCode


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """The cell (None where no cell is) and the narrowest area of one position."""

    cell_id: int | None
    cell_code: CellCode | None
    area_id: int
    area_name_zh: str
    area_name_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LocatedMany:
    """For each position: ``cell_ids`` (0 = in no cell), ``area_ids`` (0 = outside the city)."""

    cell_ids: NDArray[np.int32]
    area_ids: NDArray[np.int32]
