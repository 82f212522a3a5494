"""`command-center duties backtest`: the tickets of the last months under another version."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from command_center.cli.duties.desk import Desk, opened
from command_center.problem import Problem

if TYPE_CHECKING:
    from events.store.duty_past import KeptBacktest

_TELL_EVERY_S = 1.0
_SHOWN = 20
_LONGEST = 600


def run(arguments: argparse.Namespace) -> int:
    """Replay and print what would have been otherwise."""
    from events.actions.backtest import backtest, months_before
    from events.store import duties
    from grid.store.postgis import reading

    if not 1 <= arguments.months <= _LONGEST:
        raise Problem(zh=f"--months 应为 1 到 {_LONGEST}。", en=f"--months is 1 to {_LONGEST}.")
    with opened() as desk:
        since = months_before(desk.now, arguments.months)
        began = time.monotonic()
        found = backtest(
            desk.engine, arguments.version, since=since, until=desk.now, by=desk.by, now=desk.now,
            told=_Progress(desk),
        )  # fmt: skip
        seconds = time.monotonic() - began
        with reading(desk.engine) as conn:
            names = duties.department_names(conn)
    if arguments.json:
        told = {**found.result, "since": found.since.isoformat(),
                "until": found.until.isoformat(), "seconds": round(seconds, 2)}  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        _print(found, names, desk)
    return 0


class _Progress:
    """Tells on standard error how far it is, once a second."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next = time.monotonic() + _TELL_EVERY_S

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _TELL_EVERY_S
        zh, en = f"已重放 {done:,} / {of:,} 件", f"{done:,} of {of:,} tickets"
        print(zh if self._desk.language == "zh" else en, file=sys.stderr)


def _print(found: "KeptBacktest", names: dict[str, tuple[str, str]], desk: Desk) -> None:
    from command_center.views import duties as view
    from command_center.wording import words

    language = desk.language
    print("\n".join(view.backtest_lines(found.result, language)))
    if not found.result["tickets"]:
        return
    print("\n" + words("duties.bt_load", language))
    for name, was, will, solved in view.load_rows(found.result, names, language):
        print(f"{was:9,} → {will:9,}  {will - was:+9,}  ({solved:,})  {name}")
    flows = view.flow_rows(found.result, names, language)
    if flows:
        print("\n" + words("duties.bt_flows", language))
    for old, new, count in flows[:_SHOWN]:
        print(f"{count:9,}  {old} → {new}")
    if flows:
        print("\n" + words("duties.bt_examples", language))
    for one in found.result["examples"][:_SHOWN]:
        ends = [view.who(one[end], names, language) for end in ("before", "after")]
        solver = view.who(one["solved_by"], names, language) if one["solved_by"] else "–"
        told = [" → ".join(ends), words("duties.bt_solved_by", language, name=solver),
                words(f"duties.bt_{one['verdict']}", language)]  # fmt: skip
        print(f"  {one['number']}  {'  '.join(told)}")
