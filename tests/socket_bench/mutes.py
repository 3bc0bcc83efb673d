"""Clients that follow everything and read nothing, in a process of their own; cut off, they come again."""

import base64
import json
import os
import select
import socket
import sys
import time

BUFFER_BYTES = 4096


def opened(port: int, token: str, topics: list[str]) -> socket.socket:
    """Open a socket by hand, follow topics, and never read again."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    line.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Token {token}\r\n\r\n"
    )
    line.sendall(head.encode())
    line.recv(256)
    line.sendall(_frame(json.dumps({"type": "subscribe", "topics": [{"name": name} for name in topics]}).encode()))
    return line


def _frame(payload: bytes) -> bytes:
    """Return a masked text frame; the mask is zero."""
    return b"\x81" + bytes([0x80 | 127]) + len(payload).to_bytes(8, "big") + bytes(4) + payload


def main() -> None:
    """Hold them open until killed."""
    plan = json.loads(sys.stdin.readline())
    lines = [opened(plan["port"], token, plan["topics"]) for token in plan["tokens"]]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    poll = select.poll()
    while True:
        for number, line in enumerate(lines):
            poll.register(line, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
            cut = poll.poll(0)
            poll.unregister(line)
            if cut:
                line.close()
                lines[number] = opened(plan["port"], plan["tokens"][number], plan["topics"])
        time.sleep(0.2)


if __name__ == "__main__":
    main()
