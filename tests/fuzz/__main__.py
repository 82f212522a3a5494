"""Coverage-guided fuzzing of one target (``scripts/fuzz`` runs one after the other).

``python -m tests.fuzz TARGET --seconds N --corpus FOLDER``: stops at the first finding, which
is kept in the folder's parent as ``crash-...``.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from pathlib import Path

# (only scripts/fuzz installs it)
atheris = importlib.import_module("atheris")

with atheris.instrument_imports(include=["iot_ingest"]):
    from tests.fuzz.seeds import seeds
    from tests.fuzz.targets import TARGETS

_MOST_MB = 1_024
_SLOW_S = 5


def main() -> None:
    """Fuzz for a while; the exit code is libFuzzer's, 0: nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, required=True)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    corpus = options.corpus / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(options.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={options.seconds}",
            f"-rss_limit_mb={_MOST_MB}",
            f"-timeout={_SLOW_S}",
            "-print_final_stats=1",
            "-verbosity=1",
            f"-artifact_prefix={options.corpus}/{options.target}-",
            str(corpus),
        ],
        TARGETS[options.target],
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
