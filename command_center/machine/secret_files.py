"""Generated secrets, in files that only their owner may read: ``DIR/secrets/NAME.json``."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from command_center.machine.account import Account
from command_center.problem import Problem


def read_secrets(data: Path, name: str) -> dict[str, str]:
    """Return the secrets of one file, by name. Raises Problem when they cannot be read."""
    path = data / "secrets" / f"{name}.json"
    try:
        found: dict[str, str] = json.loads(path.read_text())
    except PermissionError as error:
        raise Problem(
            zh=f"没有读取 {path} 的权限：请以启动 command-center run 的用户执行。",
            en=f"{path} may not be read: use the account that started `command-center run`.",
        ) from error
    except FileNotFoundError as error:
        raise Problem(
            zh=f"找不到 {path}：请先用 command-center run 启动一次。",
            en=f"{path} does not exist: start `command-center run` once.",
        ) from error
    return found


def ensure_secrets(
    data: Path, name: str, wanted: Iterable[str], account: Account
) -> Mapping[str, str]:
    """Return a secret for each wanted name; those that are missing are made and kept.

    A secret is 43 URL-safe characters (256 bits).
    """
    path = data / "secrets" / f"{name}.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [one for one in wanted if one not in found]
    if missing:
        found.update((one, secrets.token_urlsafe(32)) for one in missing)
        write_private(path, json.dumps(found, indent=1) + "\n", account)
    return found


def write_private(path: Path, text: str, account: Account) -> None:
    """Replace a file in one step; only ``account`` may read it, at no moment anybody else."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fchown(file.fileno(), account.uid, account.gid)
        os.fsync(file.fileno())
    new.replace(path)
