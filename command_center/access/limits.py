"""How often one address may report or try a password: token buckets in this process."""

from collections import OrderedDict
from dataclasses import dataclass

# More addresses than this at once and the oldest are forgotten: memory stays bounded.
_ADDRESSES = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """``burst`` requests at once, refilled at ``per_minute``."""

    burst: int
    per_minute: float


class Buckets:
    """One token bucket per (allowance name, address); used from the event loop only."""

    def __init__(self, allowances: dict[str, Allowance]) -> None:
        """Start with full buckets."""
        self._allowances = allowances
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, name: str, address: str, now_s: float) -> float:
        """Take one token; 0 when allowed, else the seconds to wait until the next one."""
        allowance = self._allowances[name]
        key = (name, address)
        level, at_s = self._levels.pop(key, (float(allowance.burst), now_s))
        per_s = allowance.per_minute / 60
        level = min(float(allowance.burst), level + (now_s - at_s) * per_s)
        wait_s = 0.0 if level >= 1 else (1 - level) / per_s
        self._levels[key] = (level - 1 if level >= 1 else level, now_s)
        while len(self._levels) > _ADDRESSES:
            self._levels.popitem(last=False)
        return wait_s
