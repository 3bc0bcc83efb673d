"""Writes down what a strategy orders. Lives in the child, where nothing is trusted: the trusted side replays it.

An event is `[bar, kind, …]`; bar -1 is `init()`. A trade is named by its place among the open trades, or as -1 - place
among the closed ones; an order by its place in the queue. The replay has the same lists, so the names mean the same.
"""

from collections.abc import Callable
from typing import Any

from backtest_engine.sandbox.journal import (
    CANCEL,
    CLOSE,
    EVENTS_PER_ORDER,
    NEW,
    REFUSED,
    STOP_LOSS,
    TAG_CHARACTERS,
    TAKE_PROFIT,
)

Event = list[Any]

_KINDS = {
    "order": NEW,
    "refused": REFUSED,
    "close": CLOSE,
    "stop-loss": STOP_LOSS,
    "take-profit": TAKE_PROFIT,
    "cancel": CANCEL,
}


class Recorder:
    """Notes the orders given to one broker, `broker`; `overflow` is called when there are more than `limit`."""

    def __init__(self, *, limit: int, overflow: Callable[[], None]) -> None:
        self.events: list[Event] = []
        self.broker: Any = None
        self._limit = limit
        self._orders = 0
        self._overflow = overflow

    def note(self, what: str, *fields: Any) -> None:
        """Write down one thing that the strategy did; the names of things are those of `simulation.Broker`."""
        kind = _KINDS[what]
        if kind in (NEW, REFUSED):
            self._orders += 1
            fields = (*fields[:-1], _tag_text(fields[-1]))
        if self._orders > self._limit or len(self.events) >= self._limit * EVENTS_PER_ORDER:
            self._overflow()
        self.events.append([self.broker._i, kind, *fields])


def _tag_text(tag: Any) -> str | None:
    if tag is None:
        return None
    try:
        return str(tag)[:TAG_CHARACTERS]
    except Exception:
        return f"<{type(tag).__name__}>"
