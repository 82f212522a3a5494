"""The data folder: found, made, owned, locked, and of a version this program knows."""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from command_center.machine.account import Account
from command_center.machine.secret_files import write_private
from command_center.problem import Problem

# Raised when the layout of the folder changes so that an older program would spoil it.
FORMAT = 1
ROOMS = ("secrets", "logs", "run", "mosquitto", "nats")
# Where data goes when root starts from a clone that the service account cannot enter.
_SYSTEM_DATA = Path("/var/lib/command-center")
# A socket's path is limited to 107 bytes, its name takes 20.
_SOCKET_FOLDER_BYTES = 85


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFolder:
    """An opened data folder. The lock is held as long as the process that opened it lives."""

    path: Path
    account: Account
    lock: int

    def room(self, name: str) -> Path:
        """Return one of the folders in it."""
        return self.path / name

    def close(self) -> None:
        """Give the lock back."""
        os.close(self.lock)


def open_data_folder(
    wanted: Path,
    account: Account,
    *,
    told: Callable[[Problem], None],
    system_data: Path = _SYSTEM_DATA,
) -> DataFolder:
    """Make or open the data folder and lock it for this process.

    When root starts from a clone below a closed folder (/root), the data is kept below
    ``system_data`` and ``wanted`` becomes a link to it; ``told`` hears of that. Raises Problem
    for a folder that cannot be written, holds other things, is of a newer format or in use.
    """
    path = _settle(wanted.absolute(), account, told, system_data)
    _make_folder(path, account)
    _take_empty_folder(path, account)
    if not (account.may("-w", path) and account.may("-x", path)):
        raise _not_writable(path, account)
    lock = _lock(path, account)
    try:
        _check_format(path, account)
        for room in ROOMS:
            _make_folder(path / room, account)
    except BaseException:
        os.close(lock)
        raise
    return DataFolder(path=path, account=account, lock=lock)


def socket_folder(data: Path, account: Account, *, below: Path = Path("/tmp")) -> Path:  # noqa: S108
    """Return a folder for sockets that only ``account`` may enter and whose path is short enough.

    That is ``run`` of the data folder, else one below /tmp that is checked to be ours.
    """
    inside = data / "run"
    if len(os.fsencode(inside)) <= _SOCKET_FOLDER_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    path = below / f"command-center-{account.uid}-{digest}"
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(path, account.uid, account.gid)
    found = path.lstat()
    if found.st_uid != account.uid or found.st_mode & 0o170777 != 0o040700:
        raise Problem(
            zh=f"{path} 不属于 {account.name} 或权限不是 0700：请删除它后重试。",
            en=f"{path} does not belong to {account.name} with mode 0700: remove it, try again.",
        )
    return path


def _settle(wanted: Path, account: Account, told: Callable[[Problem], None], system: Path) -> Path:
    if wanted.is_symlink() or wanted.exists():
        return wanted.resolve()
    parent = _nearest_folder(wanted.parent)
    if account.may("-x", parent) or not account.switch:
        return wanted.parent.resolve() / wanted.name
    name = re.sub(r"[^A-Za-z0-9]+", "-", str(wanted)).strip("-")
    target = system / name
    system.mkdir(mode=0o755, parents=True, exist_ok=True)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted.symlink_to(target)
    told(
        Problem(
            zh=f"用户 {account.name} 无法进入 {parent}，数据保存在 {target}"
            f"（{wanted} 为指向它的链接）。",
            en=f"user {account.name} cannot enter {parent}: the data is kept in {target}"
            f" ({wanted} is a link to it).",
        )
    )
    return target


def _nearest_folder(path: Path) -> Path:
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path


def _make_folder(path: Path, account: Account) -> None:
    if path.is_dir():
        return
    try:
        path.mkdir(mode=0o700, parents=True)
        if account.switch:
            os.chown(path, account.uid, account.gid)
    except OSError as error:
        raise _not_writable(path, account) from error


def _take_empty_folder(path: Path, account: Account) -> None:
    """Give an empty folder that root made by hand to the account that will fill it."""
    if account.switch and path.stat().st_uid == 0 and not any(path.iterdir()):
        os.chown(path, account.uid, account.gid)
        path.chmod(0o700)


def _not_writable(path: Path, account: Account) -> Problem:
    return Problem(
        zh=f"用户 {account.name} 不能在数据目录 {path} 中写入："
        "请修改目录权限，或用 --data 指定其他目录。",
        en=f"user {account.name} may not write in the data folder {path}:"
        " change its permissions, or name another folder with --data.",
    )


def _lock(path: Path, account: Account) -> int:
    try:
        handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _not_writable(path, account) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 32, 0).decode().strip() or "?"
        os.close(handle)
        raise Problem(
            zh=f"数据目录 {path} 正被另一个 command-center（进程 {holder}）使用："
            "请先停止它，或用 --data 指定其他目录。",
            en=f"the data folder {path} is in use by another command-center (process {holder}):"
            " stop that one first, or name another folder with --data.",
        ) from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def _check_format(path: Path, account: Account) -> None:
    version_file = path / "VERSION"
    if version_file.exists():
        _refuse_foreign_format(path, version_file)
        return
    others = sorted(one.name for one in path.iterdir() if one.name != "lock")
    if others:
        raise Problem(
            zh=f"{path} 不是数据目录，其中已有其他文件（{others[0]} 等）："
            "请用 --data 指定一个空目录。",
            en=f"{path} is not a data folder and is not empty ({others[0]}, ...):"
            " name an empty folder with --data.",
        )
    write_private(version_file, json.dumps({"format": FORMAT}) + "\n", account)


def _refuse_foreign_format(path: Path, version_file: Path) -> None:
    try:
        found = json.loads(version_file.read_text())["format"]
    except (ValueError, KeyError, TypeError):
        found = None
    if found != FORMAT:
        raise Problem(
            zh=f"数据目录 {path} 属于本程序的另一个版本（格式 {found}，本版本为 {FORMAT}）："
            "请使用写入它的版本，或用 --data 指定其他目录。",
            en=f"the data folder {path} belongs to another version of this program"
            f" (format {found}, this one knows {FORMAT}): use the version that wrote it,"
            " or name another folder with --data.",
        )
