"""Rules about the source say what truncation may not show, and are silent about honest strategies."""

import pytest

from backtest_engine.diagnostics import Finding
from backtest_engine.diagnostics.diagnosis import diagnose

FRAME = """
import gc, sys, inspect, re
import numpy as np
import pandas as pd
import backtesting.test
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA, GOOG

class S(Strategy):
    def init(self):
{init}

    def next(self):
{next}
"""


def code_of(init: str, next: str) -> str:
    def indent(text: str) -> str:
        return "\n".join("        " + line for line in text.splitlines())

    return FRAME.format(init=indent(init or "pass"), next=indent(next or "pass"))


DOUBTED = {
    "a data set": ("self.all = GOOG", "", "other_data"),
    "a data set by its module": ("self.all = backtesting.test.EURUSD", "", "other_data"),
    "a list": (
        "self.x = [self.I(SMA, self.data.Close, n) for n in (5, 9)]",
        "self.x[0][-1]",
        "indicators_in_container",
    ),
    "a dict": ("self.x = {'a': self.I(SMA, self.data.Close, 5)}", "self.x['a'][-2]", "indicators_in_container"),
    "a dict that is filled": (
        "self.x = {}\nfor n in (5, 9):\n    self.x[n] = self.I(SMA, self.data.Close, n)",
        "crossover(self.x[5], self.x[9])",
        "indicators_in_container",
    ),
    "a list that is filled": (
        "self.x = []\na = self.I(SMA, self.data.Close, 5)\nself.x.append(a)",
        "for a in self.x:\n    a[-1] > 0",
        "indicators_in_container",
    ),
    "a list of attributes": (
        "self.a = self.I(SMA, self.data.Close, 5)\nself.x = [self.a, self.a]",
        "a, b = self.x\na > b",
        "indicators_in_container",
    ),
    "a comprehension over a dict": (
        "self.x = dict(a=self.I(SMA, self.data.Close, 5))",
        "all(v[-1] > k for k, v in self.x.items())",
        "indicators_in_container",
    ),
    "a column that is kept": ("self.c = self.data.Close", "self.c[-1]", "unregistered_indicator"),
    "a series without self.I": (
        "close = pd.Series(self.data.Close)\nself.m = close.rolling(5).mean()",
        "self.m.iloc[-1]",
        "unregistered_indicator",
    ),
    "two series that cross": (
        "c = self.data.Close.s\nself.a = c.rolling(5).mean()\nself.b = c.rolling(9).mean()",
        "crossover(self.a, self.b)",
        "unregistered_indicator",
    ),
    "the array behind": ("", "self.data.Close.base[5]", "base_array"),
    "a private frame": ("", "self.data._Data__df", "private_attribute"),
    "a private frame by name": ("", "getattr(self.data, '_Data__df')", "private_attribute"),
    "the account": ("", "self._broker._cash = 1e9", "edits_broker"),
    "all objects": ("", "gc.get_objects()", "introspection"),
    "frames": ("", "sys._getframe().f_back.f_locals", "introspection"),
    "inspect": ("", "inspect.stack()", "introspection"),
    "subclasses": ("", "().__class__.__base__.__subclasses__()", "obfuscated_code"),
    "ctypes": ("import ctypes", "", "introspection"),
    "exec": ("exec('x = 1')", "", "obfuscated_code"),
    "imports by name": ("__import__('o' + 's')", "", "obfuscated_code"),
    "prices": ("self.data.df['Close'] = 1", "", "edits_data"),
    "prices in place": ("", "self.data.Close[-1] = 5", "edits_data"),
}
HONEST = {
    "plain indicators": (
        "self.a = self.I(SMA, self.data.Close, 5)\nself.b = self.I(SMA, self.data.Close, 9)",
        "if crossover(self.a, self.b) and self.a[-1] > self.data.Close[-2]:\n    self.buy()",
    ),
    "several outputs": (
        "self.bands = self.I(lambda c: (c, c), self.data.Close)\nself.up, self.low = self.bands",
        "self.bands[0][-1] > self.up[-1]",
    ),
    "a list read at the current bar": (
        "self.x = [self.I(SMA, self.data.Close, n) for n in (5, 9)]",
        "i = len(self.data) - 1\nself.x[0][i] > self.x[1][i]",
    ),
    "a list made on each bar": (
        "self.a = self.I(SMA, self.data.Close, 5)",
        "self.x = [self.a, self.data.Close]\nself.x[0][-1] > self.x[1][-1]",
    ),
    "a list of numbers": (
        "self.levels = [1, 2, 3]\nself.seen = []",
        "self.seen.append(1)\nself.seen[-1] + self.levels[-1]",
    ),
    "the last trade and order": ("", "self.trades[-1].sl\nself.orders[-1].cancel()\nself.closed_trades[-1].pl"),
    "a column read on each bar": (
        "",
        "close = self.data.Close\nclose[-1] > close[-2]\nself.close = close\nself.close[-1]",
    ),
    "a series for an indicator": (
        "close = pd.Series(self.data.Close)\nself.m = self.I(lambda: close.rolling(5).mean())",
        "self.m[-1]",
    ),
    "a series computed on each bar": ("", "s = pd.Series(self.data.Close)\ns.rolling(5).mean().iloc[-1]"),
    "a scalar of the data": ("self.first = self.data.Close[0]\nself.n = len(self.data.Close)", "self.first > self.n"),
    "collecting garbage and patterns": ("gc.collect()\nre.compile('x')", ""),
    "its own private names": (
        "self._equity = []\nself._indicators = 1",
        "self._equity.append(self.equity)\nself._equity[-1]",
    ),
    "reading the account": ("", "self._broker.margin_available"),
    "assigning to itself": ("self.Close = 5\nself.df = pd.DataFrame()", "self.Close = 6\nself.df['Close'] = 1"),
    "a new column of the data": ("self.data.df['Signal'] = 1", ""),
    "a short table": (f"self.table = {list(range(60))}", ""),
}


def doubts(code: str) -> tuple[Finding, ...]:
    """Return what takes the belief in code away that ran."""
    return diagnose(code, ran=True).blocking


class TestDoubts:
    @pytest.mark.parametrize("case", DOUBTED)
    def test_name_the_doubt_and_its_line(self, case: str) -> None:
        init, next_, expected = DOUBTED[case]

        findings = doubts(code_of(init, next_))

        assert expected in {finding.code for finding in findings}
        assert all(finding.line for finding in findings)

    @pytest.mark.parametrize("case", HONEST)
    def test_are_silent_about(self, case: str) -> None:
        assert doubts(code_of(*HONEST[case])) == ()

    def test_do_not_mind_what_only_runs_as_a_script(self) -> None:
        code = code_of("", "") + "\nif __name__ == '__main__':\n    print(GOOG.Close)\n"

        assert doubts(code) == ()

    @pytest.mark.parametrize("code", ["def f(:", "\x00", "\ud800", "", "x" + ".a" * 3000])
    def test_of_something_else_do_not_fail(self, code: str) -> None:
        doubts(code)
