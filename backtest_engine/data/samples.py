"""The sample data that ships with backtesting.py, so that everything works with no key and no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from backtest_engine.data import bars as bar_forms
from backtest_engine.data.interval import parse_interval
from backtest_engine.data.source import Listing
from backtest_engine.domain import Dataset
from backtest_engine.errors import EngineError, UnknownSymbol, UnsupportedInterval


@dataclass(frozen=True, kw_only=True)
class _Sample:
    interval: str
    title: str


_SAMPLES: Mapping[str, _Sample] = {
    "GOOG": _Sample(interval="1d", title="Alphabet, daily, 2004 to 2013"),
    "EURUSD": _Sample(interval="1h", title="Euro in US dollars, hourly, 2017 to 2018"),
    "BTCUSD": _Sample(interval="1mo", title="Bitcoin index in US dollars, monthly, 2012 to 2024"),
}


class Samples:
    """Serves the sample data. Unadjusted, real prices of the past, never today's."""

    name = "samples"

    def bars(self, symbol: str, *, start: datetime | None, end: datetime | None, interval: str | None) -> Dataset:
        """Return sample bars; raise `UnknownSymbol`, `UnsupportedInterval` or `DatesOutsideData`."""
        sample = _SAMPLES.get(symbol)
        if sample is None:
            raise UnknownSymbol(f"There is no sample data of {symbol}.", details={"known": list(_SAMPLES)})
        if interval is not None and parse_interval(interval).name != sample.interval:
            raise UnsupportedInterval(
                f"The sample data of {symbol} has {sample.interval} bars, not {interval}.",
                hint=f"Use interval {sample.interval}.",
                details={"symbol": symbol, "available": [sample.interval]},
            )
        whole = _whole(symbol)
        chosen = bar_forms.between(whole.bars, symbol=symbol, source=self.name, start=start, end=end)
        if chosen is whole.bars:
            return bar_forms.lent(whole)
        return bar_forms.dataset(chosen, symbol=symbol, interval=sample.interval, source=self.name)

    def symbols(self) -> tuple[Listing, ...]:
        """Return the three samples."""
        return tuple(
            Listing(
                symbol=symbol,
                source=self.name,
                interval=sample.interval,
                title=sample.title,
                sample=True,
                start=_whole(symbol).start,
                end=_whole(symbol).end,
                bars=len(_whole(symbol)),
            )
            for symbol, sample in _SAMPLES.items()
        )


@cache
def _whole(symbol: str) -> Dataset:
    # Read beside the package: importing backtesting.test would load the plotting library too.
    spec = find_spec("backtesting")
    if spec is None or not spec.submodule_search_locations:
        raise EngineError("backtesting.py is not installed, so there is no sample data.")
    path = Path(spec.submodule_search_locations[0]) / "test" / f"{symbol}.csv"
    frame = bar_forms.canonical(pd.read_csv(path, index_col=0, parse_dates=True))
    return bar_forms.dataset(frame, symbol=symbol, interval=_SAMPLES[symbol].interval, source=Samples.name)
