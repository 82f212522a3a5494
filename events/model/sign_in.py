"""How long somebody who tried wrong passwords has to wait, and who that is."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

# Mistakes that cost nothing; then a minute, doubled by every further one.
_FREE = 4
_FIRST = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)
_MOST_DOUBLINGS = 10
# Failures are forgotten when there was none for so long.
FORGOTTEN_AFTER = timedelta(days=1)

_MOST_TEXT = 64


def pause(failures: int) -> timedelta | None:
    """How long to wait after so many wrong passwords; None: not at all."""
    if failures <= _FREE:
        return None
    times: int = 2 ** min(failures - _FREE - 1, _MOST_DOUBLINGS)
    return min(_LONGEST, _FIRST * times)


def source(address: str) -> str:
    """Who an address stands for: of IPv6 the first half, all of which one customer has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_MOST_TEXT]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
