"""Follow topics of an AlgoAgent server over one socket. Copy it beside `algoagent_client.py`; it needs `websockets`.

    for message in follow("http://127.0.0.1:8000", token, {"run:0b8f7c52-…": 0, "scanner": None}):
        print(message["topic"], message["type"], message.get("event"), message.get("data"))

Each topic comes with the number of the last event that you have, or None for what comes from now. A broken connection
is opened again, and goes on from there: every event is yielded once, in order, or a `resync` says which are missing.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

Json = dict[str, Any]

PROTOCOL = "algoagent.v1"
LONGEST_PAUSE_SECONDS = 10.0
# Asking again would be refused again.
FOR_GOOD = {4401: "The server does not know you any more.", 4403: "Pages of this origin may not open sockets."}


class Refused(Exception):
    """The server closed the socket, or has no such topic: `code` says why."""

    def __init__(self, code: int | str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def follow(address: str, token: str, topics: Mapping[str, int | None], *, tries: int = 8) -> Iterator[Json]:
    """Yield what happens on the topics, for as long as you ask: messages of the types event, state and resync."""
    last, failures = dict(topics), 0
    while True:
        try:
            for message in _once(address, token, last):
                failures = 0
                if message["type"] in ("event", "resync"):
                    last[message["topic"]] = message["seq"]
                if message["type"] == "subscribed":
                    # From now on means from here on, also after a break.
                    last[message["topic"]] = _later(last[message["topic"]], message["seq"])
                else:
                    yield message
        except (OSError, ConnectionClosed, InvalidHandshake) as error:
            failures += 1
            if failures >= tries:
                raise
            _raise_for_good(error)
            time.sleep(min(0.2 * 2**failures, LONGEST_PAUSE_SECONDS))


def _once(address: str, token: str, last: Mapping[str, int | None]) -> Iterator[Json]:
    """Yield what one connection brings."""
    url = address.rstrip("/").replace("http", "ws", 1) + "/ws/"
    headers = {"Authorization": f"Token {token}"}
    with connect(url, subprotocols=[PROTOCOL], additional_headers=headers, compression=None) as socket:
        asked = [{"name": name, "after": seq} for name, seq in last.items()]
        socket.send(json.dumps({"type": "subscribe", "topics": asked}))
        yield from _heard(socket)


def _heard(socket: ClientConnection) -> Iterator[Json]:
    while True:
        message = json.loads(socket.recv())
        if message["type"] == "error":
            raise Refused(message["code"], f"{message['message']} {message.get('topic', '')}".rstrip())
        if message["type"] in ("subscribed", "event", "state", "resync"):
            yield message


def _later(known: int | None, seq: int) -> int | None:
    return seq if known is None else known


def _raise_for_good(error: Exception) -> None:
    code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 0
    if code in FOR_GOOD:
        raise Refused(code, FOR_GOOD[code]) from None
