"""Strategies that know the future are doubted, strategies that do not are not."""

import pytest

from backtest_engine.simulation.reporting import HARMLESS
from tests.sandbox.conftest import CROSS, Run, strategy

TRADE_ON_NEXT_OPEN = """
i = len(self.data) - 1
if i + 2 < len(future):
    if future[i + 2] > future[i + 1]:
        if not self.position:
            self.buy()
    elif self.position:
        self.position.close()
"""

CHEATS = {
    "the direction of the next bar alone": strategy(
        "self.up = self.I(lambda o, c: np.append(c[1:] > o[1:], False).astype(float), self.data.Open, self.data.Close)",
        "if self.up[-1]:\n    self.position or self.buy()\nelif self.position:\n    self.position.close()",
    ),
    "the range of the next bar alone": strategy(
        """
        h, l, c = self.data.High, self.data.Low, self.data.Close
        self.calm = self.I(lambda: np.append((h[1:] - l[1:]) / c[1:] < .015, False).astype(float))
        """,
        "if self.calm[-1]:\n    self.position or self.buy()",
    ),
    "the volume of the next bar alone": strategy(
        "v = self.data.Volume\nself.busy = self.I(lambda: np.append(v[1:] > v[:-1], False).astype(float))",
        "if self.busy[-1]:\n    self.position or self.buy()\nelif self.position:\n    self.position.close()",
    ),
    "the sign of the week to come": strategy(
        "c = self.data.Close\nself.up = self.I(lambda: np.append(c[5:] < c[:-5], [False] * 5).astype(float))",
        "if self.up[-1]:\n    self.position or self.sell()\nelif self.position:\n    self.position.close()",
    ),
    "a shifted close": strategy(
        "self.ahead = self.I(lambda c: pd.Series(c).shift(-1), self.data.Close)",
        """
        if self.ahead[-1] > self.data.Close[-1]:
            self.position or self.buy()
        else:
            self.position.close()
        """,
    ),
    "a frame kept in init": strategy(
        "self.all = self.data.df.copy()", "future = self.all.Open.to_numpy()\n" + TRADE_ON_NEXT_OPEN
    ),
    "the array behind a view": strategy(next="future = self.data.Open.base\n" + TRADE_ON_NEXT_OPEN),
    "the array behind, by another name": strategy(
        next="future = getattr(self.data.Open, 'ba' + 'se')\n" + TRADE_ON_NEXT_OPEN
    ),
    "a private frame": strategy(
        next="future = self._data._Data__df.Open.to_numpy()\n" + TRADE_ON_NEXT_OPEN,
    ),
    "a private frame, spelt at run time": strategy(
        next="future = self.data.__dict__['_Data' + '__df'].Open.to_numpy()\n" + TRADE_ON_NEXT_OPEN,
    ),
    "the caller's locals": strategy(
        "import sys\nf = sys._getframe()\nwhile f and not hasattr(f.f_locals.get('self'), '_data'): f = f.f_back\n"
        "self.all = f.f_locals['self']._data.df if f else None",
        "future = self.all.Open.to_numpy()\n" + TRADE_ON_NEXT_OPEN,
    ),
    "all objects of the process": strategy(
        "import gc\n"
        "found = [o for o in gc.get_objects() if isinstance(o, pd.DataFrame) and 'Open' in o.columns]\n"
        "self.all = max(found, key=len)",
        "future = self.all.Open.to_numpy()\n" + TRADE_ON_NEXT_OPEN,
    ),
    "a statistic of the whole sample": strategy(
        "self.z = self.I(lambda c: (c - np.mean(c)) / np.std(c), self.data.Close)",
        """
        if self.z[-1] < -0.5:
            self.position or self.buy()
        elif self.z[-1] > 0.5:
            self.position.close()
        """,
    ),
    "the highest close there will ever be": strategy(
        "self.top = max(self.data.Close)",
        "if self.data.Close[-1] < self.top * 0.5:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "a low that is confirmed three bars later": strategy(
        """
        low = pd.Series(self.data.Low)
        self.pivot = self.I(lambda: (low == low.rolling(7, center=True).min()).astype(float))
        """,
        "if self.pivot[-1]:\n    self.position or self.buy()\nelif self.position:\n    self.position.close()",
    ),
    "this week's close on Monday": strategy(
        "close = self.data.Close.s\n"
        "self.weekly = self.I(lambda: close.resample('W').last().reindex(close.index, method='bfill'))",
        "if self.weekly[-1] > self.data.Close[-1]:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "gaps that are filled from behind": strategy(
        "self.m = self.I(lambda c: pd.Series(c).rolling(50).mean().bfill(), self.data.Close)",
        "if len(self.data) < 45 and self.data.Close[-1] < self.m[-1]:\n    self.position or self.buy()",
    ),
    "a line fitted through all bars": strategy(
        "x = np.arange(len(self.data.Close))\n"
        "self.line = self.I(lambda c: np.polyval(np.polyfit(x, c, 3), x), self.data.Close)",
        "if self.data.Close[-1] < self.line[-1]:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "an indicator in a list": strategy(
        "self.a = [self.I(sma, self.data.Close, n) for n in (10, 20)]",
        "if self.a[0][-1] > self.data.Close[-1]:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "honest on anything but the full data": strategy(
        "self.all = self.data.Open.copy() if len(self.data) == 2148 else None",
        "future = self.all if self.all is not None else self.data.Open\n" + TRADE_ON_NEXT_OPEN,
    ),
    "orders rewritten at the end": strategy(
        next="""
        if len(self.data) > 2000:
            import gc
            opens = self.data.Open
            recorder = next(o for o in gc.get_objects() if type(o).__name__ == "Recorder")
            recorder.events[:] = [
                [i, 0, 0.5 if opens[i + 2] > opens[i + 1] else -0.5, None, None, None, None, None]
                for i in range(5, len(opens) - 2)
            ]
        """
    ),
}

