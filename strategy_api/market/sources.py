"""Settings → data sources: which vendors are asked, in which order, and where their bars are kept."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from backtest_engine.data import Alpaca, CcxtExchange, Folder, ListedSource, Massive, Remote, Samples, Store, Yahoo


def sources() -> list[ListedSource]:
    """Return what this installation serves to everybody: its folder first, then vendors as configured, then samples."""
    environment = settings.ENVIRONMENT
    folder = [Folder(environment.csv_dir)] if environment.csv_dir else []
    vendors = [Remote(vendor(name), now=lambda: datetime.now(UTC), store=store()) for name in environment.market_data]
    return [*folder, *vendors, Samples()]


@cache
def store() -> Store:
    """Return the store of everything that was ever tested on, within its size."""
    return Store(settings.DATA_DIR / "market-data", limit_bytes=settings.ENVIRONMENT.market_data_mb << 20)


def vendor(name: str) -> Any:
    """Return a vendor by its name; `ccxt:kraken` names an exchange."""
    kind, _, exchange = name.partition(":")
    try:
        make = _VENDORS[kind]
    except KeyError:
        known = ", ".join(_VENDORS)
        raise ImproperlyConfigured(f"MARKET_DATA names {name!r}; known are {known}.") from None
    return make(exchange)


def _required(setting: str) -> str:
    value: str = getattr(settings.ENVIRONMENT, setting.lower()).get_secret_value()
    if not value:
        raise ImproperlyConfigured(f"MARKET_DATA names a vendor that needs {setting}.")
    return value


_VENDORS: dict[str, Callable[[str], Any]] = {
    "yahoo": lambda _: Yahoo(cache=settings.DATA_DIR / "yfinance"),
    "ccxt": lambda exchange: CcxtExchange(exchange or "binance"),
    "alpaca": lambda _: Alpaca(key_id=_required("ALPACA_KEY_ID"), secret=_required("ALPACA_SECRET")),
    "massive": lambda _: Massive(key=_required("MASSIVE_KEY")),
}
