"""What a simulated crew (or verifier) does next with a ticket, and when: no I/O, no clock."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.model.ticket import Ticket
from events.model.workflow import State, Verb

# Seconds between two steps at speed 1: least, most.
_ACCEPTS_AFTER = (3.0, 8.0)
_WORKS_FOR = (6.0, 14.0)
_VERIFIES_AFTER = (10.0, 25.0)
_CLOSES_AFTER = (2.0, 4.0)
_METRES_PER_SECOND = 180.0
_LONGEST_WAY_S = 22.0
_HANDS_BACK = 0.03
_REWORKS = 0.06
# A measured ticket is verified by its recovery; where that does not come, it is not put right.
_RECOVERY_PATIENCE_S = 900.0

_DONE = {
    "flood": ("已抽排积水并疏通雨水口", "Water pumped off, inlets cleared"),
    "rain": ("已加强值守并预降河道水位", "Watch doubled, river level lowered ahead"),
    "discharge": ("已封堵异常来水并取样送检", "Inflow blocked, sample sent to the laboratory"),
    "dust": ("已开启喷淋并覆盖裸土", "Sprays switched on, bare earth covered"),
    "sewage": ("已启动备用泵，液位回落", "Standby pump started, level falling"),
    "debris": ("已打捞清运漂浮物", "Debris fished out and taken away"),
    "road": ("已铺补路面", "Surface patched"),
    "manhole": ("已更换井盖", "Cover replaced"),
    "garbage": ("已清运并冲洗", "Cleared and washed"),
    "lamp": ("已更换光源，恢复照明", "Lamp replaced, light is back"),
    "device": ("已更换传感器并恢复在线", "Sensor replaced, back online"),
    "other": ("已到场处理", "Dealt with on the spot"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The next move: who makes it, when it is due, and the note or reason in two languages."""

    verb: Verb
    due_at: datetime
    by_verifier: bool
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """A verb and how long it takes to come to it, in seconds at speed 1."""

    verb: Verb
    wait_s: float
    note: tuple[str, str] = ("", "")
    by_verifier: bool = False


def next_step(ticket: Ticket, *, way_m: float, speed: float) -> Step | None:
    """Return what is next, None when nothing is.

    Chance depends on number and version alone: a restart decides the same. ``way_m``: metres
    from the crew's base.
    """
    plan = _PLANS.get(ticket.state)
    if plan is None:
        return None
    chance = random.Random(f"{ticket.number}/{ticket.version}")  # noqa: S311 - a play, no secret
    chosen = plan(ticket, way_m, chance)
    return Step(
        verb=chosen.verb,
        due_at=ticket.updated_at + timedelta(seconds=chosen.wait_s / speed),
        by_verifier=chosen.by_verifier,
        note_zh=chosen.note[0],
        note_en=chosen.note[1],
    )


def _take_up(ticket: Ticket, _: float, chance: random.Random) -> _Plan:
    wait_s = chance.uniform(*_ACCEPTS_AFTER)
    if ticket.device_no is None and chance.random() < _HANDS_BACK:
        wrong = ("现场属其他单位权属", "The place belongs to another owner")
        return _Plan(verb=Verb.HAND_BACK, wait_s=wait_s, note=wrong)
    return _Plan(verb=Verb.ACCEPT, wait_s=wait_s)


def _go_and_mend(ticket: Ticket, way_m: float, chance: random.Random) -> _Plan:
    way_s = min(_LONGEST_WAY_S, way_m / _METRES_PER_SECOND)
    done = _DONE.get(ticket.family, _DONE["other"])
    return _Plan(verb=Verb.DISPOSE, wait_s=way_s + chance.uniform(*_WORKS_FOR), note=done)


def _look(ticket: Ticket, _: float, chance: random.Random) -> _Plan:
    unrecovered = ticket.waits_for_recovery and ticket.recovered_at is None
    if ticket.device_no is not None or unrecovered:
        still = ("监测值仍未恢复，请再次处理", "Still not normal by measurement: please go again")
        return _Plan(verb=Verb.REWORK, wait_s=_RECOVERY_PATIENCE_S, note=still, by_verifier=True)
    wait_s = chance.uniform(*_VERIFIES_AFTER)
    if chance.random() < _REWORKS:
        again = ("现场仍有残留，请再次处理", "Not finished yet: please go again")
        return _Plan(verb=Verb.REWORK, wait_s=wait_s, note=again, by_verifier=True)
    return _Plan(verb=Verb.VERIFY, wait_s=wait_s, by_verifier=True)


def _close(_: Ticket, __: float, chance: random.Random) -> _Plan:
    return _Plan(verb=Verb.CLOSE, wait_s=chance.uniform(*_CLOSES_AFTER), by_verifier=True)


_PLANS: Mapping[State, Callable[[Ticket, float, random.Random], _Plan]] = {
    State.DISPATCHED: _take_up,
    State.ACCEPTED: _go_and_mend,
    State.DISPOSED: _look,
    State.VERIFIED: _close,
}
