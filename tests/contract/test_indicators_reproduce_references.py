"""Strategies on the registry's indicators give the trades and the equity of independently written references."""

import json
from pathlib import Path
from typing import Any

import pytest
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

from backtest_engine import indicators
from backtest_engine.data import Samples
from backtest_engine.indicators.numerics import later

EXPECTED = json.loads((Path(__file__).parents[1] / "corpus/indicators/expected_results.json").read_text())
EQUITY_TOLERANCE = 0.005


class LongOnly(Strategy):  # type: ignore[misc]
    """Buys with everything on `entry`, sells on `leave`, when each is known."""

    def init(self) -> None:
        self.prepare()

    def next(self) -> None:
        if not self.position and self.entry():
            self.buy()
        elif self.position and self.leave():
            self.position.close()


class Crossing(LongOnly):
    fast: Any
    slow: Any

    def entry(self) -> bool:
        return bool(crossover(self.fast, self.slow))

    def leave(self) -> bool:
        return bool(crossover(self.slow, self.fast))


class R01(Crossing):
    def prepare(self) -> None:
        self.fast = self.I(indicators.sma, self.data.Close, 10)
        self.slow = self.I(indicators.sma, self.data.Close, 20)


class R03(Crossing):
    def prepare(self) -> None:
        self.fast = self.I(indicators.ema, self.data.Close, 12)
        self.slow = self.I(indicators.ema, self.data.Close, 26)


class R04(LongOnly):
    def prepare(self) -> None:
        self.rsi = self.I(indicators.rsi, self.data.Close, 14)

    def entry(self) -> bool:
        return bool(self.rsi[-1] < 30)

    def leave(self) -> bool:
        return bool(self.rsi[-1] > 70)


class R05(LongOnly):
    def prepare(self) -> None:
        self.trend = self.I(indicators.sma, self.data.Close, 200)
        self.quick = self.I(indicators.sma, self.data.Close, 5)
        self.rsi = self.I(indicators.rsi, self.data.Close, 2)

    def entry(self) -> bool:
        return bool(self.data.Close[-1] > self.trend[-1] and self.rsi[-1] < 10)

    def leave(self) -> bool:
        return bool(self.data.Close[-1] > self.quick[-1])


class R06(Crossing):
    def prepare(self) -> None:
        self.fast, self.slow, _ = self.I(indicators.macd, self.data.Close)


class R08(LongOnly):
    def prepare(self) -> None:
        self.upper, self.middle, _ = self.I(indicators.bollinger, self.data.Close, 20, 2)

    def entry(self) -> bool:
        return bool(self.data.Close[-1] > self.upper[-1])

    def leave(self) -> bool:
        return bool(self.data.Close[-1] < self.middle[-1])


class R09(LongOnly):
    def prepare(self) -> None:
        # The bars before this one: the channel of the last bar.
        self.highest = self.I(lambda: later(indicators.highest(self.data.High, 20), 1))
        self.lowest = self.I(lambda: later(indicators.lowest(self.data.Low, 10), 1))

    def entry(self) -> bool:
        return bool(self.data.Close[-1] > self.highest[-1])

    def leave(self) -> bool:
        return bool(self.data.Close[-1] < self.lowest[-1])


class R14(LongOnly):
    def prepare(self) -> None:
        self.fast = self.I(indicators.sma, self.data.Close, 20)
        self.slow = self.I(indicators.sma, self.data.Close, 50)
        self.atr = self.I(indicators.atr, self.data.High, self.data.Low, self.data.Close, 14)

    def next(self) -> None:
        if not self.position and crossover(self.fast, self.slow):
            close, atr = self.data.Close[-1], self.atr[-1]
            self.buy(sl=close - 2 * atr, tp=close + 3 * atr)


class R17(Strategy):  # type: ignore[misc]
    def init(self) -> None:
        self.z = self.I(indicators.zscore, self.data.Close, 20)

    def next(self) -> None:
        z = self.z[-1]
        if (self.position.is_long and z >= 0) or (self.position.is_short and z <= 0):
            self.position.close()
        elif not self.position and z < -2:
            self.buy()
        elif not self.position and z > 2:
            self.sell()


class R19(LongOnly):
    def prepare(self) -> None:
        bars = (self.data.High, self.data.Low, self.data.Close)
        self.plus = self.I(indicators.plus_di, *bars, 14)
        self.minus = self.I(indicators.minus_di, *bars, 14)
        self.adx = self.I(indicators.adx, *bars, 14)

    def entry(self) -> bool:
        return bool(self.plus[-1] > self.minus[-1] and self.adx[-1] > 25)

    def leave(self) -> bool:
        return bool(self.minus[-1] > self.plus[-1])


class R20(LongOnly):
    def prepare(self) -> None:
        lines = self.I(indicators.ichimoku, self.data.High, self.data.Low)
        self.tenkan, self.kijun, self.span_a, self.span_b = lines

    def entry(self) -> bool:
        cloud = max(self.span_a[-1], self.span_b[-1])
        return bool(self.data.Close[-1] > cloud and self.tenkan[-1] > self.kijun[-1])

    def leave(self) -> bool:
        return bool(self.data.Close[-1] < self.kijun[-1])


class R26(LongOnly):
    def prepare(self) -> None:
        data = self.data
        self.vwap = self.I(indicators.vwap, data.High, data.Low, data.Close, data.Volume, 20)

    def entry(self) -> bool:
        return bool(crossover(self.data.Close, self.vwap))

    def leave(self) -> bool:
        return bool(crossover(self.vwap, self.data.Close))


class R28(Crossing):
    def prepare(self) -> None:
        self.fast = self.I(indicators.sma, self.data.Close, 50)
        self.slow = self.I(indicators.sma, self.data.Close, 200)

    def next(self) -> None:
        if not self.position and self.entry():
            self.buy(size=10)
        elif self.position and self.leave():
            self.position.close()


class F57(LongOnly):
    def prepare(self) -> None:
        self.below = self.I(indicators.drawdown, self.data.Close)

    def entry(self) -> bool:
        return bool(self.below[-1] <= -30)

    def leave(self) -> bool:
        return bool(self.below[-1] >= -5)


class F60(LongOnly):
    def prepare(self) -> None:
        swings = self.I(indicators.pivots, self.data.High, self.data.Low, 5, 5)
        self.top, self.bottom = swings[2], swings[3]

    def entry(self) -> bool:
        return bool(self.bottom[-1] == 1)

    def leave(self) -> bool:
        return bool(self.top[-1] == 1)


REFERENCES = (R01, R03, R04, R05, R06, R08, R09, R14, R17, R19, R20, R26, R28, F57, F60)


@pytest.mark.parametrize("symbol", ["GOOG", "EURUSD"])
@pytest.mark.parametrize("strategy", REFERENCES, ids=lambda strategy: strategy.__name__)
def test_strategy_matches_a_variant_of_its_reference(strategy: type[Strategy], symbol: str) -> None:
    bars = Samples().bars(symbol, start=None, end=None, interval=None).bars
    variants = [variant["results"][symbol] for variant in EXPECTED[strategy.__name__]["variants"]]

    statistics = Backtest(bars, strategy, cash=10_000, commission=0.002, finalize_trades=True).run()

    got = (statistics["# Trades"], statistics["Equity Final [$]"])
    assert any(
        got[0] == variant["trades"] and got[1] == pytest.approx(variant["equity_final"], rel=EQUITY_TOLERANCE)
        for variant in variants
    ), (got, variants)
