"""No test talks to the outside: sockets connect to this machine only."""

import ipaddress
import socket
from typing import Any

import pytest


class OutsideConnectionError(Exception):
    """A test tried to reach another machine."""


def close_network(patch: pytest.MonkeyPatch) -> None:
    """Make every connection of this process fail that leaves the machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self, address)
        return connect_ex(self, address)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


def _refuse_outside(connection: socket.socket, address: Any) -> None:
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise OutsideConnectionError(f"tests stay on this machine; tried {address}")
