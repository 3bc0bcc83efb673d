"""One client that comes and goes ten thousand times, and a thousand who show tickets that are not theirs to show."""

import json
import time
import urllib.request
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.socket_bench.stage import Json, Stage

PROTOCOL = "algoagent.v1"
AT_ONCE = 200
GOOD_SECONDS = 31.0


def cycles(stage: Stage, token: str, topic: str, count: int) -> Json:
    """Subscribe and unsubscribe; return how much memory that left behind."""
    with _opened(stage, token) as socket:
        socket.recv()
        _cycle(socket, topic, count // 10)
        before = stage.memory_mb()
        began = time.monotonic()
        _cycle(socket, topic, count)
        seconds = time.monotonic() - began
        return {"count": count, "memory_growth_mb": stage.memory_mb() - before, "per_second": count / seconds}


def _cycle(socket: Any, topic: str, count: int) -> None:
    for begin in range(0, count, AT_ONCE):
        for _ in range(min(AT_ONCE, count - begin)):
            socket.send(json.dumps({"type": "subscribe", "topics": [{"name": topic}]}))
            socket.send(json.dumps({"type": "unsubscribe", "topics": [topic]}))
        socket.send(json.dumps({"type": "ping"}))
        while json.loads(socket.recv())["type"] != "pong":
            pass


def misuses(stage: Stage, own: str, foreign: str, count: int) -> Json:
    """Show tickets that were used, expired, changed, doubled, or are somebody else's; return how many were let in.

    A hundred or more have some that expire, which takes half a minute.
    """
    expired = [_ticket(stage, own) for _ in range(count // 5)] if count >= 100 else []
    expire_at = time.monotonic() + GOOD_SECONDS
    accepted = refused_rightful = 0
    for number in range(count - len(expired)):
        ticket = _ticket(stage, own)
        if number % 4 == 0:
            refused_rightful += not _let_in(stage, ticket)
            accepted += _let_in(stage, ticket)
        elif number % 4 == 1:
            accepted += _let_in(stage, ticket, token=foreign)
        elif number % 4 == 2:
            accepted += _let_in(stage, ticket[:-1] + ("A" if ticket[-1] != "A" else "B"))
        else:
            accepted += _let_in(stage, ticket, ticket)
    if expired:
        time.sleep(max(0.0, expire_at - time.monotonic()))
    accepted += sum(_let_in(stage, ticket) for ticket in expired)
    return {"misuses": count, "accepted": accepted, "refused_rightful": refused_rightful}


def _ticket(stage: Stage, token: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{stage.port}/api/tickets/", method="POST", headers={"Authorization": f"Token {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.loads(answer.read())["ticket"])


def _let_in(stage: Stage, *tickets: str, token: str = "") -> bool:
    with _opened(stage, token, *tickets) as socket:
        try:
            socket.recv(10)
        except ConnectionClosed as closed:
            return not (closed.rcvd and closed.rcvd.code == 4401)
        return True


def _opened(stage: Stage, token: str, *tickets: str) -> Any:
    headers = {"Authorization": f"Token {token}"} if token else {}
    return connect(
        f"ws://127.0.0.1:{stage.port}/ws/",
        subprotocols=[PROTOCOL, *(f"ticket.{ticket}" for ticket in tickets)],
        additional_headers=headers,
        proxy=None,
        compression=None,
    )
