"""Market data: sources in order, one form for bars, and a store that remembers them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from backtest_engine.data.alpaca import Alpaca
from backtest_engine.data.catalog import Catalog
from backtest_engine.data.ccxt_exchange import CcxtExchange
from backtest_engine.data.csv_import import import_csv
from backtest_engine.data.findings import doubts
from backtest_engine.data.folder import Folder
from backtest_engine.data.massive import Massive
from backtest_engine.data.remote import Remote
from backtest_engine.data.retry import RetryPolicy
from backtest_engine.data.samples import Samples
from backtest_engine.data.session import clock_notices, session_times
from backtest_engine.data.source import ListedSource, Listing
from backtest_engine.data.store import Store
from backtest_engine.data.yahoo import Yahoo

# Each is asked through `Remote(VENDORS[name](...), now=..., store=...)`.
VENDORS: Mapping[str, Any] = MappingProxyType(
    {
        "yfinance": Yahoo,
        "ccxt": CcxtExchange,
        "alpaca": Alpaca,
        "massive": Massive,
    }
)

__all__ = [
    "VENDORS",
    "Alpaca",
    "Catalog",
    "CcxtExchange",
    "Folder",
    "ListedSource",
    "Listing",
    "Massive",
    "Remote",
    "RetryPolicy",
    "Samples",
    "Store",
    "Yahoo",
    "clock_notices",
    "doubts",
    "import_csv",
    "session_times",
]
