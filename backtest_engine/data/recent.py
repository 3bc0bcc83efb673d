"""A few things kept in memory, the oldest given up first."""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Keeps the last `size` values that were put in; may be used by many threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[Hashable, Value] = {}
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return the value, None when it is not or no longer there."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a value and return it."""
        with self._lock:
            self._values.pop(key, None)
            while len(self._values) >= self._size:
                del self._values[next(iter(self._values))]
            self._values[key] = value
        return value
