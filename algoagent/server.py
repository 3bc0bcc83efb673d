"""The web server: uvicorn, with limits that it does not have itself.

    python -m algoagent.server --host 127.0.0.1 --port 8000

A client that is slow holds nothing for long: not while it sends the head of a request (`HEAD_SECONDS`) or its body
(`BODY_SECONDS`, and longer as it grows), not while it reads the answer (`STALL_SECONDS`). It is closed without a word,
which nobody would read. A request that says its length twice is
refused, and its connection is closed: a proxy may have read another length than we do.

Addresses and schemes that a client claims are not believed here; `TRUSTED_PROXIES` says who is believed.
"""

import argparse
import asyncio
import contextlib
import re
import resource
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from algoagent.environment import Environment
from algoagent.socket_server import PatientSocket

HEAD_SECONDS = 10.0
BODY_SECONDS = 12.0
SLOWEST_BYTES_A_SECOND = 8 << 10
STALL_SECONDS = 60.0
MOST_HEAD_BYTES = 32 << 10

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_FRAMING = re.compile(rb"^(content-length|transfer-encoding)[ \t]*:", re.IGNORECASE | re.MULTILINE)


class PatientProtocol(H11Protocol):
    """HTTP/1.1 on one connection, with an end to patience."""

    _head = b""
    _head_timer: asyncio.TimerHandle | None = None
    _body_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None
    _body_deadline = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Expect the head of the first request soon."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Read on; refuse a request that says its length more than once."""
        before_head = self.conn.their_state is h11.IDLE
        if before_head:
            self._head = (self._head + data)[: MOST_HEAD_BYTES + 1]
            if _lengths(self._head) > 1:
                self._unset_keepalive_if_required()
                self.send_400_response("The length of the body is stated more than once.")
                return
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            # A socket now: its patience is its own.
            self._stop_expecting_head()
            return
        if self.conn.their_state is not h11.IDLE:
            self._head = b""
            self._stop_expecting_head()
            self._body_deadline += len(data) / SLOWEST_BYTES_A_SECOND
            if before_head and self.conn.their_state is h11.SEND_BODY:
                self._expect_body()
        elif not self._head_timer and self._between_requests():
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_expecting_head()
        if self._body_timer is not None:
            self._body_timer.cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note that the client does not read; give up on one who goes on not reading."""
        super().pause_writing()
        self._stall_timer = self._stall_timer or self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
        super().resume_writing()

    def _between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _stop_expecting_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _expect_body(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
        self._body_deadline = self.loop.time() + BODY_SECONDS
        self._body_timer = self.loop.call_at(self._body_deadline, self._body_may_be_late)

    def _body_may_be_late(self) -> None:
        self._body_timer = None
        if self.conn.their_state is not h11.SEND_BODY:
            return
        if self.loop.time() < self._body_deadline:
            self._body_timer = self.loop.call_at(self._body_deadline, self._body_may_be_late)
        else:
            self.transport.abort()

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._between_requests() and self.conn.their_state is h11.IDLE:
            self.transport.abort()


def _lengths(received: bytes) -> int:
    """Return how often a complete head says how long the body is."""
    end = _END_OF_HEAD.search(received)
    return len(_FRAMING.findall(received, 0, end.start())) if end else 0


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m algoagent.server", description="Serve the API and the admin.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--grace", type=int, default=20, help="seconds that requests may take to end when it stops")
    asked = parser.parse_args()
    _allow_many_connections()
    uvicorn.run(**options(asked.host, asked.port, asked.grace))


def options(host: str, port: int, grace: int) -> dict[str, Any]:
    """Return the settings of uvicorn: its own protocols, made patient, and nothing that Django does itself."""
    environment = Environment()
    return {
        "app": "algoagent.asgi:application",
        "host": host,
        "port": port,
        "http": PatientProtocol,
        "ws": PatientSocket,
        "ws_max_size": environment.socket_message_bytes,
        "ws_ping_interval": environment.socket_ping_seconds,
        "ws_ping_timeout": environment.socket_ping_seconds,
        "ws_per_message_deflate": False,
        "lifespan": "on",
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        # Django's middleware does it, for the proxies that are trusted.
        "proxy_headers": False,
        "h11_max_incomplete_event_size": MOST_HEAD_BYTES,
        "timeout_graceful_shutdown": grace,
    }


def _allow_many_connections() -> None:
    """Take as many files as the system grants: those who wait must not be in the way of others."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
