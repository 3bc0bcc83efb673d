"""Servers that say on the wire exactly what a test scripts, byte by byte."""

import socketserver
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

HOLD_SECONDS = 10.0


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer: its first line, its headers, and its body in the pieces in which it is sent.

    The last piece waits for `hold`, and never comes where that is not set in time.
    """

    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = (b"",)
    cut_off: bool = False
    hold: threading.Event | None = None


@dataclass
class WireServer:
    """Answers requests in the scripted order, and remembers them as they came."""

    replies: deque[Reply] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)
    url: str = ""

    def plan(self, *replies: Reply) -> None:
        """Script what the next requests are answered."""
        self.replies.extend(replies)

    def __enter__(self) -> Self:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline()
                    if not line:
                        return
                    head += line
                length = [row.split(b":")[1] for row in head.lower().splitlines() if row.startswith(b"content-length")]
                outer.requests.append(head + self.rfile.read(int(length[0]) if length else 0))
                self._answer(outer.replies.popleft())

            def _answer(self, reply: Reply) -> None:
                lines = [f"HTTP/1.1 {reply.status}", "Connection: close", "Transfer-Encoding: chunked"]
                lines += [f"{name}: {value}" for name, value in reply.headers]
                self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                for number, piece in enumerate(reply.pieces, start=1):
                    if number == len(reply.pieces) and reply.hold is not None and not reply.hold.wait(HOLD_SECONDS):
                        return
                    if piece:
                        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                        self.wfile.flush()
                if not reply.cut_off:
                    self.wfile.write(b"0\r\n\r\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def pieces(raw: bytes, sizes: Iterable[int]) -> tuple[bytes, ...]:
    """Return the bytes cut into pieces of these sizes, the rest last."""
    cut, at = [], 0
    for size in sizes:
        cut.append(raw[at : at + size])
        at += size
    return (*cut, raw[at:])
