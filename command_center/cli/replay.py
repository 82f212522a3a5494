"""`command-center replay`: publish a file of readings as real device messages."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from command_center.machine.doors import broker_url
from command_center.problem import Language, Problem
from command_center.settings import read_settings


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subcommands.add_parser(
        "replay",
        help="publish a file of readings as device messages",
        description="Read CSV (also .gz) or Parquet files of readings, long (time, device_id,"
        " metric, value) or wide (time, device_id, a column for each metric), and publish them"
        " with QoS 1 as if the devices spoke now. The devices must be registered. Readings older"
        " than 400 days go to quarantine: see --shift-to-now.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="played by time")
    parser.add_argument(
        "--speed",
        type=_speed,
        required=True,
        metavar="N",
        help="N times as fast as it was; 0: as fast as the broker takes it",
    )
    parser.add_argument("--mapping", type=Path, metavar="FILE.toml", help="names of columns")
    parser.add_argument(
        "--shift-to-now",
        action="store_true",
        help="move all times by the same whole hours, so that the last reading is of the last hour",
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Publish, wait for every acknowledgement, print the counts; 1 when some were refused."""
    settings = read_settings(os.environ)
    from command_center.replay.publish import Publisher
    from command_center.replay.table import read_recording
    from grid.actions.read_table import read_mapping
    from grid.model.refusal import GridProblem
    from iot_ingest.model.reading import OLDEST

    try:
        mapping = read_mapping(arguments.mapping)
    except GridProblem as error:
        raise Problem(zh=error.zh, en=error.en) from error
    recording = read_recording(arguments.files, mapping)
    now = datetime.now(UTC)
    if arguments.shift_to_now:
        recording = recording.shifted(now)
    old = recording.older_than(now, OLDEST)
    if old:
        _warn(old, len(recording.messages), settings.language)
    published = Publisher(broker_url(settings, "cc_replay")).play(
        recording.messages, arguments.speed
    )
    counts = {
        "rows": recording.rows,
        "skipped": dict(recording.skipped),
        "messages": len(recording.messages),
        "acknowledged": published.acknowledged,
        "refused": published.refused,
        "seconds": round(published.took_s, 2),
    }
    print(json.dumps(counts) if arguments.json else _told(counts, settings.language))
    return 1 if published.refused else 0


def _speed(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _warn(old: int, messages: int, language: Language) -> None:
    text = (
        f"{messages} 条消息中有 {old} 条早于 400 天前，将进入隔离区而不入库；"
        "用 --shift-to-now 把时间平移到现在。"
        if language == "zh"
        else f"{old} of {messages} messages are over 400 days old: they will be put into"
        " quarantine, not stored. Use --shift-to-now to move the times up to now."
    )
    print(f"command-center: {text}", file=sys.stderr)


def _told(counts: dict[str, object], language: Language) -> str:
    if language == "zh":
        return (
            f"读取 {counts['rows']} 行，发送 {counts['messages']} 条消息，"
            f"代理确认 {counts['acknowledged']} 条，拒绝 {counts['refused']} 条，"
            f"用时 {counts['seconds']} 秒；跳过：{counts['skipped'] or '无'}"
        )
    return (
        f"{counts['rows']} rows read, {counts['messages']} messages sent,"
        f" {counts['acknowledged']} acknowledged, {counts['refused']} refused by the broker,"
        f" in {counts['seconds']} s; skipped: {counts['skipped'] or 'none'}"
    )
