"""Market feeds: closed bars as they come, from a replay of stored bars or from a vendor."""

from backtest_engine.feeds.base import Closed, Feed
from backtest_engine.feeds.polling import Polling
from backtest_engine.feeds.replay import Replay

__all__ = ["Closed", "Feed", "Polling", "Replay"]
