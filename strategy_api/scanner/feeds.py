"""Settings → feeds."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from backtest_engine.data.interval import Interval
from backtest_engine.domain import Dataset
from backtest_engine.feeds import Closed, Feed, Polling, Replay
from backtest_engine.feeds.base import closed_at
from backtest_engine.feeds.replay import steps_at
from backtest_engine.scanner.factors import MOST_LOOKBACK
from strategy_api.market.catalog import catalog
from strategy_api.market.sources import vendor
from strategy_api.scanner.choices import FeedName
from strategy_api.scanner.models import AgentConfig

# What a feed is asked for: enough for every factor, and for settling signals of twenty bars ago.
BARS = MOST_LOOKBACK + 50


def feed_of(config: AgentConfig, *, now: datetime) -> Feed:
    """Return the feed that an agent listens to, at a moment."""
    if config.feed != FeedName.REPLAY:
        return _polling(os.getpid(), config.feed)
    replay = config.replay or {}
    start = replay.get("start")
    return Replay(
        load=loader(config.owner_id),
        leader=(config.symbols[0], config.intervals[0]),
        start=datetime.fromisoformat(start).replace(tzinfo=UTC) if start else None,
        steps=steps_at(
            now,
            since=config.session_at,
            bars_per_second=replay.get("bars_per_second"),
            slot_seconds=config.seconds,
        ),
        history=MOST_LOOKBACK,
    )


class AsOf:
    """Stored bars as they were at a moment of the past."""

    name = "as_of"

    def __init__(self, load: Callable[[str, str], Dataset], clock: datetime) -> None:
        self._load = load
        self._clock = clock

    def closed(self, symbol: str, interval: Interval, *, count: int) -> Closed:
        """Return the bars that were closed at the moment."""
        return closed_at(self._load(symbol, interval.name), interval, self._clock, count=count)


def loader(owner_id: int) -> Callable[[str, str], Dataset]:
    """Return what loads all stored bars of a user's market."""

    def load(symbol: str, interval: str) -> Dataset:
        return catalog(owner_id).bars(symbol, start=None, end=None, interval=interval)

    return load


@lru_cache(maxsize=8)
def _polling(pid: int, name: str) -> Feed:
    made: Any = vendor(name)
    return Polling(made, now=timezone.now)
