"""Ports for tests."""

import random
import socket

# Below those that the kernel gives to outgoing connections: what is started seconds later finds
# its port still free.
_PORTS = range(20_000, 32_000)
_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on, another one each time."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        if port in _given:
            continue
        _given.add(port)
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
