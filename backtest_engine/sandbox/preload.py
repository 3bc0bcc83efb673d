"""What the zygote imports and warms before it forks: a child has no file system to import from.

backtesting's plotting needs bokeh, half of the import time, and nothing to draw on: a stand-in takes its place. So does
`backtesting.test`: a strategy may use its `SMA`, but the sample prices would be a future that no truncation can hide.
"""

import contextlib
import importlib
import json
import linecache
import sys
import types
import warnings
import zoneinfo
from typing import Any

from backtest_engine.strategy_modules import STRATEGY_MODULES

# Modules of ours that may not exist in every checkout, or not yet.
OPTIONAL = frozenset({"backtest_engine.indicators", "talib"})
TIME_ZONES = (
    *("UTC", "US/Eastern", "US/Central", "US/Pacific", "America/New_York", "America/Chicago", "America/Los_Angeles"),
    *("Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Zurich", "Asia/Tokyo", "Asia/Hong_Kong"),
    *("Asia/Singapore", "Asia/Shanghai", "Asia/Kolkata", "Australia/Sydney", "Etc/UTC", "GMT"),
)
_WARM_BARS = 60
_kept: list[Any] = []


def load() -> None:
    """Import everything that strategies may import, then forget where files are."""
    # pandas takes it where it finds it, and it starts a thread, which no fork survives.
    sys.modules["pyarrow"] = None  # type: ignore[assignment]
    _stand_in_for_plotting()
    for name in STRATEGY_MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            if name not in OPTIONAL:
                raise
    _stand_in_for_sample_data()
    _no_progress_bars()
    from backtest_engine import stand_ins  # pandas comes with it, and must not find pyarrow

    stand_ins.install()
    for zone in TIME_ZONES:
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError):
            _kept.append(zoneinfo.ZoneInfo(zone))
    # Looking a line up would stat the file first.
    linecache.checkcache = lambda filename=None: None


def _stand_in_for_plotting() -> None:
    def plot(*_: Any, **__: Any) -> None:
        raise NotImplementedError("plotting is not available in the sandbox")

    module: Any = types.ModuleType("backtesting._plotting")
    module.plot = module.plot_heatmaps = plot
    module.set_bokeh_output = lambda *_, **__: None
    sys.modules["backtesting._plotting"] = module


class _NoSampleData:
    """Stands where a sample data set would be; any use says what to use instead."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        name = object.__getattribute__(self, "_name")
        raise LookupError(f"{name} is not available to a strategy: use self.data, the bars it is tested on")

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            return object.__getattribute__(self, name)
        return object.__getattribute__(self, "_refuse")()

    __getitem__ = __len__ = __iter__ = __array__ = __call__ = __eq__ = _refuse
    __hash__ = object.__hash__


def _stand_in_for_sample_data() -> None:
    import backtesting
    import pandas as pd

    def SMA(arr: Any, n: int) -> Any:  # noqa: N802 -- the name that tutorials import
        """Simple moving average of the last `n` values."""
        return pd.Series(arr).rolling(n).mean()

    module: Any = types.ModuleType("backtesting.test")
    module.SMA = SMA
    for name in ("GOOG", "EURUSD", "BTCUSD"):
        setattr(module, name, _NoSampleData(name))
    sys.modules["backtesting.test"] = module
    backtesting.test = module


def _no_progress_bars() -> None:
    """Where tqdm is installed, a bar would fill the log, and its thread would make forking unsafe."""
    import backtesting.backtesting as framework
    from backtesting import lib

    framework._tqdm = lib._tqdm = lambda rounds, **_: rounds


class Warmth:
    """A small backtest that touches what every run touches."""

    def __init__(self) -> None:
        import numpy as np
        import pandas as pd
        from backtesting import Strategy
        from backtesting.lib import crossover

        close = 100 + np.sin(np.arange(_WARM_BARS) / 5)
        prices = np.array([close, close + 1, close - 1, close, close])
        index = pd.DatetimeIndex(np.arange(_WARM_BARS).astype("M8[D]").astype("M8[ns]"))
        self.frame = pd.DataFrame(prices.T, index=index, columns=["Open", "High", "Low", "Close", "Volume"])

        class Warm(Strategy):  # type: ignore[misc]
            def init(self) -> None:
                self.average = self.I(lambda x: pd.Series(x).rolling(5).mean(), self.data.Close)

            def next(self) -> None:
                if crossover(self.data.Close, self.average):
                    self.position.close()
                    self.buy(sl=self.data.Close[-1] * 0.9)

        self._strategy = Warm

    def spread(self) -> None:
        """Fill every cache, and do every lazy import that strategies commonly cause; for the zygote."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.touch()
            _warm_pandas(self.frame)
        with contextlib.suppress(SyntaxError):
            compile("1 +", "warm", "exec")

    def touch(self) -> None:
        """Run the backtest, so that a forked child has its own copy of those pages before its job comes."""
        import backtesting.backtesting as framework

        original = framework.compute_stats
        framework.compute_stats = lambda **_: None
        try:
            framework.Backtest(self.frame, self._strategy, finalize_trades=True).run()
            json.loads(json.dumps({"a": [1.5, None, "b"]}))
            exec(compile("import numpy\nclass A:\n    def f(self): pass\n", "warm", "exec"), {})  # noqa: S102
        finally:
            framework.compute_stats = original


def _warm_pandas(frame: Any) -> None:
    import numpy as np
    import pandas as pd
    from backtesting.lib import resample_apply

    close = frame["Close"]
    for use in (
        lambda: close.ewm(span=5).mean(),
        lambda: close.rolling(5).std(),
        lambda: close.rolling(5).apply(np.mean, raw=True),
        lambda: close.rolling(5).corr(frame["Open"]),
        lambda: close.expanding().max(),
        lambda: close.resample("W").last(),
        lambda: frame.resample("W").agg({"Open": "first", "High": "max", "Low": "min", "Close": "last"}),
        lambda: frame.groupby(frame.index.month).mean(),
        lambda: close.describe(),
        lambda: close.quantile(0.5),
        lambda: close.rank(pct=True),
        lambda: close.diff().fillna(0).cumsum().clip(0, 1),
        lambda: pd.concat([close, close.shift(1)], axis=1).max(axis=1),
        lambda: pd.merge(frame, frame, left_index=True, right_index=True),
        lambda: pd.cut(close, 3),
        lambda: resample_apply("W", None, close),
        lambda: frame.reset_index().set_index("index").index.tz_localize("UTC").tz_convert("US/Eastern"),
        lambda: frame.index.strftime("%Y-%m-%d"),
        lambda: pd.to_datetime(["2020-01-01", "2020-01-02 10:00"], format="mixed"),
        lambda: pd.Timestamp("2020-01-01").strftime("%A"),
        lambda: repr(frame) + str(close) + repr(frame.index),
        lambda: pd.Series(["a", "b"]).str.upper(),
        lambda: frame.to_string() + frame.describe().to_string(),
        lambda: np.linalg.lstsq(frame.to_numpy(), close.to_numpy(), rcond=None),
        lambda: np.polyfit(np.arange(len(close)), close, 1),
        lambda: np.fft.rfft(close.to_numpy()),
        lambda: np.random.default_rng(0).normal(size=3),
        lambda: np.corrcoef(close, frame["Open"]),
    ):
        with contextlib.suppress(Exception):
            use()
