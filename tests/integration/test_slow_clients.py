"""Clients that are slow or lie about lengths, against the real server: they hold nothing, and others do not notice."""

import contextlib
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, answers, free_port, own_environment

# The server under test is the real one with shorter patience.
SERVER = """
import algoagent.server as server
server.BODY_SECONDS, server.HEAD_SECONDS, server.STALL_SECONDS = 2.0, 2.0, 3.0
server.main()
"""
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /api/strategies/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class Server:
    """A web server without a database behind it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        environment = own_environment(folder, SECURE_TRANSPORT="false")
        command = [sys.executable, "-c", SERVER, "--port", str(self.port), "--grace", "1"]
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self.log, stderr=self.log)
        assert answers(self.address)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def say(self, data: bytes) -> bytes:
        """Send bytes on a connection of their own; return everything until the server closes it."""
        with self.connect() as connection:
            connection.sendall(data)
            return until_closed(connection)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of this file."""
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


def until_closed(connection: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            found += chunk
    return found


def status_of(answer: bytes) -> int:
    return int(answer.split()[1]) if answer else 0


class TestSlowClients:
    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"G",
            b"GET /healthz HTTP/1.1\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
            b"\r\n",
        ],
    )
    def test_that_never_finish_the_head_are_closed(self, server: Server, sent: bytes) -> None:
        began = time.monotonic()

        server.say(sent)

        assert time.monotonic() - began < 12

    def test_that_dribble_the_head_are_closed(self, server: Server) -> None:
        began = time.monotonic()
        with server.connect() as connection, contextlib.suppress(OSError):
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
            while time.monotonic() - began < 20:
                connection.sendall(b"x: y\r\n")
                time.sleep(0.1)

        assert time.monotonic() - began < 12

    @pytest.mark.parametrize(
        "framing", [b"Content-Length: 1000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
    )
    def test_that_never_finish_the_body_are_closed(self, server: Server, framing: bytes) -> None:
        began = time.monotonic()

        answer = server.say(POST + framing)

        assert answer == b""
        assert time.monotonic() - began < 12

    def test_that_send_a_body_in_good_time_are_answered(self, server: Server) -> None:
        with server.connect() as connection:
            connection.sendall(POST + b"Connection: close\r\nContent-Length: 60000\r\n\r\n")
            for _ in range(6):
                time.sleep(0.6)
                connection.sendall(b" " * 10_000)

            assert status_of(until_closed(connection)) == 401

    def test_that_dribble_the_body_are_closed(self, server: Server) -> None:
        began = time.monotonic()
        with server.connect() as connection:
            connection.sendall(POST + b"Content-Length: 100000\r\n\r\n")
            with contextlib.suppress(OSError):
                while time.monotonic() - began < 20:
                    connection.sendall(b" " * 10)
                    time.sleep(0.1)

        assert time.monotonic() - began < 12

    def test_that_expect_to_be_told_to_go_on_are_closed_as_well(self, server: Server) -> None:
        answer = server.say(POST + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n")

        assert answer in (b"", b"HTTP/1.1 100 Continue\r\n\r\n")

    def test_that_do_not_read_the_answer_are_closed(self, server: Server) -> None:
        script = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
        ask = b"GET " + script + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(ask * 30)
            time.sleep(10)
            found = until_closed(connection)

        # What is in the buffers arrives; thirty times a file of more than a megabyte does not.
        assert len(found) < 20_000_000

    def test_in_great_number_keep_nobody_waiting(self, server: Server) -> None:
        allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        slow: list[socket.socket] = []
        try:
            for _ in range(min(1_500, most - 200)):
                connection = server.connect()
                connection.sendall(POST + b"Authorization: Token x\r\nContent-Length: 1000\r\n\r\n{")
                slow.append(connection)
            statuses = [
                httpx.get(f"{server.address}/healthz", timeout=10, trust_env=False).status_code for _ in range(3)
            ]
            time.sleep(12)
            alive = [connection for connection in slow if _open(connection)]
        finally:
            for connection in slow:
                connection.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))

        assert statuses == [200] * 3
        assert alive == []


def _open(connection: socket.socket) -> bool:
    """Whether the server still holds the connection open; its answer is read and thrown away."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


class TestLengths:
    @pytest.mark.parametrize(
        "head",
        [
            b"Content-Length: 2\r\nContent-Length: 3\r\n",
            b"Content-Length: 2\r\nContent-Length: 2\r\n",
            b"Content-Length: 2, 3\r\n",
            b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            b"Transfer-Encoding: chunked, identity\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b"Content-Length: -2\r\n",
            b"Content-Length: +2\r\n",
            b"Content-Length: 0x2\r\n",
            b"Content-Length: 2 \r\n Content-Length: 3\r\n",
            b"Content-Length : 2\r\n",
            b"Content-Length: 2_0\r\n",
            b"content-length: 2\r\nCONTENT-LENGTH: 40\r\n",
            b"Content-Length: " + b"9" * 5_000 + b"\r\n",
            b"Content-Length: 99999999999999\r\n",
        ],
    )
    @pytest.mark.parametrize("method", [b"POST", b"GET"])
    def test_that_are_ambiguous_are_refused_and_the_connection_with_them(
        self, server: Server, method: bytes, head: bytes
    ) -> None:
        smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        asked = method + POST[4:] + head + b"\r\n{}" + smuggled

        answer = server.say(asked)

        assert status_of(answer) in (400, 413, 501)
        assert answer.count(b"HTTP/1.1 ") == 1

    def test_that_are_stated_once_are_taken(self, server: Server) -> None:
        answer = server.say(POST + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")

        assert status_of(answer) == 401

    def test_in_pieces_are_read_as_one(self, server: Server) -> None:
        with server.connect() as connection:
            for byte in POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}":
                with contextlib.suppress(BrokenPipeError):
                    connection.sendall(bytes([byte]))
            assert status_of(until_closed(connection)) == 400

    def test_leave_a_connection_open_for_the_next_request(self, server: Server) -> None:
        with server.connect() as connection:
            for _ in range(3):
                connection.sendall(GET)
                assert status_of(connection.recv(65536)) == 200

    @pytest.mark.parametrize(
        "junk", [b"\x00" * 100_000, b"GET " + b"/x" * 40_000, b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n"]
    )
    def test_are_not_looked_for_in_what_is_no_request(self, server: Server, junk: bytes) -> None:
        answer = server.say(junk + b"\r\n\r\n")

        assert status_of(answer) < 500
        assert httpx.get(f"{server.address}/healthz", trust_env=False).status_code == 200
