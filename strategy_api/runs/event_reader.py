"""Reads events for all who follow topics on an event loop, in one thread and with as few queries as possible."""

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections

from strategy_api.runs import topic_types
from strategy_api.runs.topic_types import Events

# All who follow share this one thread, and so one database connection, however many they are.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="event-reader")

Found = TypeVar("Found")


async def read(query: Callable[[], Found]) -> Found:
    """Run a query in the thread that all who follow share."""

    def work() -> Found:
        close_old_connections()
        return query()

    return await asyncio.get_running_loop().run_in_executor(_thread, work)


class EventReader:
    """Reads for everybody at once: what is asked for while one read is under way goes together."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, int], asyncio.Future[Events]] = {}
        self._work: asyncio.Task[None] | None = None

    async def events_after(self, topic: str, after: int) -> Events:
        """Return the events of a topic after a number, and whether the last one is among them or before."""
        wanted = self._wanted.get((topic, after))
        if wanted is None:
            wanted = self._wanted[topic, after] = asyncio.get_running_loop().create_future()
        if self._work is None:
            self._work = asyncio.create_task(self._serve())
        # A reader that goes away must not take the answer from others who wait for the same.
        return await asyncio.shield(wanted)

    async def _serve(self) -> None:
        try:
            while self._wanted:
                batch, self._wanted = self._wanted, {}
                asked = list(batch)
                try:
                    found = await read(lambda asked=asked: topic_types.events_after_each(asked))  # type: ignore[misc]
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
