"""The environment of our own Python children."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from command_center.machine.account import Account

CODE = Path(__file__).resolve().parents[2]
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")


def python_environment(
    environ: Mapping[str, str], home: Path, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return a small environment: paths and locale of the caller, ``extra``, nothing else."""
    kept = {name: environ[name] for name in _KEPT if name in environ}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        **kept,
        "HOME": str(home),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        **extra,
    }


def may_run_our_code(account: Account) -> bool:
    """Whether the account can start this Python and read this code."""
    return (
        account.may("-x", Path(sys.executable))
        and account.may("-r", CODE / "command_center" / "__main__.py")
        and account.may("-r", Path(os.__file__))
    )
