"""The ladder that the demo city starts with: who is told when a ticket stays late."""

import tomllib
from datetime import timedelta
from importlib import resources

from events.model.ladder import Level, Rung


def ladder_levels() -> list[Level]:
    """Return the levels, the first one first."""
    text = resources.files(__package__).joinpath("ladder.toml").read_text("utf-8")
    pack = tomllib.loads(text)
    return [
        Level(
            level=number,
            overdue_share=one["overdue"],
            recipient=Rung(one["recipient"]),
            read_within=timedelta(minutes=one["read_minutes"]),
            pack=pack["pack"],
        )
        for number, one in enumerate(pack["level"], start=1)
    ]
