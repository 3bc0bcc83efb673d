"""A run's events as Server-Sent Events: each row once, in order, from wherever the reader left off."""

import asyncio
import json
import threading
import uuid
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import close_old_connections

from strategy_api.common.exceptions import TooManyStreams
from strategy_api.runs import notifications, selectors

KEEP_ALIVE_SECONDS = 15.0

# Streams share this one thread, and so one database connection, however many readers there are.
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="event-reader")

Events = tuple[list[dict[str, Any]], bool]


class EventReader:
    """Reads for all streams of an event loop at once: what is asked for while one read is under way goes together."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[uuid.UUID, int], asyncio.Future[Events]] = {}
        self._work: asyncio.Task[None] | None = None

    async def events_after(self, run_id: uuid.UUID, after: int) -> Events:
        """Return the events of a run after a number, and whether the last one is among them or before."""
        wanted = self._wanted.get((run_id, after))
        if wanted is None:
            wanted = self._wanted[run_id, after] = asyncio.get_running_loop().create_future()
        if self._work is None:
            self._work = asyncio.create_task(self._serve())
        # A reader that goes away must not take the answer from others who wait for the same.
        return await asyncio.shield(wanted)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._wanted:
                batch, self._wanted = self._wanted, {}
                try:
                    found = await loop.run_in_executor(_reader, _read, list(batch))
                except Exception as error:
                    for answer in batch.values():
                        answer.set_exception(error)
                        answer.exception()  # looked at, whether or not its reader is still there
                else:
                    for key, answer in batch.items():
                        answer.set_result(found[key])
        finally:
            self._work = None


_readers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, EventReader] = weakref.WeakKeyDictionary()


def event_reader() -> EventReader:
    """Return the reader of the running event loop."""
    return _readers.setdefault(asyncio.get_running_loop(), EventReader())


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

    def __init__(self, user_id: int, run_id: uuid.UUID, after: int) -> None:
        stream_limit.enter(user_id)
        self._leave = weakref.finalize(self, stream_limit.leave, user_id)
        self._chunks = follow(run_id, after)

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


async def follow(run_id: uuid.UUID, after: int) -> AsyncGenerator[bytes]:
    """Yield the events after a number until the run's last one; a comment now and then keeps the line open."""
    reader = event_reader()
    async with notifications.subscribe_async(run_id) as changed:
        while True:
            changed.clear()
            events, finished = await reader.events_after(run_id, after)
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


def encode(event: dict[str, Any]) -> bytes:
    """Return one event in the wire format; JSON keeps line breaks out of the data line."""
    data = json.dumps({**event["data"], "at": event["created_at"]}, cls=DjangoJSONEncoder)
    return f"id: {event['seq']}\nevent: {event['type']}\ndata: {data}\n\n".encode()


def _read(wanted: list[tuple[uuid.UUID, int]]) -> dict[tuple[uuid.UUID, int], Events]:
    close_old_connections()
    return selectors.events_after_each(wanted)
