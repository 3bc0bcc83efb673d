"""What `init` takes from the whole file is seen, whatever it is called; what ends at each bar is left alone."""

import pytest

from backtest_engine.diagnostics.diagnosis import diagnose

MODULE = """import math
import statistics

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.test import SMA


class Sided(Strategy):
    def init(self):
        close = pd.Series(self.data.Close)
        moves = close.pct_change().dropna()
        half = len(moves) // 2
        self.side = {value}
        self.average = self.I(SMA, self.data.Close, 20)

    def next(self):
        if self.side > 0 and self.data.Close[-1] > self.average[-1] and not self.position:
            self.buy()
        elif self.position and self.data.Close[-1] < self.average[-1]:
            self.position.close()
"""
LOOK_AHEAD = {"full_sample_statistic", "future_row", "fitted_on_everything"}


def found(value: str) -> set[str]:
    return {finding.code for finding in diagnose(MODULE.format(value=value)).findings} & LOOK_AHEAD


class TestWholeFile:
    @pytest.mark.parametrize(
        "value",
        [
            "moves.skew()",
            "moves.agg('mean')",
            "moves.describe()['mean']",
            "statistics.fmean(moves)",
            "math.fsum(moves)",
            "np.prod(1 + moves)",
            "np.sign(moves.autocorr(1))",
            "np.sign(np.corrcoef(moves[:-1], moves[1:])[0, 1])",
            "np.dot(moves[1:], moves[:-1])",
            "1 if moves[:half].std() > moves[half:].std() else -1",
            "1 if moves.mean() > 0 and len(moves) > 100 else -1",
            "close.iloc[-1] / close.iloc[0] - 1",
            "close.tail(1).item() - 100",
            "moves.cumsum().iloc[-1]",
            "close.expanding().mean().iloc[-1]",
        ],
    )
    def test_is_seen(self, value: str) -> None:
        assert found(value)

    @pytest.mark.parametrize("value", ["sum(close.rolling(n).mean() for n in (5, 9)).iloc[40]", "sum([close, moves])"])
    def test_is_not_added_up_by_adding_series(self, value: str) -> None:
        assert "full_sample_statistic" not in found(value)

    @pytest.mark.parametrize("value", ["1", "close.iloc[0]", "close[:100].mean()", "len(moves)", "self.data.Close[0]"])
    def test_is_not_what_the_first_bars_tell(self, value: str) -> None:
        assert not found(value)
