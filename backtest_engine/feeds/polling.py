"""A vendor as a feed: asked again and again, and never trusted to send a bar once, in order, or in time."""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from backtest_engine.data.bars import canonical
from backtest_engine.data.interval import Interval
from backtest_engine.data.retry import TryAgain
from backtest_engine.data.vendor import Vendor
from backtest_engine.errors import AlgoAgentError, DataUnavailable
from backtest_engine.feeds.base import Closed, closed_by

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=2)
# The last bars that are there are asked for again: a vendor may still correct them.
OVERLAP_BARS = 3


@dataclass
class _Market:
    bars: pd.DataFrame | None = None
    pause: timedelta = timedelta()
    ask_after: datetime | None = None


class Polling:
    """Keeps the latest bars of each market and asks the vendor for what has closed since.

    A vendor that fails or stalls is asked again after a pause that doubles, and meanwhile what is there is given, with
    its true age. A gap is filled by the next request, since each begins at the last bar that is there. Bars that come
    late, twice or out of order end in their place; one that is still forming is kept back.
    """

    def __init__(self, vendor: Vendor, *, now: Callable[[], datetime]) -> None:
        self.name = vendor.name
        self._vendor = vendor
        self._now = now
        self._markets: dict[Hashable, _Market] = {}

    def closed(self, symbol: str, interval: Interval, *, count: int) -> Closed:
        """Return the latest closed bars, asking the vendor where a bar has closed since the last; raise its error."""
        now = self._now()
        market = self._markets.setdefault((symbol, interval.name), _Market())
        if self._something_new(market, interval, now, count):
            self._ask(market, symbol, interval, now, count)
        if market.bars is None or market.bars.empty:
            raise DataUnavailable(f"{self.name} has given no closed bar of {symbol} yet.")
        return Closed(bars=market.bars.iloc[-count:], interval=interval, clock=now)

    def _something_new(self, market: _Market, interval: Interval, now: datetime, count: int) -> bool:
        if market.ask_after is not None and now < market.ask_after:
            return False
        if market.bars is None or len(market.bars) < count:
            return True
        age = Closed(bars=market.bars, interval=interval, clock=now).age_seconds
        return age >= interval.seconds

    def _ask(self, market: _Market, symbol: str, interval: Interval, now: datetime, count: int) -> None:
        start = now - timedelta(seconds=interval.seconds) * _calendar_bars(count, interval)
        if market.bars is not None and len(market.bars) > OVERLAP_BARS:
            last = market.bars.index[-OVERLAP_BARS].to_pydatetime(warn=False)
            start = max(start, last.replace(tzinfo=now.tzinfo))
        try:
            fresh = canonical(self._vendor.fetch(symbol, start=start, end=now, interval=interval))
        except (AlgoAgentError, TryAgain, OSError) as error:
            market.pause = min(max(2 * market.pause, FIRST_PAUSE), LONGEST_PAUSE)
            market.ask_after = now + market.pause
            logger.warning("%s gave no bars of %s: %s", self.name, symbol, type(error).__name__)
            if market.bars is None:
                if isinstance(error, AlgoAgentError):
                    raise
                raise DataUnavailable(f"{self.name} gave no bars of {symbol}: {error}.") from None
            return
        market.pause, market.ask_after = timedelta(), None
        fresh = closed_by(_sound(fresh).sort_index(), interval, now)
        known = fresh if market.bars is None else pd.concat([market.bars, fresh])
        known = known[~known.index.duplicated(keep="last")].sort_index()
        market.bars = known.iloc[-max(count, 2 * OVERLAP_BARS) :]


def _calendar_bars(count: int, interval: Interval) -> int:
    """Return over how many bars of time so many are found in a market that closes over night and on weekends."""
    return count * (7 if interval.intraday else 2)


def _sound(bars: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is no bar: prices that are missing, not positive, or a high below a low."""
    prices = bars[["Open", "High", "Low", "Close"]].to_numpy()
    sound = np.isfinite(prices).all(axis=1) & (prices > 0).all(axis=1)
    kept: pd.DataFrame = bars.loc[sound & (bars["High"] >= bars["Low"]).to_numpy()]
    return kept
