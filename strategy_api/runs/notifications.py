"""Wakes those who wait for news of a topic, at once and without a query each.

The rows are the truth; a notification is only a hint to look. In a fleet the hint travels through Redis. In embedded
mode it is SQLite's own `PRAGMA data_version`, which changes when any other connection commits. A lost hint costs a
second.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache, partial

import redis
from django.conf import settings
from django.db import close_old_connections, connection

from strategy_api.runs import topic_types
from strategy_api.runs.topic_types import Position

logger = logging.getLogger(__name__)

CHANNEL = "algoagent:events"
POLL_SECONDS = 0.03
FALLBACK_SECONDS = 1.0

Callback = Callable[[], None]


def notify(topic: str) -> None:
    """Tell other processes that a topic has news; failing to is not an error."""
    if settings.REDIS_URL:
        with contextlib.suppress(redis.RedisError):
            _redis(os.getpid()).publish(CHANNEL, topic)


@cache
def _redis(pid: int) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


class Watcher:
    """One thread a process, started by the first who waits, asking once for everybody."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[Callback]] = {}
        self._seen: dict[str, Position] = {}
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, topic: str, callback: Callback) -> None:
        """Call back, from another thread, whenever the topic may have something new."""
        with self._mutex:
            self._waiting.setdefault(topic, set()).add(callback)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="topic-watcher", daemon=True)
                self._thread.start()

    def remove(self, topic: str, callback: Callback) -> None:
        """Call back no more."""
        with self._mutex:
            callbacks = self._waiting.get(topic, set())
            callbacks.discard(callback)
            if not callbacks:
                self._waiting.pop(topic, None)
                self._seen.pop(topic, None)

    @contextlib.contextmanager
    def listening(self, topic: str, callback: Callback) -> Iterator[None]:
        """Call back for as long as the block lasts."""
        self.add(topic, callback)
        try:
            yield
        finally:
            self.remove(topic, callback)

    def _watch(self) -> None:
        hints = _redis_hints if settings.REDIS_URL else _database_hints
        while True:
            try:
                for _ in hints():
                    if not self._someone_waits():
                        return
                    self._wake()
            except Exception:
                logger.exception("Watching for changes failed; looking again in a second")
                time.sleep(FALLBACK_SECONDS)
            finally:
                connection.close()

    def _someone_waits(self) -> bool:
        with self._mutex:
            if not self._waiting:
                self._thread = None
            return bool(self._waiting)

    def _wake(self) -> None:
        with self._mutex:
            watched = list(self._waiting)
        close_old_connections()
        latest = topic_types.positions(watched)
        with self._mutex:
            for topic, position in latest.items():
                if self._seen.get(topic) != position:
                    self._seen[topic] = position
                    for callback in self._waiting.get(topic, ()):
                        callback()


def _redis_hints() -> Iterator[None]:
    """Yield after every notification, and once a second without one."""
    server = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
    with server.pubsub() as subscription:  # type: ignore[no-untyped-call]
        subscription.subscribe(CHANNEL)
        while True:
            subscription.get_message(ignore_subscribe_messages=True, timeout=FALLBACK_SECONDS)
            yield


def _database_hints() -> Iterator[None]:
    """Yield after every commit of another connection, and once a second without one."""
    if connection.vendor != "sqlite":
        while True:
            time.sleep(POLL_SECONDS)
            yield
    file = sqlite3.connect(connection.settings_dict["NAME"], timeout=20)
    try:
        version, quiet_since = None, 0.0
        while True:
            (current,) = file.execute("PRAGMA data_version").fetchone()
            if current != version or time.monotonic() - quiet_since > FALLBACK_SECONDS:
                version, quiet_since = current, time.monotonic()
                yield
            time.sleep(POLL_SECONDS)
    finally:
        file.close()


@cache
def _watcher(pid: int) -> Watcher:
    return Watcher()


def listen(topic: str, callback: Callback) -> Callback:
    """Call back, from another thread, whenever the topic may have news; return what ends that."""
    watcher = _watcher(os.getpid())
    watcher.add(topic, callback)
    return partial(watcher.remove, topic, callback)


def call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    """Call something on an event loop, from another thread; the loop may have closed meanwhile."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *arguments)


@contextlib.contextmanager
def subscribe(topic: str) -> Iterator[threading.Event]:
    """Give a thread an event that is set whenever the topic may have news; the waiter clears it."""
    changed = threading.Event()
    with _watcher(os.getpid()).listening(topic, changed.set):
        yield changed


@contextlib.asynccontextmanager
async def subscribe_async(topic: str) -> AsyncIterator[asyncio.Event]:
    """Give a coroutine an event that is set whenever the topic may have news; the waiter clears it."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    with _watcher(os.getpid()).listening(topic, partial(call_soon, loop, changed.set)):
        yield changed
