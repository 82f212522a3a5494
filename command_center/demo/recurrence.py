"""The rules of recurrence that the demo city starts with."""

import tomllib
from datetime import timedelta
from importlib import resources

from events.model.projects.recurrence import Around, Level, RecurrenceRule

_OBSERVED = timedelta(days=14)
_REDUCE_TO = 0.5


def recurrence_rules() -> list[RecurrenceRule]:
    """Return the rules."""
    text = resources.files(__package__).joinpath("recurrence.toml").read_text("utf-8")
    pack = tomllib.loads(text)
    return [
        RecurrenceRule(
            level=Level.ALL if one["family"] == "*" else Level.FAMILY,
            code=one["family"],
            times=one["times"],
            within=timedelta(days=one["days"]),
            around=Around(one["around"]),
            observe=_OBSERVED,
            reduce_to=_REDUCE_TO,
            pack=pack["pack"],
        )
        for one in pack["rule"]
    ]
