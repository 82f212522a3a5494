"""Our own Dash components; their browser side is in ``assets/wall`` (namespace ``cc_wall``).

They read one live connection in the browser, so that a change on the map costs no callback.
"""

from command_center.components.wall import (
    Attention,
    Banner,
    Chart,
    CityMap,
    Clock,
    Figures,
    Health,
    Layers,
    Pulse,
    Ticker,
)

__all__ = [
    "Attention",
    "Banner",
    "Chart",
    "CityMap",
    "Clock",
    "Figures",
    "Health",
    "Layers",
    "Pulse",
    "Ticker",
]
