"""Crypto candles of an exchange through ccxt's public API, without a key."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from types import MappingProxyType
from typing import Any

import pandas as pd
from rapidfuzz import process

from backtest_engine.data.bars import outside
from backtest_engine.data.interval import Interval
from backtest_engine.data.retry import TryAgain
from backtest_engine.data.vendor import Reach
from backtest_engine.domain import OHLCV
from backtest_engine.errors import DataUnavailable, UnknownSymbol
from backtest_engine.extras import extra

_WORDS = {"1w": "1w", "1mo": "1M"}
_NAMES = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1mo")
_REACH = {name: Reach(word=_WORDS.get(name, name)) for name in _NAMES}
_PAGE = 1_000
_MOST_PAGES = 3_000


class CcxtExchange:
    """Asks one exchange that ccxt knows; `urls` replaces addresses of its public API."""

    adjusted: bool | None = None
    earliest = datetime(2010, 7, 1, tzinfo=UTC)

    def __init__(self, exchange: str = "binance", *, urls: Mapping[str, str] | None = None) -> None:
        self.name = f"ccxt:{exchange}"
        self.reach: Mapping[str, Reach] = MappingProxyType(_REACH)
        self._exchange = exchange
        self._urls = dict(urls or {})
        self._client: Any = None
        self._lock = Lock()

    def fetch(self, symbol: str, *, start: datetime, end: datetime, interval: Interval) -> pd.DataFrame:
        """Return candles of a market such as `BTC/USDT`; `BTC-USDT` and `BTCUSDT` name the same one."""
        # Imported when first asked: it loads for longer than a strategy runs.
        with extra("markets", error=DataUnavailable):
            import ccxt

        try:
            with self._lock:
                client = self._connected(ccxt)
                market = _market(client, symbol, self.name)
                rows = _pages(client, market, start, end, interval)
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection):
            raise TryAgain("too many requests") from None
        except ccxt.BadSymbol:
            raise UnknownSymbol(f"{self.name} does not know the market {symbol}.", details={"symbol": symbol}) from None
        except (ccxt.PermissionDenied, ccxt.AuthenticationError):
            raise DataUnavailable(f"{self.name} does not serve this place or account.") from None
        except ccxt.BaseError as error:
            raise TryAgain(f"{type(error).__name__}") from None
        if not rows:
            raise outside(symbol=symbol, source=self.name, start=start, end=end, covered=None)
        table = pd.DataFrame(rows, columns=["time", *OHLCV], dtype="float64")
        index = pd.DatetimeIndex(table.pop("time").to_numpy(dtype="int64").view("M8[ms]"))
        return table.set_index(index if interval.intraday else index.normalize())

    def _connected(self, ccxt: Any) -> Any:
        if self._client is None:
            if self._exchange not in ccxt.exchanges:
                raise DataUnavailable(f"ccxt knows no exchange {self._exchange!r}.")
            client = getattr(ccxt, self._exchange)({"enableRateLimit": True, "timeout": 15_000})
            client.enableLastJsonResponse = True
            kinds = client.options.get("fetchMarkets")
            if isinstance(kinds, dict) and "types" in kinds:
                # Spot only: futures are listed by further hosts and have prices of their own.
                client.options["fetchMarkets"] = {**kinds, "types": ["spot"]}
            for name, address in self._urls.items():
                client.urls["api"][name] = address
            client.load_markets()
            self._client = client
        return self._client


def _market(client: Any, symbol: str, name: str) -> str:
    for spelling in (symbol, symbol.replace("-", "/"), symbol.replace("_", "/")):
        if spelling in client.markets:
            return spelling
    joined = symbol.replace("/", "").replace("-", "")
    for market in client.symbols:
        if market.replace("/", "") == joined:
            return str(market)
    near = [match[0] for match in process.extract(symbol, client.symbols, limit=3, score_cutoff=70)]
    raise UnknownSymbol(
        f"{name} does not know the market {symbol}.",
        hint=f"Did you mean {' or '.join(near)}?" if near else "Markets are written like BTC/USDT.",
        details={"symbol": symbol, "near": near},
    )


def _pages(client: Any, market: str, start: datetime, end: datetime, interval: Interval) -> list[list[float]]:
    since, last = int(start.timestamp() * 1_000), int(end.timestamp() * 1_000)
    rows: list[list[float]] = []
    for _ in range(_MOST_PAGES):
        page = client.fetch_ohlcv(market, _REACH[interval.name].word, since=since, limit=_PAGE)
        if client.last_json_response is None:
            # ccxt makes an empty list of what it cannot read.
            raise TryAgain("an answer that is no JSON")
        fresh = [row for row in page if row[0] >= since]
        rows += [row for row in fresh if row[0] <= last]
        if not fresh or fresh[-1][0] >= last:
            break
        since = int(fresh[-1][0]) + 1
        if datetime.fromtimestamp(since / 1_000, UTC) + timedelta(seconds=interval.seconds) > end and len(page) < _PAGE:
            break
    return rows
