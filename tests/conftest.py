"""Fixtures for all tests: database, broker, browser, samples; the network is closed."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.async_api import Browser

from tests.support.broker import TestBroker, running_broker
from tests.support.browser import chromium
from tests.support.cluster import TestCluster, TestDatabase, running_cluster
from tests.support.loopback_only import close_network
from tests.support.ports import free_port as find_free_port

# For long searches of whoever wants them: `scripts/test FILE --hypothesis-profile long`.
hypothesis.settings.register_profile("long", hypothesis.settings())

_FIGURE = "figure"
_LISTED = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set aside the tests that cannot run here (no real data, not root), and list them."""
    apart = {one: reason for one in items if (reason := _cannot_run(one)) is not None}
    config.stash[_LISTED] = [f"{one.nodeid}: {reason}" for one, reason in apart.items()]
    if hasattr(config, "workeroutput"):
        # one of several processes: the first one tells
        config.workeroutput["listed"] = config.stash[_LISTED]
    if apart:
        config.hook.pytest_deselected(items=list(apart))
        items[:] = [one for one in items if one not in apart]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker process has set aside: each of them collects all tests."""
    node.config.stash[_LISTED] = getattr(node, "workeroutput", {}).get("listed", [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the figures, and name the tests that were set aside."""
    reports = [one for found in ("passed", "failed") for one in terminalreporter.getreports(found)]
    found = [
        (one.nodeid, line)
        for one in reports
        if one.when == "call"
        for name, line in one.user_properties
        if name == _FIGURE
    ]
    if found:
        terminalreporter.section("figures")
        for nodeid, line in found:
            terminalreporter.write_line(f"{nodeid.rpartition('::')[2]}: {line}")
    listed = config.stash.get(_LISTED, [])
    if listed:
        terminalreporter.section("deselected")
        for one in listed:
            terminalreporter.write_line(one)


def _cannot_run(item: pytest.Item) -> str | None:
    wants_samples = "samples" in getattr(item, "fixturenames", ())
    if item.get_closest_marker("samples") or wants_samples:
        return None if os.environ.get("COMMAND_CENTER_SAMPLES") else "COMMAND_CENTER_SAMPLES unset"
    if item.get_closest_marker("root"):
        return None if os.geteuid() == 0 else "not root"
    return None


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A folder that the unprivileged account may be given, removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="cc-test-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        close_network(patch)
        yield


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real data; tests that use it run only where it is given."""
    return Path(os.environ["COMMAND_CENTER_SAMPLES"])


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that returns a TCP port nobody listens on."""
    return find_free_port


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder with a short path, which the unprivileged account can be given."""
    with _temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    """Like `open_folder`, one for all tests of a file."""
    with _temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[TestCluster]:
    """A running PostgreSQL with a migrated template database."""
    with _temporary_folder() as folder, running_cluster(folder) as found:
        yield found


@pytest.fixture
def database(cluster: TestCluster) -> Iterator[TestDatabase]:
    """A migrated, empty database of this test's own: `.url(role)`, `.engine(role)`."""
    with cluster.database() as found:
        yield found


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[TestBroker]:
    """A running broker of this test's own: `.url(user)`, `.add_devices(...)`.

    Mosquitto; with `on_both_brokers` (tests/support/broker.py) the test runs on either kind.
    """
    kind = getattr(request, "param", "mosquitto")
    with _temporary_folder() as folder, running_broker(folder, kind) as found:
        yield found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium (Playwright's async interface)."""
    async with chromium() as found:
        yield found


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a measured figure; every run shows them at its end."""

    def show(line: str) -> None:
        request.node.user_properties.append((_FIGURE, line))

    return show
