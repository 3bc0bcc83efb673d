"""A topic's events as Server-Sent Events: each row once, in order, from wherever the reader left off."""

import asyncio
import json
import threading
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from strategy_api.common.exceptions import TooManyStreams
from strategy_api.runs import notifications
from strategy_api.runs.event_reader import event_reader
from strategy_api.runs.topic_types import Event

KEEP_ALIVE_SECONDS = 15.0


class StreamLimit:
    """Counts the streams that each user holds open in this process."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()
        self._mutex = threading.Lock()

    def enter(self, user_id: int) -> None:
        """Admit one more stream of a user; raise `TooManyStreams`."""
        with self._mutex:
            if self._open[user_id] >= settings.STREAMS_LIMIT:
                raise TooManyStreams
            self._open[user_id] += 1

    def leave(self, user_id: int) -> None:
        """Let a stream of a user go."""
        with self._mutex:
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]


stream_limit = StreamLimit()


class Stream:
    """An open stream of one user; closing it, or reading it to its end, makes room for another."""

    def __init__(self, user_id: int, topic: str, after: int) -> None:
        stream_limit.enter(user_id)
        self._leave = weakref.finalize(self, stream_limit.leave, user_id)
        self._chunks = follow(topic, after)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except BaseException:
            self._leave()
            raise

    def close(self) -> None:
        """Make room; the server calls this when the reader is gone."""
        self._leave()


async def follow(topic: str, after: int) -> AsyncGenerator[bytes]:
    """Yield the events after a number until the topic's last one; a comment now and then keeps the line open."""
    reader = event_reader()
    async with notifications.subscribe_async(topic) as changed:
        while True:
            changed.clear()
            events, finished = await reader.events_after(topic, after)
            for event in events:
                after = event["seq"]
                yield encode(event)
            if finished:
                return
            if not events:
                try:
                    await asyncio.wait_for(changed.wait(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"


def encode(event: Event) -> bytes:
    """Return one event in the wire format; JSON keeps line breaks out of the data line."""
    data = json.dumps({**event["data"], "at": event["created_at"]}, cls=DjangoJSONEncoder)
    return f"id: {event['seq']}\nevent: {event['type']}\ndata: {data}\n\n".encode()
