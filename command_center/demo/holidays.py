"""The calendar pack that the demo city starts with: public holidays and make-up workdays."""

import tomllib
from datetime import date, timedelta
from importlib import resources

from events.model.calendar import CalendarDay


def calendar_days() -> list[CalendarDay]:
    """Return every holiday and make-up workday of the pack, sorted by day."""
    text = resources.files(__package__).joinpath("calendar_cn_2026.toml").read_text("utf-8")
    pack = tomllib.loads(text)
    days = []
    for holiday in pack["holiday"]:
        length = (holiday["last"] - holiday["first"]).days + 1
        off = [holiday["first"] + timedelta(days=i) for i in range(length)]
        days += [_day(holiday, pack["pack"], day, working=False) for day in off]
        days += [_day(holiday, pack["pack"], day, working=True) for day in holiday["make_up"]]
    return sorted(days, key=lambda one: one.day)


def _day(holiday: dict[str, str], pack: str, day: date, *, working: bool) -> CalendarDay:
    return CalendarDay(
        day=day,
        working=working,
        name_zh=holiday["name_zh"] + ("调休上班" if working else ""),
        name_en=holiday["name_en"] + (" make-up workday" if working else ""),
        pack=pack,
    )
