"""Alpaca's market data: US stocks, and crypto for symbols with a slash."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pandas as pd

from backtest_engine.data.bars import outside
from backtest_engine.data.http import Api
from backtest_engine.data.interval import Interval
from backtest_engine.data.retry import TryAgain
from backtest_engine.data.vendor import Reach

_REACH = {
    **{f"{count}m": Reach(word=f"{count}Min") for count in (1, 2, 3, 5, 10, 15, 30, 45)},
    **{f"{count}h": Reach(word=f"{count}Hour") for count in (1, 2, 3, 4, 6, 8, 12)},
    "1d": Reach(word="1Day"),
    "1w": Reach(word="1Week"),
    "1mo": Reach(word="1Month"),
    "3mo": Reach(word="3Month"),
}
_COLUMNS = {"o": "Open", "h": "High", "l": "Low", "c": "Close", "v": "Volume"}
_PAGE = 10_000


class Alpaca:
    """Asks Alpaca with a key; `feed` is `iex` (free) or `sip` (all exchanges)."""

    name = "alpaca"
    earliest = datetime(2015, 12, 1, tzinfo=UTC)
    reach: Mapping[str, Reach] = MappingProxyType(_REACH)

    def __init__(
        self,
        *,
        key_id: str,
        secret: str,
        adjusted: bool = True,
        feed: str = "iex",
        base_url: str = "https://data.alpaca.markets",
    ) -> None:
        self.adjusted: bool | None = adjusted
        self._feed = feed
        self._api = Api(
            vendor=self.name,
            base_url=base_url,
            headers={"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret},
        )

    def fetch(self, symbol: str, *, start: datetime, end: datetime, interval: Interval) -> pd.DataFrame:
        """Return bars of a stock such as `AAPL`, or of a pair such as `BTC/USD`."""
        crypto = "/" in symbol
        path = "v1beta3/crypto/us/bars" if crypto else "v2/stocks/bars"
        asked: dict[str, Any] = {
            "symbols": symbol,
            "timeframe": _REACH[interval.name].word,
            "start": _rfc3339(start),
            "end": _rfc3339(end),
            "limit": _PAGE,
            "sort": "asc",
        }
        if not crypto:
            asked |= {"adjustment": "all" if self.adjusted else "raw", "feed": self._feed}
        rows: list[dict[str, Any]] = []
        while True:
            page = self._api.get(path, asked)
            rows += (page.get("bars") or {}).get(symbol) or []
            token = page.get("next_page_token")
            if not token:
                break
            asked["page_token"] = token
        if not rows:
            error = outside(symbol=symbol, source=self.name, start=start, end=end, covered=None)
            error.hint = "Check the spelling of the symbol and that the market was open."
            raise error
        return _frame(rows, interval)


def _frame(rows: list[dict[str, Any]], interval: Interval) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    if not {"t", *_COLUMNS} <= set(table.columns):
        raise TryAgain("bars that lack a price or a time")
    index = pd.DatetimeIndex(pd.to_datetime(table["t"], utc=True)).tz_convert(None)
    # A day's bar is stamped with midnight in New York, a few hours into the same UTC date.
    table.index = index if interval.intraday else index.normalize()
    return table[list(_COLUMNS)].rename(columns=_COLUMNS)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
