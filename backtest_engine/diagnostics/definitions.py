"""Indicators in plain pandas, to stand in for a library that a strategy cannot import.

Each definition keeps the name and the argument names of the library it replaces, so that the calls stay as they were.
Smoothing follows the authors: Wilder's for RSI, ATR and ADX (`alpha = 1/n`), population deviation for Bollinger bands,
and nothing is given before the window is full.
"""

from typing import NamedTuple


class Definition(NamedTuple):
    """Source text of one function, and the imports it needs."""

    name: str
    code: str
    imports: tuple[str, ...] = ("import pandas as pd",)


_BODIES: dict[str, tuple[str, str, str]] = {
    # canonical: (data arguments, number arguments with defaults, body that returns)
    "sma": ("x", "period=30", "return pd.Series(x).rolling(int(period)).mean()"),
    "ema": ("x", "period=30", "return pd.Series(x).ewm(span=period, adjust=False, min_periods=int(period)).mean()"),
    "wma": (
        "x",
        "period=30",
        "weights = np.arange(1, int(period) + 1)\n"
        "return pd.Series(x).rolling(int(period)).apply(lambda part: np.dot(part, weights) / weights.sum(), raw=True)",
    ),
    "rsi": (
        "x",
        "period=14",
        "change = pd.Series(x).diff()\n"
        "gain = change.clip(lower=0).ewm(alpha=1 / period, adjust=False, min_periods=int(period)).mean()\n"
        "loss = (-change.clip(upper=0)).ewm(alpha=1 / period, adjust=False, min_periods=int(period)).mean()\n"
        "return 100 - 100 / (1 + gain / loss)",
    ),
    "atr": (
        "high, low, close",
        "period=14",
        "high, low, before = pd.Series(high), pd.Series(low), pd.Series(close).shift()\n"
        "reach = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)\n"
        "return reach.ewm(alpha=1 / period, adjust=False, min_periods=int(period)).mean()",
    ),
    "roc": ("x", "period=10", "return pd.Series(x).pct_change(int(period)) * 100"),
    "mom": ("x", "period=10", "return pd.Series(x).diff(int(period))"),
    "stddev": ("x", "period=5", "return pd.Series(x).rolling(int(period)).std(ddof=0)"),
    "highest": ("x", "period=30", "return pd.Series(x).rolling(int(period)).max()"),
    "lowest": ("x", "period=30", "return pd.Series(x).rolling(int(period)).min()"),
    "willr": (
        "high, low, close",
        "period=14",
        "top, bottom = pd.Series(high).rolling(int(period)).max(), pd.Series(low).rolling(int(period)).min()\n"
        "return -100 * (top - pd.Series(close)) / (top - bottom)",
    ),
    "cci": (
        "high, low, close",
        "period=14",
        "typical = (pd.Series(high) + pd.Series(low) + pd.Series(close)) / 3\n"
        "mean = typical.rolling(int(period)).mean()\n"
        "spread = typical.rolling(int(period)).apply(lambda window: abs(window - window.mean()).mean(), raw=True)\n"
        "return (typical - mean) / (0.015 * spread)",
    ),
    "adx": (
        "high, low, close",
        "period=14",
        "high, low, before = pd.Series(high), pd.Series(low), pd.Series(close).shift()\n"
        "up, down = high.diff(), -low.diff()\n"
        "reach = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)\n"
        "smooth = lambda x: x.ewm(alpha=1 / period, adjust=False, min_periods=int(period)).mean()\n"
        "plus = 100 * smooth(up.where((up > down) & (up > 0), 0.0)) / smooth(reach)\n"
        "minus = 100 * smooth(down.where((down > up) & (down > 0), 0.0)) / smooth(reach)\n"
        "return smooth(100 * (plus - minus).abs() / (plus + minus))",
    ),
    "obv": (
        "close, volume",
        "",
        "change = pd.Series(close).diff()\n"
        "return (change.gt(0).astype(float) - change.lt(0).astype(float)).mul(pd.Series(volume, "
        "index=change.index)).cumsum()",
    ),
}
_MACD = (
    "quick = pd.Series(x).ewm(span={fast}, adjust=False, min_periods={fast}).mean()\n"
    "calm = pd.Series(x).ewm(span={slow}, adjust=False, min_periods={slow}).mean()\n"
    "line = quick - calm\n"
    "trigger = line.ewm(span={signal}, adjust=False, min_periods={signal}).mean()\n"
)
_BANDS = "mean = pd.Series({x}).rolling(int({n})).mean()\nspread = pd.Series({x}).rolling(int({n})).std(ddof=0)\n"
_STOCH = (
    "top, bottom = pd.Series(high).rolling(int({n})).max(), pd.Series(low).rolling(int({n})).min()\n"
    "raw = 100 * (pd.Series(close) - bottom) / (top - bottom)\n"
)


def _function(name: str, arguments: str, body: str) -> str:
    return f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in body.rstrip("\n").split("\n"))


