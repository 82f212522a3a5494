"""`command-center taxonomy`: the city's categories, and packs that bring them up to date."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from command_center.machine.doors import database_url
from command_center.problem import Language, Problem
from command_center.settings import read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from events.model.category import Category
    from events.model.taxonomy import Change, Known
    from layers.packs.taxonomies import Taxonomy

BY = "system:taxonomy"
# So many categories of each kind are named; the others are counted.
_NAMED = 20


def add_to(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand and its verbs."""
    parser = subcommands.add_parser(
        "taxonomy",
        help="the city's categories: list them, compare them with a pack, bring a pack in",
        description="A pack is a TOML file, or the name of one that comes with the program"
        " (taxonomy packs lists them). docs/taxonomy.md describes it.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    packs = verbs.add_parser("packs", help="the packs that come with the program")
    listing = verbs.add_parser("list", help="the city's categories")
    listing.add_argument("--standard", metavar="NAME", help="of this standard only")
    listing.add_argument("--retired", action="store_true", help="those that are retired, too")
    show = verbs.add_parser("show", help="one category with all its versions")
    show.add_argument("code", metavar="CODE")
    diff = verbs.add_parser("diff", help="what a pack would change; nothing is written")
    bring = verbs.add_parser("import", help="bring a pack in, after showing what it changes")
    bring.add_argument("--yes", action="store_true", help="do not ask")
    for one in (diff, bring):
        one.add_argument("pack", metavar="PACK", help="a file, or a name of 'taxonomy packs'")
        one.add_argument(
            "--overwrite", action="store_true", help="take the pack's word where the city differs"
        )
    for one in (packs, listing, show, diff, bring):
        one.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List, show, compare or import. Raises Problem."""
    language = read_settings(os.environ).language
    verbs = {"packs": _packs, "list": _list, "show": _show, "diff": _diff, "import": _import}
    return verbs[arguments.verb](arguments, language)


def _packs(arguments: argparse.Namespace, _language: Language) -> int:
    from layers.packs.taxonomies import read, shipped

    found = {name: read(name) for name in shipped()}
    if arguments.json:
        _print_json([{"name": name, "pack": one.pack, "categories": len(one.categories)}
                     for name, one in found.items()])  # fmt: skip
    else:
        for name, one in found.items():
            print(f"{name}: {one.pack}, {len(one.categories)}")
    return 0


def _list(arguments: argparse.Namespace, language: Language) -> int:
    from events.store import taxonomies
    from grid.store.postgis import reading

    with _engine() as engine, reading(engine) as conn:
        found = [one for one in taxonomies.known(conn) if _wanted(one, arguments)]
    if arguments.json:
        _print_json([{**_json(one.category), "live": one.live} for one in found])
        return 0
    for one in found:
        print(_line(one.category, language, one.live))
    return 0


def _wanted(one: "Known", arguments: argparse.Namespace) -> bool:
    if one.category.retired_at is not None and not arguments.retired:
        return False
    return arguments.standard in (None, one.category.standard)


def _show(arguments: argparse.Namespace, language: Language) -> int:
    from events.store import taxonomies
    from grid.store.postgis import reading

    with _engine() as engine, reading(engine) as conn:
        found = taxonomies.versions(conn, arguments.code)
    if not found:
        raise Problem(
            zh=f"没有代码为 {arguments.code} 的类别。用 taxonomy list --retired 查看全部。",
            en=f"There is no category {arguments.code}. See them all: taxonomy list --retired.",
        )
    if arguments.json:
        _print_json([{**_json(one.category), "valid_from": one.valid_from.isoformat(),
                      "changed_by": one.changed_by, "tickets": one.tickets}
                     for one in found])  # fmt: skip
        return 0
    for one in found:
        version, since = one.category.version, f"{one.valid_from:%Y-%m-%d %H:%M} UTC"
        zh = f"第 {version} 版，{since} 起，{one.changed_by}，案卷 {one.tickets} 件"
        en = f"version {version} from {since}, by {one.changed_by}, {one.tickets} tickets"
        print(zh if language == "zh" else en)
        print(f"  {_line(one.category, language, 0)}")
    return 0


def _diff(arguments: argparse.Namespace, language: Language) -> int:
    from events.actions.taxonomy import look
    from grid.store.postgis import reading

    pack = _read(arguments.pack)
    with _engine() as engine, reading(engine) as conn:
        changes = look(conn, pack.categories_of_the_city(), now=datetime.now(UTC),
                       overwrite=arguments.overwrite)  # fmt: skip
    _tell(changes, arguments, language)
    return 0


def _import(arguments: argparse.Namespace, language: Language) -> int:
    from events.actions.taxonomy import bring_in, look
    from events.store import rules
    from grid.store.postgis import reading, transaction

    pack, now = _read(arguments.pack), datetime.now(UTC)
    rows = pack.categories_of_the_city()
    with _engine() as engine:
        with reading(engine) as conn:
            if pack.effective_from > rules.load(conn).day(now):
                raise Problem(
                    zh=f"{pack.pack} 自 {pack.effective_from} 起施行：请届时再导入。",
                    en=f"{pack.pack} is in force from {pack.effective_from}: import it then.",
                )
            seen = look(conn, rows, now=now, overwrite=arguments.overwrite)
        if not arguments.yes:
            _tell(seen, arguments, language)
            if not _agreed(language):
                return 1
        with transaction(engine, BY) as conn:
            changes = bring_in(conn, rows, now=now, overwrite=arguments.overwrite)
    if arguments.yes:
        _tell(changes, arguments, language)
    return 0


def _agreed(language: Language) -> bool:
    zh = language == "zh"
    if not sys.stdin.isatty():
        raise Problem(
            zh="以上变更尚未执行：确认后请加 --yes 再次运行。",
            en="Nothing was changed yet: run it again with --yes.",
        )
    answer = input("执行以上变更？[y/N] " if zh else "Make these changes? [y/N] ")
    return answer.strip().lower() in ("y", "yes", "是")


def _tell(changes: Sequence["Change"], arguments: argparse.Namespace, language: Language) -> None:
    from events.model.taxonomy import DEED_WORDS, Deed

    shown = [one for one in changes if one.deed is not Deed.SAME]
    if arguments.json:
        _print_json([
            {"deed": one.deed.value, **_json(one.after), "taken": one.taken, "kept": one.kept,
             "live": one.live} for one in shown
        ])  # fmt: skip
        return
    count = Counter(one.deed for one in shown)
    zh = language == "zh"
    for deed, number in count.items():
        print(f"{DEED_WORDS[deed].told(language)}: {number}")
        mine = [one for one in shown if one.deed is deed]
        for one in mine[:_NAMED]:
            print(f"  {_change(one, language)}")
        if number > _NAMED:
            print(f"  …… 另有 {number - _NAMED} 个" if zh else f"  ... and {number - _NAMED} more")
    if not count:
        print("没有变化" if zh else "nothing changes")


def _change(one: "Change", language: Language) -> str:
    zh = language == "zh"
    told = _line(one.after, language, 0)
    if one.before is not None and one.taken:
        told += " <- " + ", ".join(
            f"{name}: {getattr(one.before, name)} -> {getattr(one.after, name)}"
            for name in one.taken
        )
    if one.kept:
        told += f"（保留 {'、'.join(one.kept)}）" if zh else f" (kept: {', '.join(one.kept)})"
    if one.live:
        told += f"；在办案卷 {one.live} 件，照常办理" if zh else f"; {one.live} open tickets go on"
    return told


def _line(one: "Category", language: Language, live: int) -> str:
    zh = language == "zh"
    number = f" [{one.standard} {one.standard_code}]" if one.standard_code else ""
    retired = ("（已停用）" if zh else " (retired)") if one.retired_at is not None else ""
    tickets = (f"，在办 {live} 件" if zh else f", {live} open tickets") if live else ""
    return f"{one.code}{number} {one.name_zh if zh else one.name_en}{retired}{tickets}"


def _json(one: "Category") -> dict[str, Any]:
    return {
        "code": one.code, "kind": one.kind.value, "standard": one.standard,
        "standard_code": one.standard_code, "name": {"zh": one.name_zh, "en": one.name_en},
        "pack": one.pack, "version": one.version,
        "retired_at": None if one.retired_at is None else one.retired_at.isoformat(),
    }  # fmt: skip


def _read(name: str) -> "_Pack":
    from layers.packs import PackError
    from layers.packs.taxonomies import read

    try:
        return _Pack(read(name))
    except PackError as error:
        raise Problem(
            zh=f"不能使用这份类别文件：{error}", en=f"This pack cannot be used: {error}"
        ) from error


class _Pack:
    """A taxonomy with its categories as rows of the city."""

    def __init__(self, taxonomy: "Taxonomy") -> None:
        self._taxonomy = taxonomy
        self.pack, self.effective_from = taxonomy.pack, taxonomy.effective_from

    def categories_of_the_city(self) -> "list[Category]":
        """As events.categories has them."""
        from events.model.category import Category

        return [Category.from_row(one.as_row()) for one in self._taxonomy.categories]


def _print_json(found: object) -> None:
    print(json.dumps(found, ensure_ascii=False))


@contextmanager
def _engine() -> "Iterator[Engine]":
    from command_center.machine.database_problems import database_problems
    from grid.store.postgis import make_engine

    settings = read_settings(os.environ)
    with database_problems():
        engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin", pool_size=1)
        try:
            yield engine
        finally:
            engine.dispose()
