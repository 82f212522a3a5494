"""Ports that are already taken, found before anything starts."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from command_center.problem import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Port:
    """A TCP port that `run` is about to listen on, and the option that changes it."""

    host: str
    number: int
    option: str
    name_zh: str
    name_en: str


def check_ports(ports: list[Port]) -> None:
    """Raise one Problem that names every port of the list that cannot be had."""
    faults = [(port, reason) for port in ports if (reason := _fault(port)) is not None]
    if not faults:
        return
    raise Problem(
        zh="；".join(
            f"{port.name_zh}的端口 {port.number}（{port.option}）{_WORDS[reason]['zh']}"
            for port, reason in faults
        )
        + "。请停止占用它的程序，或用上述选项换一个端口。",
        en="; ".join(
            f"port {port.number} of {port.name_en} ({port.option}) {_WORDS[reason]['en']}"
            for port, reason in faults
        )
        + ". Stop the program that holds it, or choose another port with that option.",
    )


_WORDS: Mapping[str, Mapping[str, str]] = {
    "taken": {"zh": "已被占用", "en": "is in use"},
    "forbidden": {"zh": "需要更高权限", "en": "needs more rights"},
    "no such host": {"zh": "的地址不属于本机", "en": "is on an address this machine does not have"},
}


def _fault(port: Port) -> str | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            port.host, port.number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the servers do it: a port in TIME_WAIT is free, one with a listener is not.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        return "no such host"
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "taken"
        if error.errno == errno.EACCES:
            return "forbidden"
        if error.errno == errno.EADDRNOTAVAIL:
            return "no such host"
        raise
    return None
