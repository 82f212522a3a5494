"""Our own Dash components; their browser side is in ``assets/wall`` (namespace ``cc_wall``).

They read one live connection in the browser, so that a change on the map costs no callback.
"""

from command_center.components.registry import (
    Ask,
    Chips,
    DeviceActions,
    DeviceDoors,
    Find,
    MessageActions,
    Pick,
    Rows,
)
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
    ProjectActions,
    ProjectBoard,
    ProjectDoor,
    ProjectList,
    Pulse,
    Queue,
    Selection,
    StageMark,
    Stages,
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
        "projects",
        "panels",
        "side",
        "chart",
    )
)

RECTIFICATION_SCRIPTS = (
    *SCRIPTS,
    "desk/queue.js",
    "registry/rows.js",
    "registry/dialog.js",
    "rectification/fields.js",
    "rectification/actions.js",
)

REGISTRY_SCRIPTS = (
    *SCRIPTS,
    "desk/queue.js",
    "registry/rows.js",
    "registry/dialog.js",
    "registry/deviceform.js",
    "registry/devices.js",
    "registry/messages.js",
)

__all__ = [
    "RECTIFICATION_SCRIPTS",
    "REGISTRY_SCRIPTS",
    "SCRIPTS",
    "Actions",
    "Ask",
    "Attention",
    "Banner",
    "Chart",
    "Chips",
    "CityMap",
    "Clock",
    "DeviceActions",
    "DeviceDoors",
    "DeviceList",
    "Due",
    "Figures",
    "Find",
    "Health",
    "LanguageSwitch",
    "Layers",
    "Mark",
    "MessageActions",
    "Pick",
    "PlacePicker",
    "ProjectActions",
    "ProjectBoard",
    "ProjectDoor",
    "ProjectList",
    "Pulse",
    "Queue",
    "Rows",
    "Selection",
    "StageMark",
    "Stages",
    "Ticker",
    "TicketList",
    "Values",
]
