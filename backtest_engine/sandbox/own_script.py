"""Runs a file as its author does, up to its own backtest: what it reads are the bars of this run.

It is for strategies that need what their file works out beforehand: columns of the data, or a class that a function
makes. It happens in the child, behind the walls. Prices stay those of the run; only other columns are taken over.
"""

import contextlib
import io
import re
import sys
import types
from collections.abc import Iterator, Mapping
from importlib.machinery import ModuleSpec
from typing import Any, NoReturn

import backtesting
import backtesting.backtesting as framework
import backtesting.lib
import numpy as np
import pandas as pd

from backtest_engine.stand_ins.charts import Silent

_READERS = ("read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_feather", "read_pickle")
_TIMES = ("date", "datetime", "timestamp", "time", "open time", "open_time", "gmt time")
_TEXT = re.compile(r"""["']([A-Za-z][\w ]{2,15})["']""")


class Refused(Exception):
    """Says why the data that a file prepares cannot be run on the bars of this run."""


class _Reached(BaseException):
    """The file's own backtest is reached; nothing after it is needed."""


class OwnScript:
    """One file's script on these bars: `frame` has the columns of `domain.OHLCV` and a naive `DatetimeIndex`.

    `said` is what its backtest and the run of that state, as plain values.
    """

    def __init__(self, frame: pd.DataFrame, source: str) -> None:
        self._frame = frame
        self._source = source
        self._given: tuple[Any, Any] | None = None
        self._reads: set[str] = set()
        self.said: dict[str, dict[str, Any]] = {}

    def run(self, code: types.CodeType, namespace: dict[str, Any]) -> None:
        """Run the file up to its own backtest. Raises `Refused`, and whatever the file raises."""
        self._stand_in()
        namespace["__name__"] = "__main__"
        sys.argv = ["strategy.py"]
        with contextlib.suppress(_Reached, SystemExit):
            exec(code, namespace)  # noqa: S102 -- the purpose of this process
        if self._given is None:
            raise Refused("The file starts no backtest of its own.")

    def backtested(self) -> tuple[type, int, pd.DataFrame]:
        """Return the strategy, how many bars the file leaves out at the beginning, and the other bars with its columns.

        Raises `Refused`.
        """
        if self._given is None:
            raise Refused("The file was not run.")
        data, strategy = self._given
        if not (isinstance(strategy, type) and issubclass(strategy, framework.Strategy)):
            raise Refused("What the file backtests is no strategy.")
        lead, frame = self._joined(data)
        return strategy, lead, frame

    def _joined(self, data: Any) -> tuple[int, pd.DataFrame]:
        if not isinstance(data, pd.DataFrame) or not isinstance(data.index, pd.DatetimeIndex) or data.empty:
            raise Refused("What the file backtests on is no table of bars.")
        index = data.index.tz_localize(None) if data.index.tz is not None else data.index
        lead = len(self._frame) - len(data)
        kept = self._frame.iloc[max(lead, 0) :]
        if lead < 0 or not kept.index.equals(index.as_unit("ns")):
            raise Refused("The file backtests on other bars than those of this run: it cuts or resamples them.")
        prices = ["Open", "High", "Low", "Close"]
        same = set(prices) <= set(data.columns) and (abs(data[prices].to_numpy() / kept[prices] - 1) < 1e-9).all(None)
        if not same:
            raise Refused("The file changes the prices that it backtests on.")
        others = [name for name in data.columns if name not in kept.columns]
        return lead, kept.join(data[others].set_axis(kept.index))

    def _stand_in(self) -> None:
        for name in _READERS:
            setattr(pd, name, self._read)
        samples = [name for name in ("GOOG", "EURUSD", "BTCUSD") if re.search(rf"\b{name}\b(?!['\"])", self._source)]
        for name in samples[:1]:
            setattr(sys.modules["backtesting.test"], name, self._frame.copy())
        source: Any = types.ModuleType("yfinance")
        source.download, source.Ticker = self._downloaded, self._ticker
        sys.modules["yfinance"] = source
        backtest = _backtest(self)
        for module in (backtesting, framework, backtesting.lib):
            module.Backtest = backtest
        backtesting.lib.FractionalBacktest = backtest
        sys.meta_path.append(_Anything())

    def _once(self, what: Any) -> None:
        """Refuse files that read several tables: the run has the bars of one."""
        self._reads.add(str(what))
        if len(self._reads) > 1:
            raise Refused("The file reads several tables of data; a run has one.")

    def _read(self, path: Any = "", *_: Any, **options: Any) -> pd.DataFrame:
        """Return the bars as the file's own reader would, under the names that the file uses."""
        self._once(path)
        said = _TEXT.findall(self._source)
        table = self._frame.rename_axis(next((name for name in said if name.lower() in _TIMES), "Date")).reset_index()
        if "close" in said:
            table.columns = [table.columns[0], *(str(name).lower() for name in table.columns[1:])]
        if "Adj Close" in said:
            table["Adj Close"] = table["Close"] if "Close" in table else table["close"]
        known = {"index_col", "parse_dates", "usecols", "dayfirst", "date_format", "dtype", "na_values"}
        text = io.StringIO(table.to_csv(index=False))
        taken = {name: value for name, value in options.items() if name in known}
        return pd.DataFrame(_read_csv(text, float_precision="round_trip", **taken))

    def _downloaded(self, tickers: Any = "", *_: Any, multi_level_index: bool = True, **__: Any) -> pd.DataFrame:
        frame = self._frame.rename_axis("Date")
        names = tickers.split() if isinstance(tickers, str) else list(tickers)
        for name in names:
            self._once(name)
        if multi_level_index:
            pairs = [(column, name) for column in frame.columns for name in names[:1]]
            frame.columns = pd.MultiIndex.from_tuples(pairs, names=["Price", "Ticker"])
        return frame

    def _ticker(self, name: Any = "", *_: Any, **__: Any) -> "_Ticker":
        self._once(name)
        return _Ticker(self._frame)

    def reach(self, data: Any, strategy: Any, settings: Mapping[str, Any]) -> None:
        """Take what the file backtests; the first of several."""
        if self._given is None:
            self._given = data, strategy
            self.said["settings"] = dict(_plain(settings))

    def started(self, parameters: Mapping[str, Any]) -> NoReturn:
        """Take what the run is given, and end the script."""
        self.said.setdefault("parameters", dict(_plain(parameters)))
        raise _Reached


_read_csv: Any = pd.read_csv


def _plain(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values that can be said in JSON."""
    for name, value in values.items():
        item = value.item() if isinstance(value, np.generic) else value
        if item is None or isinstance(item, bool | int | float | str):
            yield name, item
        elif isinstance(item, tuple) and all(isinstance(part, int | float) for part in item):
            yield name, list(item)


class _Ticker:
    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self.info: Mapping[str, Any] = {}

    def history(self, *_: Any, **__: Any) -> pd.DataFrame:
        return self._frame.rename_axis("Date")


def _backtest(script: OwnScript) -> type:
    class Backtest:
        """Stands where the file's own backtest would begin."""

        def __init__(self, data: Any, strategy: Any, *_: Any, **settings: Any) -> None:
            script.reach(data, strategy, settings)

        def run(self, **parameters: Any) -> None:
            script.started(parameters)

        def optimize(self, *_: Any, **__: Any) -> None:
            script.started({})

        def plot(self, *_: Any, **__: Any) -> None:
            """Draw nothing."""

    return Backtest


class _Anything:
    """Finds, after all others, every module that is not there: one that takes every call and gives no number."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec:
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        module.__dict__["__getattr__"] = lambda name: Silent()
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave it empty."""
