"""What one socket is still to be sent: events in their order, and of each state the newest.

An outbox takes what happens without waiting, so that a client that reads slowly hurts nobody else. One that is full is
emptied: for each topic that lost something a `resync` says so. Full again before all was sent, it is given up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MOST_EVENTS = 256
MOST_STATES = 512


@dataclass(frozen=True, slots=True)
class Item:
    """A message to be sent; `topic` is empty for an answer, which is never dropped."""

    text: str
    topic: str = ""
    seq: int = 0


class TooSlow(Exception):
    """The client does not keep up."""


# A state's place in the queue: its topic and its key. What is sent from there is the newest.
Place = tuple[str, str]


class Outbox:
    """The messages for one socket. `resync` writes what stands for the dropped messages of a topic."""

    def __init__(self, resync: Callable[[str, int], str]) -> None:
        self._resync = resync
        self._queue: deque[Item | Place] = deque()
        self._states: dict[Place, Item] = {}
        self._full_before = False
        self._given_up = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    def offer(self, item: Item) -> None:
        """Take an event that has just happened."""
        if self._full:
            self._empty(item)
        else:
            self._queue.append(item)
        self._news.set()

    def offer_state(self, key: str, item: Item) -> None:
        """Take a state in place of the one that was under its key."""
        place = (item.topic, key)
        if place in self._states:
            self._states[place] = item
        elif len(self._states) < MOST_STATES:
            self._states[place] = item
            self._queue.append(place)
        else:
            self._empty(item)
        self._news.set()

    async def put(self, item: Item) -> None:
        """Take what the client has asked for, once there is room; raise `TooSlow` where there will be none."""
        while self._full and not self._given_up:
            self._room.clear()
            await self._room.wait()
        if self._given_up:
            raise TooSlow
        self._queue.append(item)
        self._news.set()

    async def next(self) -> str:
        """Return what is to be sent next; raise `TooSlow` when the client is given up."""
        while not self._queue and not self._given_up:
            # Everything has been sent: the client keeps up.
            self._full_before = False
            self._news.clear()
            await self._news.wait()
        if self._given_up:
            raise TooSlow
        self._room.set()
        first = self._queue.popleft()
        return first.text if isinstance(first, Item) else self._states.pop(first).text

    def forget(self, topic: str) -> None:
        """Drop what is not sent yet of a topic that is not followed any more."""
        self._queue = deque(one for one in self._queue if (one.topic if isinstance(one, Item) else one[0]) != topic)
        self._states = {place: item for place, item in self._states.items() if place[0] != topic}
        self._room.set()

    @property
    def _full(self) -> bool:
        return len(self._queue) - len(self._states) >= MOST_EVENTS

    def _empty(self, item: Item) -> None:
        """Drop everything but answers, with the one that found no room; a second time, give up."""
        waiting = [one for one in self._queue if isinstance(one, Item)]
        dropped = [one for one in (*waiting, *self._states.values(), item) if one.topic]
        self._queue.clear()
        self._states.clear()
        self._given_up = self._full_before
        if self._given_up:
            self._room.set()
            return
        self._full_before = True
        last: dict[str, int] = {}
        for one in dropped:
            last[one.topic] = max(one.seq, last.get(one.topic, 0))
        self._queue.extend(one for one in waiting if not one.topic)
        self._queue.extend(Item(self._resync(topic, seq), topic, seq) for topic, seq in last.items())
