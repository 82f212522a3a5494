"""A device that sends as fast as it can: ``python -m tests.iot_ingest.flooder PORT ID QOS``.

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


def connect(port: int, device_id: str, secret: str) -> socket.socket:
    """An MQTT 3.1.1 connection without a library in between."""
    fields = (device_id.encode(), device_id.encode(), secret.encode())
    payload = b"".join(len(one).to_bytes(2, "big") + one for one in fields)
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + payload
    found = socket.create_connection(("127.0.0.1", port), timeout=10)
    found.sendall(bytes((0x10, len(body))) + body)
    answer = found.recv(4)
    if answer != b"\x20\x02\x00\x00":
        found.close()
        raise ConnectionRefusedError(answer.hex())
    return found


def publish(topic: str, payload: bytes, qos: int, mid: int) -> bytes:
    """A PUBLISH of less than 128 bytes and so many more."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (mid.to_bytes(2, "big") if qos else b"") + payload
    length = len(body)
    told = bytes((length,)) if length < 128 else bytes((length & 127 | 128, length >> 7))
    return bytes((0x30 | qos << 1,)) + told + body


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
