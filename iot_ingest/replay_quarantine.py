"""`python -m iot_ingest.replay_quarantine`: look at what was put aside, and use it after all.

What a profile, a registration or a metric was missing for is decoded once more, on the same way
as everything that comes in; what can be used now is stored and resolved, the rest stays.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from grid.store.postgis import make_engine, transaction
from iot_ingest.message import Message
from iot_ingest.model.quarantine import SENTENCES, Reason
from iot_ingest.model.reading import to_us
from iot_ingest.pipeline import Pipeline
from iot_ingest.registry import Registry
from iot_ingest.store import quarantine
from iot_ingest.store.quarantine import Chosen, Quarantined
from iot_ingest.unit_profiles import city_profiles

ROLE = "cc_ingest"
BY = "system:cli:quarantine"
_CHUNK = 500
_SHOWN = 400


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of `list` and `replay`; 0 when done."""
    options = _parser().parse_args(argv)
    database = os.environ.get("COMMAND_CENTER_DATABASE_URL", "")
    if not database:
        print("COMMAND_CENTER_DATABASE_URL?", file=sys.stderr)
        return 2
    language = os.environ.get("COMMAND_CENTER_LANGUAGE", "en")
    chosen = Chosen(protocol=options.protocol, reason=options.reason, device_id=options.device)
    engine = make_engine(database, role=ROLE, pool_size=2, application_name="cc quarantine")
    try:
        if options.action == "list":
            _list(engine, chosen, options, language)
        else:
            _replay(engine, chosen, options, language)
    finally:
        engine.dispose()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="command-center quarantine", description=__doc__)
    parser.add_argument("action", choices=("list", "replay"))
    parser.add_argument("--protocol", choices=("mqtt", "hj212", "sl651"))
    parser.add_argument("--reason", choices=[one.value for one in Reason])
    parser.add_argument("--device", metavar="ID")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    return parser


def _list(engine: Engine, chosen: Chosen, options: argparse.Namespace, language: str) -> None:
    with engine.connect() as conn:
        counts = quarantine.counts(conn)
        rows = quarantine.chosen(conn, chosen, after=0, most=options.limit)
    if options.json:
        print(json.dumps({"counts": counts, "items": [_as_json(one) for one in rows]}))
        return
    for one in rows:
        shown = one.payload[:_SHOWN]
        text = shown.hex() if one.protocol == "sl651" else shown.decode("utf-8", "backslashreplace")
        print(f"{one.quarantine_id}  {one.received_at:%Y-%m-%d %H:%M:%S}Z  {one.topic}")
        print(f"    {SENTENCES[one.reason][language]} [{one.detail}]")
        print(f"    {text.rstrip()}")
    for reason, number in counts.items():
        print(f"{number:8d}  {reason.value}")


def _as_json(one: Quarantined) -> dict[str, Any]:
    return {
        "id": one.quarantine_id,
        "received_at": one.received_at.isoformat(),
        "protocol": one.protocol,
        "topic": one.topic,
        "device_id": one.device_id,
        "payload_hex": one.payload.hex(),
        "reason": one.reason.value,
        "sentence": dict(SENTENCES[one.reason]),
        "detail": one.detail,
    }


def _replay(engine: Engine, chosen: Chosen, options: argparse.Namespace, language: str) -> None:
    registry = Registry(city_profiles(os.environ.get("COMMAND_CENTER_DATA")))
    tried, resolved = replay(engine, Pipeline(engine, registry, "replay"), chosen)
    if registry.stations.profiles.trouble is not None:
        trouble = registry.stations.profiles.trouble
        print(trouble.zh if language == "zh" else trouble.en, file=sys.stderr)
    if options.json:
        print(json.dumps({"tried": tried, "resolved": resolved}))
    elif language == "zh":
        print(f"重放 {tried} 条，其中 {resolved} 条已可使用，{tried - resolved} 条仍在隔离区")
    else:
        print(f"{tried} replayed: {resolved} can be used now, {tried - resolved} stay aside")


def replay(
    engine: Engine,
    pipeline: Pipeline,
    chosen: Chosen,
    *,
    by: str = BY,
    after: int = 0,
    went_on: Callable[[int, int, int], None] = lambda _reached, _tried, _resolved: None,
) -> tuple[int, int]:
    """Decode what was put aside once more; how many were tried, and how many are resolved.

    May be interrupted anywhere and begun again: a reading that is there already changes nothing.
    Begins behind the message ``after``; ``went_on`` is told the last message of each chunk, and
    how many of the chunk were tried and resolved, in the name of ``by``.
    """
    pipeline.prepare(datetime.now(UTC))
    tried = resolved = 0
    while True:
        with engine.connect() as conn:
            rows = quarantine.chosen(conn, chosen, after=after, most=_CHUNK)
        if not rows:
            pipeline.tell_rest()
            return tried, resolved
        after = rows[-1].quarantine_id
        tried += len(rows)
        usable = _stored(pipeline, _usable(pipeline, rows))
        if usable:
            with transaction(engine, by) as conn:
                quarantine.resolve(conn, usable, at=datetime.now(UTC), resolution="replayed")
            resolved += len(usable)
        went_on(after, len(rows), len(usable))


def _usable(pipeline: Pipeline, rows: Sequence[Quarantined]) -> list[Quarantined]:
    """Those whose trouble is gone (another one may be there instead, in a row of its own)."""
    still = pipeline.troubles([_message(one) for one in rows])
    return [
        one
        for one, reasons in zip(rows, still, strict=True)
        # of two values for one time the first stays: nothing to mend
        if one.reason not in reasons and one.reason is not Reason.CONFLICTING_VALUE
    ]


def _stored(pipeline: Pipeline, usable: Sequence[Quarantined]) -> list[Quarantined]:
    """Store what can be used; which of it is not waiting any more."""
    plain = [one for one in usable if one.reason is not Reason.REFUSED_BY_DATABASE]
    if plain:
        pipeline.flush([_message(one) for one in plain])
    # only the database knows whether it would refuse these again (they then stay, each in its row)
    refused = [one for one in usable if one.reason is Reason.REFUSED_BY_DATABASE]
    return plain + [one for one in refused if pipeline.flush([_message(one)]).readings]


def _message(one: Quarantined) -> Message:
    return Message(one.topic, one.payload, to_us(one.received_at), 0, 0, 0, one.protocol)


if __name__ == "__main__":
    sys.exit(main())
