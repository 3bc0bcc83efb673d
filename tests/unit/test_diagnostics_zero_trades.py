"""A strategy that never trades is told why, in numbers and dates that can be checked."""

import pytest

from backtest_engine.data import Samples
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.zero_trades import Condition, explain_idleness
from backtest_engine.domain import Dataset

MODULE = """\
import pandas as pd
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


def RSI(x, n):
    change = pd.Series(x).diff()
    gain = change.clip(lower=0).ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    loss = (-change.clip(upper=0)).ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    return 100 - 100 / (1 + gain / loss)


def zscore(x, n):
    x = pd.Series(x)
    return (x - x.rolling(n).mean()) / x.rolling(n).std(ddof=0)


def williams_r(high, low, close, n):
    top, bottom = pd.Series(high).rolling(n).max(), pd.Series(low).rolling(n).min()
    return -100 * (top - pd.Series(close)) / (top - bottom)


class Idle(Strategy):
    threshold = {threshold}

    def init(self):
        {init}

    def next(self):
        price = self.data.Close[-1]
        if not self.position and {condition}:
            self.buy()
"""


def conditions(data: Dataset, *, init: str = "pass", condition: str, threshold: float = 0) -> list[Condition]:
    code = MODULE.format(init=init, condition=condition, threshold=threshold)
    return explain_idleness(Source(code), data)


@pytest.fixture(scope="module")
def goog() -> Dataset:
    return Samples().bars("GOOG", start=None, end=None, interval=None)


@pytest.fixture(scope="module")
def eurusd() -> Dataset:
    return Samples().bars("EURUSD", start=None, end=None, interval=None)


class TestExplanation:
    def test_names_the_lowest_value_its_day_and_thresholds_that_would_have_fired(self, goog: Dataset) -> None:
        [found] = conditions(
            goog,
            init="self.rsi = self.I(RSI, self.data.Close, 14)",
            condition="self.rsi[-1] < self.threshold",
            threshold=10,
        )

        assert found.held == 0
        assert found.closest == pytest.approx(21.33, abs=0.01)
        assert found.closest_at == "2008-03-10"
        assert found.would_fire[1] == pytest.approx(21.80, abs=0.01)
        assert found.would_fire[5] == pytest.approx(23.02, abs=0.01)
        assert found.would_fire[20] == pytest.approx(26.12, abs=0.05)
        assert found.message.startswith("RSI(14) never went below 10; the lowest was 21.33 on 2008-03-10.")

    def test_follows_a_function_known_by_its_name(self, goog: Dataset) -> None:
        [found] = conditions(goog, init="self.z = self.I(zscore, self.data.Close, 20)", condition="self.z[-1] < -4.5")

        assert found.closest == pytest.approx(-3.871, abs=0.001)
        assert found.closest_at == "2011-04-15"

    def test_computes_arithmetic_on_prices(self, goog: Dataset) -> None:
        [found] = conditions(goog, condition="price / self.data.Close[-2] - 1 < -0.15")

        assert found.closest == pytest.approx(-0.1161, abs=0.0001)
        assert found.closest_at == "2008-09-29"
        assert found.would_fire[5] == pytest.approx(-0.0843, abs=0.0001)

    def test_gives_the_hour_where_bars_are_hours(self, eurusd: Dataset) -> None:
        [found] = conditions(eurusd, condition="self.data.Open[-1] / self.data.Close[-2] - 1 > 0.02")

        assert found.closest == pytest.approx(0.01549, abs=0.00001)
        assert found.closest_at == "2017-04-23 21:00"

    def test_knows_that_a_bound_that_is_only_touched_does_not_hold(self, goog: Dataset) -> None:
        [found] = conditions(
            goog,
            init="self.w = self.I(williams_r, self.data.High, self.data.Low, self.data.Close, 14)",
            condition="self.w[-1] > 0",
        )

        assert found.held == 0
        assert found.closest == pytest.approx(0, abs=1e-9)

    def test_puts_the_condition_that_never_held_first(self, goog: Dataset) -> None:
        found = conditions(
            goog,
            init="self.sma = self.I(SMA, self.data.Close, 50)",
            condition="price > self.sma[-1] and self.data.Volume[-1] > 1e12",
        )

        assert [item.held > 0 for item in found] == [False, True]

    def test_counts_a_crossing(self, goog: Dataset) -> None:
        [found] = conditions(
            goog,
            init="self.fast, self.slow = self.I(SMA, self.data.Close, 10), self.I(SMA, self.data.Close, 20)",
            condition="crossover(self.fast, self.slow)",
        )

        assert found.held == 47

    def test_is_silent_about_what_it_cannot_compute(self, goog: Dataset) -> None:
        assert conditions(goog, condition="self.mystery(price)") == []

    def test_never_runs_the_strategy(self, goog: Dataset) -> None:
        found = conditions(goog, init="raise SystemExit", condition="price < 0")

        assert found[0].held == 0
