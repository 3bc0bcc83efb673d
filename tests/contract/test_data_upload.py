"""An upload that is too large is refused with the server's own sentence, whatever the server does with the line."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from tests.served import Served

REFUSAL = b'{"status": 413, "code": "body_too_large", "detail": "No request may be larger than 5 bytes."}'
ANSWER = b"HTTP/1.1 413 Too Large\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\r\n" + REFUSAL
KEPT = b'HTTP/1.1 201 Created\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"bars": 12}'
MINUTES = b"date,open,high,low,close\n" + b"2024-01-02 09:30:00,10,11,9,10\n" * 800_000


class Line:
    """One connection to a server that a test plays."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.received = 0

    def head(self) -> bytes:
        text = b""
        while b"\r\n\r\n" not in text:
            text += self.connection.recv(65536)
        head, _, rest = text.partition(b"\r\n\r\n")
        self.received += len(rest)
        return head

    def take(self, size: int) -> None:
        while self.received < size and (piece := self.connection.recv(65536)):
            self.received += len(piece)


@contextmanager
def serving(behave: Any) -> Iterator[tuple[str, list[Line]]]:
    """Play a server whose every connection is handled by `behave`."""
    lines: list[Line] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    lines.append(Line(connection))
                    behave(lines[-1])

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", lines
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def refuse_at_once(line: Line) -> None:
    line.head()
    line.connection.sendall(ANSWER)


def refuse_in_the_middle(line: Line) -> None:
    line.head()
    line.take(300_000)
    line.connection.sendall(ANSWER)
    # As servers do that want their answer to arrive: the rest is taken in and thrown away.
    line.connection.shutdown(socket.SHUT_WR)
    line.take(len(MINUTES))


def say_continue(line: Line) -> None:
    assert b"expect: 100-continue" in line.head().lower()
    line.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    line.take(len(MINUTES))
    line.connection.sendall(KEPT)


def know_no_continue(line: Line) -> None:
    line.head()
    line.take(len(MINUTES))
    line.connection.sendall(KEPT)


class TestUploads:
    @pytest.mark.parametrize("behave", [refuse_at_once, refuse_in_the_middle])
    def test_that_are_too_large_are_refused_in_the_servers_words(self, module: ModuleType, behave: Any) -> None:
        with serving(behave) as (address, lines), pytest.raises(module.Problem, match="larger than 5 bytes") as refused:
            module.Client(address, "token").import_csv("MINE", MINUTES)

        assert (refused.value.status, refused.value.code) == (413, "body_too_large")
        assert len(lines) == 1

    def test_that_are_refused_at_once_are_not_sent(self, module: ModuleType) -> None:
        with serving(refuse_at_once) as (address, lines), pytest.raises(module.Problem):
            module.Client(address, "token").import_csv("MINE", MINUTES)

        assert lines[0].received == 0

    @pytest.mark.parametrize("behave", [say_continue, know_no_continue])
    def test_that_are_taken_arrive_whole(self, module: ModuleType, behave: Any) -> None:
        with serving(behave) as (address, lines):
            answer = module.Client(address, "token").import_csv("MINE", MINUTES)

        assert answer == {"bars": 12}
        assert lines[0].received == len(MINUTES)

    def test_to_the_real_server_are_refused_in_its_words(self, module: ModuleType, server: Served, token: str) -> None:
        with pytest.raises(module.Problem) as refused:
            module.Client(server.address, token).import_csv("MINE", MINUTES)

        assert (refused.value.status, refused.value.code) == (413, "body_too_large")
        assert "larger than" in str(refused.value)

    def test_of_some_megabytes_reach_the_real_server(self, module: ModuleType, server: Served, token: str) -> None:
        rows = b"".join(b"%d,10,11,9,10,%d\n" % (1_700_000_000 + 60 * number, number) for number in range(60_000))

        dataset = module.Client(server.address, token).import_csv("MINE", b"time,open,high,low,close,volume\n" + rows)

        assert len(rows) > module.LARGE_BYTES
        assert (dataset["bars"], dataset["interval"]) == (60_000, "1m")
