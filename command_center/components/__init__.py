"""Our own Dash components; their browser side is in ``assets/wall`` (namespace ``cc_wall``).

They read one live connection in the browser, so that a change on the map costs no callback.
"""

from command_center.components.wall import (
    Actions,
    Attention,
    Banner,
    Chart,
    CityMap,
    Clock,
    DeviceList,
    Due,
    Figures,
    Health,
    LanguageSwitch,
    Layers,
    Mark,
    PlacePicker,
    Pulse,
    Queue,
    Selection,
    Ticker,
    TicketList,
    Values,
)

# The scripts of the components, in the order in which they must run.
SCRIPTS = tuple(
    f"wall/{name}.js"
    for name in (
        "pace",
        "live",
        "format",
        "marks",
        "style",
        "head",
        "select",
        "maplayers",
        "mapdata",
        "mappulses",
        "mappointer",
        "map",
        "panels",
        "side",
        "chart",
    )
)

__all__ = [
    "SCRIPTS",
    "Actions",
    "Attention",
    "Banner",
    "Chart",
    "CityMap",
    "Clock",
    "DeviceList",
    "Due",
    "Figures",
    "Health",
    "LanguageSwitch",
    "Layers",
    "Mark",
    "PlacePicker",
    "Pulse",
    "Queue",
    "Selection",
    "Ticker",
    "TicketList",
    "Values",
]
