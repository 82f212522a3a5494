"""One demo city for all tests of this folder: real processes, started like a person would."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.demo import Demo
from tests.support.whole import whole_city


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    """A running demo city without simulated devices and people."""
    folder = Path(tempfile.mkdtemp(prefix="cc-e2e-"))
    try:
        with whole_city(folder, "--city", "demo", "--no-simulator", "--demo-login") as whole:
            found = Demo(whole)
            yield found
            found.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