def _plain(name: str, kind: str) -> Definition:
    """Build an indicator with one output."""
    inputs, number, body = _BODIES[kind]
    imports = ("import numpy as np", "import pandas as pd") if "np." in body else ("import pandas as pd",)
    return Definition(name, _function(name, f"{inputs}, {number}" if number else inputs, body), imports)


def _bare() -> dict[str, Definition]:
    """Names that models import from modules that do not have them: positional arguments, any period name."""
    found: dict[str, Definition] = {}
    for kind, names in (
        ("sma", ("SMA", "sma", "MA", "moving_average", "SimpleMovingAverage")),
        ("ema", ("EMA", "ema", "exponential_moving_average")),
        ("wma", ("WMA", "wma")),
        ("rsi", ("RSI", "rsi")),
        ("atr", ("ATR", "atr")),
        ("roc", ("ROC", "roc")),
        ("highest", ("highest", "HIGHEST", "Highest")),
        ("lowest", ("lowest", "LOWEST", "Lowest")),
        ("stddev", ("STDDEV", "STD", "std")),
        ("adx", ("ADX", "adx")),
        ("cci", ("CCI", "cci")),
        ("willr", ("WILLR",)),
    ):
        for name in names:
            found[name] = _plain(name, kind)
    found["MACD"] = Definition(
        "MACD",
        _function(
            "MACD", "x, n1=12, n2=26, n3=9", _MACD.format(fast="n1", slow="n2", signal="n3") + "return line, trigger"
        ),
    )
    found["BBANDS"] = Definition(
        "BBANDS",
        _function(
            "BBANDS", "x, n=20, k=2", _BANDS.format(x="x", n="n") + "return mean + k * spread, mean, mean - k * spread"
        ),
    )
    found["BB"] = found["BBANDS"]._replace(name="BB", code=found["BBANDS"].code.replace("def BBANDS", "def BB"))
    return found


BARE = _bare()


def find_bare(name: str) -> Definition | None:
    """Return a stand-in for an indicator known by name only."""
    return BARE.get(name)


def _registered() -> dict[str, Definition]:
    """This package's own indicators, by the names and arguments strategies import them with."""
    found = {
        name: _plain(name, kind)
        for name, kind in (
            ("sma", "sma"),
            ("ema", "ema"),
            ("wma", "wma"),
            ("rsi", "rsi"),
            ("atr", "atr"),
            ("adx", "adx"),
            ("cci", "cci"),
            ("highest", "highest"),
            ("lowest", "lowest"),
            ("roc", "roc"),
            ("momentum", "mom"),
            ("williams_r", "willr"),
        )
    }
    trend = _BODIES["adx"][2].rsplit("\n", 1)[0]
    written = {
        "macd": (
            "x, fast=12, slow=26, signal=9",
            _MACD.format(fast="fast", slow="slow", signal="signal") + "return line, trigger, line - trigger",
        ),
        "bollinger": (
            "x, period=20, deviations=2.0",
            _BANDS.format(x="x", n="period") + "return mean + deviations * spread, mean, mean - deviations * spread",
        ),
        "stochastic": (
            "high, low, close, k_period=14, d_period=3, smoothing=3",
            _STOCH.format(n="k_period") + "k = raw.rolling(smoothing).mean()\nreturn k, k.rolling(d_period).mean()",
        ),
        "zscore": ("x, period=20", _BANDS.format(x="x", n="period") + "return (pd.Series(x) - mean) / spread"),
        "donchian": (
            "high, low, period=20",
            "top, bottom = pd.Series(high).rolling(period).max(), pd.Series(low).rolling(period).min()\n"
            "return top, (top + bottom) / 2, bottom",
        ),
        "vwap": (
            "high, low, close, volume, period=20",
            "typical = (pd.Series(high) + pd.Series(low) + pd.Series(close)) / 3\nvolume = pd.Series(volume)\n"
            "return (typical * volume).rolling(period).sum() / volume.rolling(period).sum()",
        ),
        "plus_di": ("high, low, close, period=14", trend + "\nreturn plus"),
        "minus_di": ("high, low, close, period=14", trend + "\nreturn minus"),
        "running_high": ("x", "return pd.Series(x).cummax()"),
        "returns": ("x, period=1", "return pd.Series(x).pct_change(period)"),
        "ichimoku": (
            "high, low, tenkan=9, kijun=26, senkou_b=52, displacement=26",
            "high, low = pd.Series(high), pd.Series(low)\n"
            "middle = lambda n: (high.rolling(n).max() + low.rolling(n).min()) / 2\n"
            "cloud = (middle(tenkan) + middle(kijun)) / 2\n"
            "return middle(tenkan), middle(kijun), cloud.shift(displacement), middle(senkou_b).shift(displacement)",
        ),
    }
    return found | {name: Definition(name, _function(name, given, body)) for name, (given, body) in written.items()}


REGISTERED = _registered()


def find_registered(name: str) -> Definition | None:
    """Return a stand-in for one of this package's own indicators, None where only the package has it."""
    return REGISTERED.get(name)
