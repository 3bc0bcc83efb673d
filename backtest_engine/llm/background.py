"""An event loop in a thread of its own, so that callers without one can use asynchronous SDKs, and stop them.

What asynchronous code must do where its caller is, such as writing to the caller's database connection, it hands back
by `in_caller`: the caller's thread works on it while it waits.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

from backtest_engine.errors import Cancelled
from backtest_engine.ports import CancelSignal

Answer = TypeVar("Answer")

LOOK_SECONDS = 0.1
# For work that was told to stop to write down what it cost.
LAST_WORDS_SECONDS = 5.0


class _Caller:
    """A thread that waits, and what it is asked to do meanwhile; None says that the wait is over."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[Callable[[bool], None] | None] = queue.SimpleQueue()
        self.gone = False

    def leave(self) -> None:
        """Wait no more, and say so to whoever still asks for something."""
        self.gone = True
        with contextlib.suppress(queue.Empty):
            while True:
                job = self.jobs.get_nowait()
                if job is not None:
                    job(False)


_caller: ContextVar[_Caller | None] = ContextVar("caller", default=None)


async def in_caller(function: Callable[..., Answer], *arguments: Any, **named: Any) -> Answer:
    """Return what a function returns in the thread that waits for this coroutine, or in any where none waits."""
    caller = _caller.get()
    if caller is None:
        return await asyncio.to_thread(function, *arguments, **named)
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    outcome: list[tuple[Answer | None, BaseException | None]] = []

    def job(wanted: bool) -> None:
        try:
            outcome.append((function(*arguments, **named), None) if wanted else (None, asyncio.CancelledError()))
        except BaseException as error:  # raised where it was asked for
            outcome.append((None, error))
        loop.call_soon_threadsafe(done.set)

    caller.jobs.put(job)
    if caller.gone:
        caller.leave()
    await done.wait()
    answer, error = outcome[0]
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]


class BackgroundLoop:
    """Runs coroutines for any number of threads. Belongs to one process: build it after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def run(self, work: Coroutine[Any, Any, Answer], *, cancelled: CancelSignal | None = None) -> Answer:
        """Return what the coroutine returns; stop it and raise `Cancelled` where nobody wants it any more."""
        caller = _Caller()

        async def heard() -> Answer:
            _caller.set(caller)
            try:
                return await work
            finally:
                caller.jobs.put(None)

        future = asyncio.run_coroutine_threadsafe(heard(), self._started())
        try:
            if not _wait(caller, cancelled):
                future.cancel()
                _wait(caller, None, until=time.monotonic() + LAST_WORDS_SECONDS)
                raise Cancelled("The run was cancelled while a model was asked.")
            return future.result()
        except asyncio.CancelledError:
            raise Cancelled("The request was stopped.") from None
        finally:
            caller.leave()
            future.cancel()

    def runs_here(self) -> bool:
        """Say whether the code that asks runs in this loop."""
        return asyncio.get_running_loop() is self._loop

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


def _wait(caller: _Caller, cancelled: CancelSignal | None, *, until: float | None = None) -> bool:
    """Do what the caller is asked to until the work ends; return False where it was cancelled, or took too long."""
    look_at = 0.0
    while True:
        try:
            job = caller.jobs.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            pass
        else:
            if job is None:
                return True
            job(True)
        now = time.monotonic()
        if until is not None and now > until:
            return False
        if cancelled is not None and now >= look_at:
            look_at = now + LOOK_SECONDS
            if cancelled():
                return False


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
