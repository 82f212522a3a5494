"""Python side of the components of the registry, the quarantine and the losses.

Their browser side is in ``assets/registry``. ``words`` is a whole file of the wording.
"""

from __future__ import annotations

from command_center.components.wall import _NAMESPACE, _names, _Wall


class Rows(_Wall):
    """A table, page by page: ``rows`` [{id, cells: [{text, sub, dot, mark, tone, strong, code}]}].

    What is clicked becomes the page's `Selection` of ``kind``. ``next`` is the cursor of the
    following page (None: the last); ``list`` says which list this is. ``cursor`` {list, at} is what
    the person turned to: of another list it means nothing.
    """

    _namespace = _NAMESPACE
    _type = "Rows"
    _prop_names = _names(
        "id", "heads", "rows", "kind", "label", "none", "back", "forward", "next", "list", "cursor"
    )


class Pick(_Wall):
    """A plain choice: ``value`` of ``options`` [{value, label}], or None, told as ``empty``."""

    _namespace = _NAMESPACE
    _type = "Pick"
    _prop_names = _names("id", "options", "value", "empty")


class Chips(_Wall):
    """One of a few: ``value`` of ``options`` [{value, label}]; ``label`` says of what."""

    _namespace = _NAMESPACE
    _type = "Chips"
    _prop_names = _names("id", "options", "value", "label")


class Find(_Wall):
    """A field to search with; ``value`` follows when typing pauses."""

    _namespace = _NAMESPACE
    _type = "Find"
    _prop_names = _names("id", "value", "hint", "longest")


class DeviceDoors(_Wall):
    """The buttons that add devices, with their forms; ``acted`` changes afterwards."""

    _namespace = _NAMESPACE
    _type = "DeviceDoors"
    _prop_names = _names("id", "config", "words", "choices", "first", "acted")


class DeviceActions(_Wall):
    """What can be done to ``device`` (as `DeviceIn` takes it); ``acted`` changes afterwards."""

    _namespace = _NAMESPACE
    _type = "DeviceActions"
    _prop_names = _names("id", "config", "words", "choices", "device", "acted")


class MessageActions(_Wall):
    """Replay, or set aside as seen, what ``chosen`` says; ``acted`` changes afterwards."""

    _namespace = _NAMESPACE
    _type = "MessageActions"
    _prop_names = _names("id", "words", "chosen", "count", "one", "acted")


class Ask(_Wall):
    """A form of plain fields that asks for ``action`` again; its address can be sent.

    ``fields``: [{name, label, value, options [{value, label}] or min and max of a date}]; ``kept``:
    {name: value} that stay as they are; ``send``: the word on its button.
    """

    _namespace = _NAMESPACE
    _type = "Ask"
    _prop_names = _names("id", "action", "fields", "kept", "send")
