"""A strategy with what it did on its bars, as the analyst and the orchestrator look at it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from backtest_engine.domain import BacktestResult
from backtest_engine.research.candidates import bar_returns
from backtest_engine.spec import Side, StrategySpec
from backtest_engine.spec.evaluate import Reading, readings

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

ATR_BARS, TREND_BARS = 14, 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Situation:
    """`spec` is what is edited, None for free code; `fitted` is the same with its lengths counted in these bars.

    Arrays of trades have the shape (trades,), those of bars (bars,), the warm-up included. Returns are fractions of
    the price at the entry, after costs unless they are called gross.
    """

    result: BacktestResult
    spec: StrategySpec | None = None
    fitted: StrategySpec | None = None

    @cached_property
    def bars(self) -> pd.DataFrame:
        return self.result.dataset.bars

    @cached_property
    def index(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.bars.index)

    def column(self, name: str) -> Floats:
        """Return a column of the bars."""
        return self.bars[name].to_numpy(np.float64)

    @cached_property
    def close(self) -> Floats:
        return self.column("Close")

    @property
    def first(self) -> int:
        """The first bar on which trading may begin."""
        return self.result.dataset.warm_up

    @cached_property
    def atr(self) -> Floats:
        """The mean true range of the bars up to each, as a fraction of its close."""
        before = np.concatenate([self.close[:1], self.close[:-1]])
        high, low = self.column("High"), self.column("Low")
        ranges = np.maximum(high, before) - np.minimum(low, before)
        mean = pd.Series(ranges).rolling(ATR_BARS, min_periods=1).mean().to_numpy(np.float64)
        found: Floats = mean / self.close
        return found

    def trend(self, bars: int) -> Floats:
        """Return how far each close is from the average of the last `bars`, as a fraction; NaN where there is none."""
        average = pd.Series(self.close).rolling(bars).mean().to_numpy(np.float64)
        found: Floats = self.close / average - 1
        return found

    @property
    def trend_bars(self) -> int:
        """The length of the average that says whether the market rises where no other was found to say it better."""
        return min(TREND_BARS, max(20, len(self.close) // 10))

    # Trades

    @property
    def count(self) -> int:
        return len(self.result.trades)

    @cached_property
    def entry(self) -> Ints:
        return np.array([trade.entry_bar for trade in self.result.trades], dtype=np.int64)

    @cached_property
    def exit(self) -> Ints:
        return np.array([trade.exit_bar for trade in self.result.trades], dtype=np.int64)

    @cached_property
    def signal(self) -> Ints:
        """The bar before the one on which a trade was filled: the one that decided, for market orders."""
        return np.maximum(self.entry - 1, 0)

    @cached_property
    def side(self) -> Floats:
        return np.array([1.0 if trade.size > 0 else -1.0 for trade in self.result.trades])

    @cached_property
    def entry_price(self) -> Floats:
        return np.array([trade.entry_price for trade in self.result.trades])

    @cached_property
    def exit_price(self) -> Floats:
        return np.array([trade.exit_price for trade in self.result.trades])

    @cached_property
    def value(self) -> Floats:
        """What each trade's position was worth at the entry."""
        return np.array([abs(trade.size) for trade in self.result.trades]) * self.entry_price

    @cached_property
    def pnl(self) -> Floats:
        return np.array([trade.pnl for trade in self.result.trades])

    @cached_property
    def returns(self) -> Floats:
        return self.pnl / self.value

    @cached_property
    def gross(self) -> Floats:
        return self.side * (self.exit_price / self.entry_price - 1)

    @cached_property
    def reasons(self) -> list[str]:
        return [trade.exit_reason or "" for trade in self.result.trades]

    @cached_property
    def stopped(self) -> Flags:
        return np.array([reason == "stop_loss" for reason in self.reasons], dtype=bool)

    @cached_property
    def finished(self) -> Flags:
        """Whether a trade ended by itself, and not with the bars."""
        return np.array([reason not in ("end_of_data", "wiped_out") for reason in self.reasons], dtype=bool)

    @cached_property
    def held(self) -> Ints:
        found: Ints = np.maximum(self.exit - self.entry, 1)
        return found

    @cached_property
    def excursions(self) -> tuple[Floats, Floats]:
        """The furthest against and for each trade (MAE, MFE), fractions of the entry price, both at least 0."""
        high, low = self.column("High"), self.column("Low")
        against, favourable = np.zeros(self.count), np.zeros(self.count)
        for row, (entry, leave, side, price) in enumerate(
            zip(self.entry, self.exit, self.side, self.entry_price, strict=True)
        ):
            top, bottom = high[entry : leave + 1].max() / price - 1, low[entry : leave + 1].min() / price - 1
            best, worst = (top, bottom) if side > 0 else (-bottom, -top)
            against[row], favourable[row] = max(0.0, -worst), max(0.0, best)
        return against, favourable

    def ahead(self, bars: int, *, after: Ints) -> Floats:
        """Return what each trade's side would have earned from the closes `after` to so many bars later.

        What the market did on average over as many bars is taken off. NaN where the bars end before.
        """
        found = np.full(len(after), np.nan)
        within = after + bars < len(self.close)
        start = after[within]
        found[within] = self.close[start + bars] / self.close[start] - 1
        moves = self.close[self.first + bars :] / self.close[self.first : -bars] - 1 if bars else np.zeros(1)
        usual = float(moves.mean()) if len(moves) else 0.0
        return self.side * (found - usual)

    # The account

    @cached_property
    def equity(self) -> Floats:
        return self.result.equity["equity"].to_numpy(np.float64)

    @cached_property
    def bar_returns(self) -> Floats:
        return bar_returns(self.equity)

    def metric(self, name: str) -> float:
        """Return a metric; 0 where it has none."""
        value = self.result.metrics.get(name)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0

    # The rules

    @property
    def rules(self) -> StrategySpec:
        """What is edited. Raises `ValueError` for free code."""
        if self.spec is None:
            raise ValueError("there is no specification behind this code")
        return self.spec

    @property
    def sides(self) -> dict[Literal["long", "short"], Side]:
        rules = self.fitted or self.spec
        return dict(rules.sides) if rules is not None else {}

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """The simple conditions of the rules on every bar."""
        rules = self.fitted or self.spec
        return readings(rules, self.bars) if rules is not None else ()

    @property
    def costs(self) -> float:
        """What buying and selling costs, as a fraction of the position."""
        return 2 * self.result.broker.commission + self.result.broker.spread


def t_of(values: Floats) -> float:
    """Return mean / standard error; 0 for fewer than five values, or values that do not differ."""
    known = values[np.isfinite(values)]
    if len(known) < 5:
        return 0.0
    spread = float(known.std(ddof=1))
    return float(known.mean()) / (spread / math.sqrt(len(known))) if spread > 1e-12 else 0.0


def t_between(first: Floats, second: Floats) -> float:
    """Return Welch's t of the difference of two means; 0 where one has fewer than five values."""
    if len(first) < 5 or len(second) < 5:
        return 0.0
    spread = first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second)
    return float((first.mean() - second.mean()) / math.sqrt(spread)) if spread > 1e-18 else 0.0


def percent(share: float) -> float:
    """Return a fraction in percent, rounded for people."""
    return round(100 * float(share), 2)
