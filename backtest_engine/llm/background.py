"""An event loop in a thread of its own, so that callers without one can use asynchronous SDKs, and stop them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from backtest_engine.errors import Cancelled, ModelUnavailable
from backtest_engine.ports import CancelSignal

Answer = TypeVar("Answer")

LOOK_SECONDS = 0.1


class BackgroundLoop:
    """Runs coroutines for any number of threads. Belongs to one process: build it after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def run(
        self, work: Coroutine[Any, Any, Answer], *, timeout: float, cancelled: CancelSignal | None = None
    ) -> Answer:
        """Return what the coroutine returns; stop it and raise `Cancelled`, or `ModelUnavailable` after `timeout`."""
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, timeout), self._started())
        try:
            while True:
                try:
                    return future.result(LOOK_SECONDS)
                except TimeoutError:
                    if future.done():
                        raise ModelUnavailable(
                            f"The model did not answer within {timeout:g} seconds.",
                            code="model_timeout",
                            details={"retry_after": 5.0},
                        ) from None
                    if cancelled is not None and cancelled():
                        raise Cancelled("The run was cancelled while a model was asked.") from None
        except CancelledError:
            raise Cancelled("The request was stopped.") from None
        finally:
            future.cancel()

    def close_later(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have something closed in the loop before it ends."""
        self._closing.append(close)

    def close(self) -> None:
        """Close what was opened, and end the thread."""
        with self._lock:
            if self._loop is not None:
                closing, self._closing = self._closing, []
                for close in closing:
                    asyncio.run_coroutine_threadsafe(close(), self._loop).result(5)
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(5)
                self._loop = None

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="language-models", daemon=True)
                self._thread.start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
