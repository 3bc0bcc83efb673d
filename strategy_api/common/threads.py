"""Threads that query for an event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connection

Found = TypeVar("Found")


def give_back_connection() -> None:
    """Give a thread's connection back to the pool; a file stays open, since opening it costs more than a query."""
    if connection.vendor != "sqlite" or connection.errors_occurred:
        close_old_connections()


class QueryThreads:
    """A few threads, and so a few connections, for everybody who asks on the event loops of this process."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)

    async def run(self, query: Callable[[], Found]) -> Found:
        """Run what reads or writes rows in one of the threads."""

        def work() -> Found:
            try:
                return query()
            finally:
                give_back_connection()

        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
