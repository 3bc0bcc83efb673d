"""The floor: the bare ASGI server with the least that could send the same messages, from memory.

It knows no database, no user and no outbox. `GET /start` begins to publish, `GET /stop` ends it and says how much.
"""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from typing import Any

BATCHES_A_SECOND = 10

_followers: dict[str, list[Any]] = defaultdict(list)
_sent: dict[str, int] = defaultdict(int)
_publishing: asyncio.Task[None] | None = None


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one connection."""
    if scope["type"] == "websocket":
        await _socket(receive, send)
    elif scope["type"] == "http":
        await _control(scope, send)


async def _socket(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "algoagent.v1"})
    while (message := await receive())["type"] == "websocket.receive":
        for topic in json.loads(message["text"]).get("topics", []):
            _followers[topic["name"]].append(send)
            await send({"type": "websocket.send", "text": json.dumps({"type": "subscribed", "topic": topic["name"]})})


async def _control(scope: dict[str, Any], send: Any) -> None:
    global _publishing
    body: Any = {}
    if scope["path"] == "/start":
        _publishing = asyncio.create_task(_publish(int(scope["query_string"])))
    elif scope["path"] == "/stop" and _publishing is not None:
        _publishing.cancel()
        body = _sent
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _publish(events_a_second: int) -> None:
    topics = itertools.cycle(sorted(_followers))
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for topic in itertools.islice(topics, max(1, events_a_second // BATCHES_A_SECOND)):
            _sent[topic] += 1
            event = {"type": "event", "topic": topic, "seq": _sent[topic], "event": "bench", "data": _data()}
            message = {"type": "websocket.send", "text": json.dumps(event)}
            for send in _followers[topic]:
                await send(message)
        due += 1 / BATCHES_A_SECOND
        await asyncio.sleep(max(0.0, due - loop.time()))


def _data() -> dict[str, Any]:
    return {"sent_at": time.monotonic(), "text": "x" * 200}
