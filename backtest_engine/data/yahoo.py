"""Yahoo Finance through yfinance: stocks, funds, indices, currencies and crypto, without a key."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from backtest_engine.data.bars import outside
from backtest_engine.data.interval import Interval
from backtest_engine.data.retry import TryAgain
from backtest_engine.data.vendor import Reach
from backtest_engine.errors import DataUnavailable, UnknownSymbol, UnsupportedInterval
from backtest_engine.extras import extra

_REACH = {
    "1m": Reach(word="1m", days=8),
    "2m": Reach(word="2m", days=60),
    "5m": Reach(word="5m", days=60),
    "15m": Reach(word="15m", days=60),
    "30m": Reach(word="30m", days=60),
    "90m": Reach(word="90m", days=60),
    "1h": Reach(word="1h", days=730),
    "1d": Reach(word="1d"),
    "1w": Reach(word="1wk"),
    "1mo": Reach(word="1mo"),
    "3mo": Reach(word="3mo"),
}
_TIMEOUT = 15.0


class Yahoo:
    """Asks Yahoo. `session` replaces yfinance's own, `cache` is a folder for its list of time zones."""

    name = "yfinance"
    earliest = datetime(1927, 1, 1, tzinfo=UTC)
    reach: Mapping[str, Reach] = MappingProxyType(_REACH)

    def __init__(self, *, adjusted: bool = True, session: Any = None, cache: Path | None = None) -> None:
        self.adjusted: bool | None = adjusted
        self._session = session
        self._cache = cache

    def fetch(self, symbol: str, *, start: datetime, end: datetime, interval: Interval) -> pd.DataFrame:
        """Return bars of a symbol as Yahoo spells it, such as `MSFT`, `BTC-USD`, `EURUSD=X` or `^GSPC`."""
        yf = _yfinance(self._cache)
        # It remembers answers as long as the process lives, also those from before a split.
        yf.data.YfData.cache_get.cache_clear()
        ticker = yf.Ticker(symbol, session=self._session)
        try:
            frame = ticker.history(
                **_range(start, end, interval),
                interval=_REACH[interval.name].word,
                auto_adjust=bool(self.adjusted),
                actions=False,
                keepna=True,
                timeout=_TIMEOUT,
            )
        except yf.exceptions.YFRateLimitError:
            raise TryAgain("too many requests") from None
        except yf.exceptions.YFTzMissingError:
            raise UnknownSymbol(f"yfinance does not know the symbol {symbol}.", details={"symbol": symbol}) from None
        except yf.exceptions.YFPricesMissingError as error:
            raise _without_prices(ticker, start, end, error) from None
        except yf.exceptions.YFException as error:
            raise TryAgain(str(error)[:200]) from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            # The network, or what yfinance stumbles over in an answer of another shape.
            raise _without_answer(symbol, error) from None
        if frame.empty:
            raise outside(symbol=symbol, source=self.name, start=start, end=end, covered=None)
        # The exchange's own midnight is the date of a day's bar; of an hour's bar, only the instant counts.
        frame.index = frame.index.tz_convert("UTC") if interval.intraday else frame.index.tz_localize(None).normalize()
        bars: pd.DataFrame = frame[["Open", "High", "Low", "Close", "Volume"]]
        return bars


def _range(start: datetime, end: datetime, interval: Interval) -> dict[str, Any]:
    """Return yfinance's exclusive range; dates are of the exchange's calendar, so days are asked for as dates."""
    if interval.intraday:
        return {"start": start, "end": end + timedelta(seconds=1)}
    return {"start": start.date().isoformat(), "end": (end.date() + timedelta(days=1)).isoformat()}


def _without_prices(ticker: Any, start: datetime, end: datetime, error: Any) -> Exception:
    symbol = ticker.ticker
    reason = f"{error.yahoo_reason or ''} {error.debug_info or ''}"
    described = getattr(getattr(ticker, "_price_history", None), "_history_metadata", None) or {}
    if not error.yahoo_reason and "symbol" not in described:
        # Neither a reason nor a description of the symbol: that was no answer of the chart service.
        return TryAgain("an answer without data")
    if "not available for startTime" in reason or "must be within the last" in reason:
        return UnsupportedInterval(f"yfinance: {reason.strip()[:200]}", details={"symbol": symbol})
    if "No data found" in reason:
        return UnknownSymbol(
            f"yfinance has no data of {symbol}; it may be delisted.", details={"symbol": symbol, "reason": "delisted"}
        )
    return outside(symbol=symbol, source=Yahoo.name, start=start, end=end, covered=None)


def _without_answer(symbol: str, error: Exception) -> Exception:
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) == 404:
        return UnknownSymbol(f"yfinance does not know the symbol {symbol}.", details={"symbol": symbol})
    return TryAgain(f"{type(error).__name__}, from the network or an answer of another shape")


def _yfinance(cache: Path | None) -> Any:
    # Imported when first asked: it loads for longer than a strategy runs.
    with extra("markets", error=DataUnavailable):
        import yfinance as yf

    # Otherwise it logs its failures and answers with an empty frame.
    yf.config.debug.hide_exceptions = False
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        yf.set_tz_cache_location(str(cache))
    return yf
