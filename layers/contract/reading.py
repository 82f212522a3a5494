"""What is measured: metrics, single readings and series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

FLAG_NORMAL = b"N"
"""The only flag whose readings may raise a pollution or flood alarm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A measured quantity; values outside ``lowest..highest`` cannot be true."""

    name: str
    unit: str
    decimals: int
    lowest: float
    highest: float
    name_zh: str
    name_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One measured value; ``ts_ms`` is the time of measurement."""

    ts_ms: int
    value: float
    flag: str = "N"


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Readings of one device and metric: ``ts`` int64 ms, strictly increasing; ``value`` finite
    float64; ``flag`` S1; three arrays of one length."""

    ts: NDArray[np.int64]
    value: NDArray[np.float64]
    flag: NDArray[np.bytes_]

    @classmethod
    def of(
        cls,
        ts: Sequence[int] | NDArray[np.int64],
        value: Sequence[float] | NDArray[np.float64],
        flag: Sequence[bytes] | NDArray[np.bytes_] | None = None,
    ) -> Self:
        """Sort by time, keep the first of equal times, drop values that are not finite."""
        times = np.asarray(ts, dtype=np.int64)
        values = np.asarray(value, dtype=np.float64)
        flags = np.full(len(times), FLAG_NORMAL, "S1") if flag is None else np.asarray(flag, "S1")
        finite = np.isfinite(values)
        times, first = np.unique(times[finite], return_index=True)
        return cls(ts=times, value=values[finite][first], flag=flags[finite][first])

    @classmethod
    def of_readings(cls, readings: Sequence[Reading]) -> Self:
        """Make a series of single readings in any order."""
        return cls.of(
            [reading.ts_ms for reading in readings],
            [reading.value for reading in readings],
            [reading.flag.encode() for reading in readings],
        )

    def __len__(self) -> int:
        return len(self.ts)
