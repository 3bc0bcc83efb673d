"""The ledger in memory, for one process and for tests."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from backtest_engine.key_rotation.ledger import BookedLedger, Clock
from backtest_engine.key_rotation.quota import Book, Window


class MemoryLedger(BookedLedger):
    """For one process, and for tests."""

    def __init__(self, *, clock: Clock, window: Window | None = None) -> None:
        super().__init__(window=window or Window(), clock=clock)
        self._lock = threading.Lock()
        self._books: dict[tuple[str, str], Book] = {}
        self._quarantined: dict[str, tuple[float, str]] = {}

    @contextmanager
    def _open(self, pages: Sequence[tuple[str, str]]) -> Iterator[Any]:
        with self._lock:
            yield {page: self._books.setdefault(page, Book()) for page in pages}, self._quarantined

    def quarantine(self, fingerprint: str, *, seconds: float, reason: str) -> None:
        """Leave a key alone."""
        with self._lock:
            self._quarantined[fingerprint] = (self._clock() + seconds, reason)
