"""MQTT byte by byte, for devices that do what no library would do.

``python -m tests.iot_ingest.flooder PORT ID QOS`` is one that sends as fast as it can.

The secret comes on standard input. Prints how many messages it sent and for how many seconds it
was connected, as JSON, when it was disconnected (or after 20 seconds).
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time

from iot_ingest.model.device import readings_topic

_PACKETS = 200
_GIVE_UP_S = 20.0


def connect(
    port: int,
    user: str,
    secret: str,
    *,
    client_id: str | None = None,
    level: int = 4,
    will: tuple[str, bytes] | None = None,
) -> socket.socket:
    """An MQTT connection (level 4: 3.1.1, 5) without a library in between.

    ``will``: topic and payload, retained. Raises ConnectionRefusedError.
    """
    none = b"\x00" if level == 5 else b""
    fields = [_text(client_id or user)]
    if will is not None:
        fields += [none, _text(will[0]), len(will[1]).to_bytes(2, "big") + will[1]]
    fields += [_text(user), _text(secret)]
    flags = 0xC2 | (0x2C if will is not None else 0)
    body = b"\x00\x04MQTT" + bytes((level, flags, 0, 60)) + none + b"".join(fields)
    found = socket.create_connection(("127.0.0.1", port), timeout=10)
    found.sendall(b"\x10" + _length(len(body)) + body)
    answer = found.recv(4096)
    if answer[:1] != b"\x20" or answer[3:4] != b"\x00":
        found.close()
        raise ConnectionRefusedError(answer.hex())
    return found


def publish(
    topic: str, payload: bytes, qos: int, mid: int, *, level: int = 4, retain: bool = False
) -> bytes:
    """A PUBLISH."""
    none = b"\x00" if level == 5 else b""
    body = _text(topic) + (mid.to_bytes(2, "big") if qos else b"") + none + payload
    return bytes((0x30 | qos << 1 | retain,)) + _length(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (128 if value else 0))
        if not value:
            return bytes(out)


def _swallow(connection: socket.socket, gone: threading.Event) -> None:
    try:
        while connection.recv(65_536):
            pass
    except OSError:
        pass
    gone.set()


def flood(port: int, device_id: str, secret: str, qos: int) -> tuple[int, float]:
    """Send until disconnected: messages sent, seconds from the first one."""
    connection = connect(port, device_id, secret)
    connection.settimeout(None)
    gone = threading.Event()
    threading.Thread(target=_swallow, args=(connection, gone), daemon=True).start()
    topic = readings_topic(device_id)
    sent, began = 0, time.monotonic()
    try:
        while not gone.is_set() and time.monotonic() - began < _GIVE_UP_S:
            now_ms = time.time_ns() // 1_000_000
            block = b"".join(
                publish(
                    topic,
                    b'{"ts":%d,"values":{"voltage":12.0}}' % (now_ms + n),
                    qos,
                    (sent + n) % 65_535 + 1,
                )
                for n in range(_PACKETS)
            )
            connection.sendall(block)
            sent += _PACKETS
    except OSError:
        pass
    return sent, time.monotonic() - began


if __name__ == "__main__":
    messages, seconds = flood(
        int(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip(), int(sys.argv[3])
    )
    sys.stdout.write(json.dumps({"sent": messages, "seconds": seconds}))
