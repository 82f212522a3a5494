"""The report of an import, for people and for programs."""

import json
from dataclasses import asdict

from command_center.problem import Language
from grid.model.refusal import ImportReport

# Beyond this a person corrects the file and tries again; --json has them all.
_MOST_TOLD = 200


def print_report(report: ImportReport, language: Language, *, as_json: bool) -> None:
    """Print what was taken over, or every refused row with its reason."""
    if as_json:
        print(json.dumps(asdict(report), ensure_ascii=False))
        return
    for one in report.refused[:_MOST_TOLD]:
        if language == "zh":
            print(f"第 {one.row} 行 {one.field}：{one.reason_zh}")
        else:
            print(f"row {one.row} {one.field}: {one.reason_en}")
    hidden = len(report.refused) - _MOST_TOLD
    if hidden > 0:
        print(f"……另有 {hidden} 条" if language == "zh" else f"... and {hidden} more")
    print(_sum(report, language))


def _sum(report: ImportReport, language: Language) -> str:
    if report.refused and not report.imported:
        rows = len({one.row for one in report.refused})
        if language == "zh":
            return f"未导入：{rows} 行被拒绝，共 {len(report.refused)} 个原因。"
        return f"nothing imported: {rows} rows refused for {len(report.refused)} reasons."
    fresh = report.imported - report.unchanged
    if language == "zh":
        return (
            f"已导入 {report.imported} 行：新增或更新 {fresh}，未变 {report.unchanged}，"
            f"终止 {report.retired}（坐标系 {report.source_crs}）。"
        )
    return (
        f"imported {report.imported} rows: {fresh} new or changed, {report.unchanged} unchanged,"
        f" {report.retired} ended (read as {report.source_crs})."
    )
