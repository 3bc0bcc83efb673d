"""Massive, formerly Polygon: aggregates of US stocks, options, indices, currencies (`C:`) and crypto (`X:`)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pandas as pd

from backtest_engine.data.bars import outside
from backtest_engine.data.http import Api
from backtest_engine.data.interval import Interval
from backtest_engine.data.retry import TryAgain
from backtest_engine.data.vendor import Reach
from backtest_engine.errors import UnknownSymbol

_REACH = {
    **{f"{count}m": Reach(word=f"{count}/minute") for count in (1, 2, 3, 5, 10, 15, 30, 45, 90)},
    **{f"{count}h": Reach(word=f"{count}/hour") for count in (1, 2, 3, 4, 6, 8, 12)},
    "1d": Reach(word="1/day"),
    "1w": Reach(word="1/week"),
    "1mo": Reach(word="1/month"),
    "3mo": Reach(word="1/quarter"),
}
_COLUMNS = {"o": "Open", "h": "High", "l": "Low", "c": "Close", "v": "Volume"}
_PAGE = 50_000


class Massive:
    """Asks Massive with a key, which travels in a header and never in an address."""

    name = "massive"
    earliest = datetime(2003, 9, 10, tzinfo=UTC)
    reach: Mapping[str, Reach] = MappingProxyType(_REACH)

    def __init__(self, *, key: str, adjusted: bool = True, base_url: str = "https://api.massive.com") -> None:
        # Its adjustment is for splits only, not for dividends.
        self.adjusted: bool | None = adjusted
        self._api = Api(vendor=self.name, base_url=base_url, headers={"Authorization": f"Bearer {key}"})

    def fetch(self, symbol: str, *, start: datetime, end: datetime, interval: Interval) -> pd.DataFrame:
        """Return aggregates of a ticker such as `AAPL`, `X:BTCUSD` or `C:EURUSD`."""
        ticker = quote(symbol, safe=":")
        first, last = int(start.timestamp() * 1_000), int(end.timestamp() * 1_000)
        path = f"v2/aggs/ticker/{ticker}/range/{_REACH[interval.name].word}/{first}/{last}"
        asked = {"adjusted": str(bool(self.adjusted)).lower(), "sort": "asc", "limit": _PAGE}
        rows: list[dict[str, Any]] = []
        page = self._api.get(path, asked)
        while True:
            rows += page.get("results") or []
            following = page.get("next_url")
            if not following:
                break
            page = self._api.get(following)
        if not rows:
            self._refuse_unknown(symbol, ticker)
            raise outside(symbol=symbol, source=self.name, start=start, end=end, covered=None)
        return _frame(rows, interval)

    def _refuse_unknown(self, symbol: str, ticker: str) -> None:
        """An unknown ticker and a time without trades are both an empty list; the reference data know which it is."""
        try:
            self._api.get(f"v3/reference/tickers/{ticker}")
        except UnknownSymbol:
            raise UnknownSymbol(f"massive does not know the ticker {symbol}.", details={"symbol": symbol}) from None


def _frame(rows: list[dict[str, Any]], interval: Interval) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    if "v" not in table:
        table["v"] = float("nan")  # Indices have no volume.
    if not {"t", *_COLUMNS} <= set(table.columns):
        raise TryAgain("aggregates that lack a price or a time")
    index = pd.DatetimeIndex(table["t"].to_numpy(dtype="int64").view("M8[ms]"))
    # A day's bar is stamped with midnight in New York, a few hours into the same UTC date.
    table.index = index if interval.intraday else index.normalize()
    return table[list(_COLUMNS)].rename(columns=_COLUMNS)
