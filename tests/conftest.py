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
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.events.town import Town, found_town
from tests.support.broker import TestBroker, running_broker
from tests.support.browser import PATIENCE_MS, chromium
from tests.support.cluster import TestCluster, TestDatabase, running_cluster
from tests.support.loopback_only import close_network
from tests.support.ports import free_port as find_free_port

# For long searches of whoever wants them: `scripts/test FILE --hypothesis-profile long`.
hypothesis.settings.register_profile("long", hypothesis.settings())

_FIGURE = "figure"
# What takes minutes is begun first, so that no process is left alone with it at the end.
_HERE = Path(__file__).parent
_LONG = ("wall/test_wall.py", "chaos/", "demo/", "wall/")
_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 4 << 30  # of two to four clusters at once, each with what it writes ahead
_LISTED = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set aside the tests that cannot run here (no real data, not root), and list them."""
    for one in items:
        if "browser" in getattr(one, "fixturenames", ()):
            # in the loop of the browser, which outlives them
            one.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    items.sort(key=_place_in_order)  # (stable)
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


def _place_in_order(item: pytest.Item) -> int:
    path = item.path.relative_to(_HERE).as_posix()
    return next((i for i, long in enumerate(_LONG) if path.startswith(long)), len(_LONG))


def _cannot_run(item: pytest.Item) -> str | None:
    wants_samples = "samples" in getattr(item, "fixturenames", ())
    if item.get_closest_marker("samples") or wants_samples:
        return None if os.environ.get("COMMAND_CENTER_SAMPLES") else "COMMAND_CENTER_SAMPLES unset"
    if item.get_closest_marker("root"):
        return None if os.geteuid() == 0 else "not root"
    return None


@contextmanager
def _temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder that the unprivileged account may be given, removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="cc-test-", dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _quick_parent() -> Path | None:
    """Where files are made quickest: in memory where there is enough of it, else None.

    A database is some 760 files, and each test has one of its own: on a disk that is most of what
    a small test costs.
    """
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return _MEMORY if roomy and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES else None


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
    with _temporary_folder(_quick_parent()) as folder, running_cluster(folder) as found:
        yield found


@pytest.fixture
def database(cluster: TestCluster) -> Iterator[TestDatabase]:
    """A migrated, empty database of this test's own: `.url(role)`, `.engine(role)`."""
    with cluster.database() as found:
        yield found


@pytest.fixture(scope="session")
def founded(cluster: TestCluster) -> Iterator[Town]:
    """The town as it was founded; nobody is connected to it, so that it can be copied."""
    with cluster.database() as database:
        town = found_town(database)
        database.leave()
        yield town


@pytest.fixture
def town(cluster: TestCluster, founded: Town) -> Iterator[Town]:
    """A small town with its people, in a database of this test's own."""
    with cluster.database(founded.database.name) as copy:
        yield Town(database=copy, people=founded.people)


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[TestBroker]:
    """A running broker of this test's own: `.url(user)`, `.add_devices(...)`.

    Mosquitto; with `on_both_brokers` (tests/support/broker.py) the test runs on either kind.
    """
    kind = getattr(request, "param", "mosquitto")
    with _temporary_folder() as folder, running_broker(folder, kind) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def browser(_chromium: Browser) -> AsyncIterator[Browser]:
    """A headless Chromium (Playwright's async interface), one for all tests of a process.

    What a test opens in it, it has to itself, as long as it asks for a context or page of its own.
    """
    yield _chromium
    for context in _chromium.contexts:
        await context.close()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a measured figure; every run shows them at its end."""

    def show(line: str) -> None:
        request.node.user_properties.append((_FIGURE, line))

    return show
