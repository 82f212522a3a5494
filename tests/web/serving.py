"""A real uvicorn in a thread of the test process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from command_center.app import Application, make_server
from tests.support.ports import free_port


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A running server: its address, and the application behind it."""

    url: str
    app: Application

    @property
    def socket_url(self) -> str:
        """The address of its WebSockets."""
        return self.url.replace("http://", "ws://")


@contextmanager
def serve(app: Application) -> Iterator[Served]:
    """Serve ``app`` until the end of the block."""
    port = free_port()
    server = make_server(app, host="127.0.0.1", port=port)
    thread = threading.Thread(target=server.run, name="test-server")
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server does not start")
            time.sleep(0.02)
        yield Served(url=f"http://127.0.0.1:{port}", app=app)
    finally:
        server.should_exit = True
        thread.join(20)
