"""A crowd of clients in a process of its own: each follows its topics, comes back when it is cut off, and counts.

Reads one line of JSON: the address, and for each socket its token and, by topic, the last event that it has. Says
`ready` when all follow. A second line names the last event of each topic: once everybody has them, or after a while,
the figures are printed.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

PATIENCE_SECONDS = 30.0
OPENING_AT_ONCE = 20


@dataclass
class Heard:
    """What all sockets heard, together."""

    delays: list[float] = field(default_factory=list)
    messages: int = 0
    duplicates: int = 0
    gaps: int = 0
    resyncs: int = 0
    connections: int = 0
    breaks: Counter[str] = field(default_factory=Counter)


class Listener:
    """One socket, and after a break the next one, from the last event on."""

    def __init__(self, address: str, token: str, cursors: dict[str, int], heard: Heard) -> None:
        self.cursors = dict(cursors)
        self.following = asyncio.Event()
        self._address, self._token, self._heard = address, token, heard

    async def listen(self, opening: asyncio.Semaphore) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._once(opening)
            except (OSError, WebSocketException, TimeoutError) as error:
                self._heard.breaks[f"{error}"[:80]] += 1
                await asyncio.sleep(0.3)

    async def _once(self, opening: asyncio.Semaphore) -> None:
        async with opening:
            socket = await connect(
                self._address,
                subprotocols=["algoagent.v1"],
                additional_headers={"Authorization": f"Token {self._token}"},
                compression=None,
                proxy=None,
                ping_interval=None,
                max_size=None,
            )
        self._heard.connections += 1
        try:
            wanted = [{"name": name, "after": seq} for name, seq in self.cursors.items()]
            await socket.send(json.dumps({"type": "subscribe", "topics": wanted}))
            left = len(wanted)
            async for text in socket:
                message = json.loads(text)
                self._take(message, time.monotonic())
                left -= message["type"] == "subscribed"
                if not left:
                    self.following.set()
        finally:
            await socket.close()

    def _take(self, message: dict[str, Any], now: float) -> None:
        if message["type"] == "event":
            cursor, seq = self.cursors[message["topic"]], message["seq"]
            self._heard.messages += 1
            self._heard.delays.append(now - message["data"]["sent_at"])
            self._heard.duplicates += seq <= cursor
            self._heard.gaps += seq > cursor + 1
            self.cursors[message["topic"]] = max(cursor, seq)
        elif message["type"] == "resync":
            self._heard.resyncs += 1
            self.cursors[message["topic"]] = message["seq"]


async def main() -> None:
    """Listen, then count."""
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = json.loads(await reader.readline())
    heard, opening = Heard(), asyncio.Semaphore(OPENING_AT_ONCE)
    crowd = [Listener(plan["address"], one["token"], one["after"], heard) for one in plan["sockets"]]
    tasks = [asyncio.create_task(one.listen(opening)) for one in crowd]
    await asyncio.gather(*(one.following.wait() for one in crowd))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    last = json.loads(await reader.readline())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (lost := _lost(crowd, last)) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps({**vars(heard), "lost": lost}) + "\n")


def _lost(crowd: list[Listener], last: dict[str, int]) -> int:
    return sum(max(0, last.get(name, 0) - seq) for one in crowd for name, seq in one.cursors.items())


if __name__ == "__main__":
    asyncio.run(main())
