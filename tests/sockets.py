"""A web server in the test's own process, on the test's own database, and plain WebSocket clients for it."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from algoagent import server as algoagent_server
from tests.processes import free_port

PROTOCOL = "algoagent.v1"


class SocketServer:
    """The real server in a thread."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._server = uvicorn.Server(uvicorn.Config(**algoagent_server.options("127.0.0.1", self.port, 2)))
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)

    def client(
        self, token: str = "", path: str = "/ws/", *, protocols: Any = (PROTOCOL,), buffer: int = 0, **headers: str
    ) -> "Client":
        """Open a socket; one with a buffer of so many bytes takes no more while nobody hears."""
        sent = {**({"Authorization": f"Token {token}"} if token else {}), **headers}
        address = f"ws://127.0.0.1:{self.port}{path}"
        return Client(
            connect(
                address,
                subprotocols=list(protocols) or None,
                additional_headers=sent,
                proxy=None,
                compression=None,
                close_timeout=0.2,
                sock=_small(self.port, buffer) if buffer else None,
                max_queue=1 if buffer else 16,
            )
        )


def _small(port: int, size: int) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    line.connect(("127.0.0.1", port))
    return line


class Client:
    """A socket that speaks JSON."""

    connection: ClientConnection

    def __init__(self, opening: connect) -> None:
        self._opening = opening

    def __enter__(self) -> "Client":
        self.connection = self._opening.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._opening.__exit__(*error)

    def say(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def follow(self, *names: str, **after: int) -> None:
        """Subscribe, with the number of the last event in `after`, the same for all."""
        self.say(type="subscribe", topics=[{"name": name, **after} for name in names])

    def hear(self, seconds: float = 10) -> dict[str, Any]:
        """Return the next message."""
        found: dict[str, Any] = json.loads(self.connection.recv(seconds))
        return found

    def until(self, kind: str, seconds: float = 10) -> list[dict[str, Any]]:
        """Return the messages up to the first of a kind."""
        found = [self.hear(seconds)]
        while found[-1]["type"] != kind:
            found.append(self.hear(seconds))
        return found

    def settled(self) -> list[dict[str, Any]]:
        """Return everything that was said before the answer to a ping."""
        self.say(type="ping")
        return self.until("pong")[:-1]

    def closed_with(self, seconds: float = 10) -> int:
        """Return the code with which the server closes, whatever it says before."""
        try:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                self.connection.recv(max(0.01, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError("the socket is still open")


@contextlib.contextmanager
def socket_server(port: int = 0) -> Iterator[SocketServer]:
    """Serve for as long as the block lasts."""
    running = SocketServer(port)
    running.start()
    try:
        yield running
    finally:
        running.stop()