HONEST = {
    "a cross of averages": CROSS,
    "exponential averages": strategy(
        "self.e = self.I(lambda c: pd.Series(c).ewm(span=20).mean(), self.data.Close)",
        "if self.data.Close[-1] > self.e[-1]:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "no order at all": strategy(),
    "stops and targets": strategy(
        next="if not self.position:\n    self.buy(sl=self.data.Close[-1] * .95, tp=self.data.Close[-1] * 1.1)"
    ),
    "indicators in a list, read at the current bar": strategy(
        "self.averages = [self.I(sma, self.data.Close, n) for n in (10, 20)]",
        """
        i = len(self.data) - 1
        if self.averages[0][i] > self.averages[1][i]:
            self.position or self.buy()
        else:
            self.position.close()
        """,
    ),
    "a list made anew on each bar": strategy(
        "self.a = self.I(sma, self.data.Close, 10)\nself.b = self.I(sma, self.data.Close, 20)",
        "if all(x[-1] < self.data.Close[-1] for x in [self.a, self.b]):\n"
        "    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "seeded random numbers": strategy(
        "self.random = np.random.RandomState(7)",
        "if self.random.rand() < .05:\n    self.position.close() if self.position else self.buy()",
    ),
    "the global random generator": strategy(
        top="import random",
        next="if random.random() < .05:\n    self.position.close() if self.position else self.buy()",
    ),
    "closing on the last bar": strategy(
        "self.last = len(self.data.Close)",
        "if len(self.data) == self.last:\n    self.position.close()\nelif not self.position:\n    self.buy()",
    ),
    "weekly values, shifted by resample_apply": strategy(
        top="from backtesting.lib import resample_apply",
        init="self.w = resample_apply('W-FRI', sma, self.data.Close, 4)",
        next="if self.data.Close[-1] > self.w[-1]:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    ),
    "a tutorial's import that is not used": strategy(
        top="from backtesting.test import GOOG, SMA",
        init="self.m = self.I(SMA, self.data.Close, 30)",
        next="if self.data.Close[-1] > self.m[-1]:\n    self.position or self.buy()\nelse:\n    self.position.close()",
    )
    + "\n\nif __name__ == '__main__':\n    from backtesting import Backtest\n    print(Backtest(GOOG, Tested).run())\n",
    "state in its own private attributes": strategy(
        "self._highest = 0.0\nself._equity = []",
        """
        self._highest = max(self._highest, self.data.High[-1])
        self._equity.append(self.equity)
        if self.data.Close[-1] < self._highest * .9:
            self.position or self.buy()
        elif self._equity[-1] > 11_000:
            self.position.close()
        """,
    ),
}


class TestLookAhead:
    @pytest.mark.parametrize("cheat", CHEATS)
    def test_is_found_in(self, cheat: str, run: Run) -> None:
        result = run(CHEATS[cheat])

        assert result.verified is False, result.metrics
        assert any(notice.message for notice in result.warnings)

    @pytest.mark.parametrize("honest", HONEST)
    def test_is_not_claimed_of(self, honest: str, run: Run) -> None:
        result = run(HONEST[honest])

        assert result.verified is True, [notice.as_dict() for notice in result.warnings]
        assert {notice.code for notice in result.warnings} <= HARMLESS | {"no_trades"}

    def test_names_the_order_and_its_date(self, run: Run) -> None:
        result = run(CHEATS["a shifted close"])

        (notice,) = [n for n in result.warnings if n.code == "look_ahead"]
        assert notice.details["date"][:10] in notice.message
        assert notice.details["order"] in notice.message

    def test_tells_chance_from_foresight(self, run: Run) -> None:
        chance = strategy(
            "self.random = np.random.default_rng()",
            "if self.random.random() < .2:\n    self.position.close() if self.position else self.buy()",
        )

        result = run(chance)

        assert result.verified is False
        assert "non_deterministic" in [notice.code for notice in result.warnings]
