"""Worked examples for the instructions: a description and the whole answer. Tests run every one of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Example = tuple[Mapping[str, str], Mapping[str, Any]]

SPEC_EXAMPLES: Sequence[Example] = (
    (
        {
            "description": "go long when the 10 day ema crosses over the 30 day ema and rsi is above 50, "
            "get out below a 4% stop"
        },
        {
            "verdict": "spec",
            "name": "EMA cross with RSI filter",
            "spec": {
                "long": {
                    "entry": {
                        "kind": "all",
                        "conditions": [
                            {
                                "kind": "cross",
                                "left": {"kind": "indicator", "name": "ema", "parameters": {"period": 10}},
                                "direction": "above",
                                "right": {"kind": "indicator", "name": "ema", "parameters": {"period": 30}},
                            },
                            {
                                "kind": "compare",
                                "left": {"kind": "indicator", "name": "rsi", "parameters": {"period": 14}},
                                "relation": ">",
                                "right": {"kind": "number", "value": 50},
                            },
                        ],
                    },
                    "stop_loss": {"kind": "percent", "percent": 4},
                }
            },
            "assumptions": ["The RSI period was not stated: 14 bars.", "The size was not stated: the whole equity."],
            "questions": [],
            "reason": "",
        },
    ),
    (
        {"description": "buy when it gets cheap and sell when it has run up enough"},
        {
            "verdict": "question",
            "name": "",
            "spec": None,
            "assumptions": [],
            "questions": [
                "What makes the price cheap: which indicator, and below which value?",
                "How far must the price have run up before selling?",
            ],
            "reason": "",
        },
    ),
)

_SCALING_OUT = """from backtesting import Strategy

from backtest_engine.indicators import sma


class PullbackInThirds(Strategy):
    trend_period = 100
    stop_percent = 8
    first_target_percent = 5
    second_target_percent = 10
    invested_percent = 98

    def init(self):
        self.trend = self.I(sma, self.data.Close, period=self.trend_period)

    def next(self):
        if len(self.data) < 2:
            return
        close, before = self.data.Close[-1], self.data.Close[-2]
        for trade in self.trades:
            gain = (close / trade.entry_price - 1) * 100
            target = {1: self.first_target_percent, 2: self.second_target_percent}.get(trade.tag)
            if target is not None and gain >= target:
                trade.close()
        if close < self.trend[-1]:
            self.position.close()
        elif not self.position and close < before:
            stop = close * (1 - self.stop_percent / 100)
            # In units, since a fraction is taken of what the part before has left.
            units = int(self.equity * self.invested_percent / 100 / 3 / close)
            for part in (1, 2, 3):
                if units:
                    self.buy(size=units, sl=stop, tag=part)
"""

_STREAK_SIZE = '''import numpy as np
from backtesting import Strategy


def falling_streak(closes):
    """How many bars in a row closed lower, ending with each bar."""
    streak = np.zeros(len(closes))
    for bar in range(1, len(closes)):
        streak[bar] = streak[bar - 1] + 1 if closes[bar] < closes[bar - 1] else 0
    return streak


class BuyDeeperStreaks(Strategy):
    first_streak = 3
    fraction_per_bar = 0.2
    largest_fraction = 0.9

    def init(self):
        self.streak = self.I(falling_streak, self.data.Close)

    def next(self):
        if not self.position and self.streak[-1] >= self.first_streak:
            self.buy(size=min(self.largest_fraction, self.fraction_per_bar * self.streak[-1]))
        elif self.position and self.streak[-1] == 0:
            self.position.close()
'''

CODE_EXAMPLES: Sequence[Example] = (
    (
        {
            "description": "above the 100 day sma buy any down day in three equal parts with an 8% stop. "
            "sell one part at +5%, one at +10%, the rest when we close under the sma",
            "beyond": "closing a part of a position",
        },
        {
            "verdict": "code",
            "name": "Pullback in thirds",
            "code": _SCALING_OUT,
            "explanation": "Above its 100 bar average, buys three thirds on a lower close, sells one at "
            "5 % and one at 10 %, the rest when the close falls below the average; stop 8 % below the signal.",
            "assumptions": [
                "Gains are measured on closes, since the description does not say otherwise.",
                "The parts take 98 % of the equity together, to leave room for commission.",
            ],
            "questions": [],
            "reason": "",
        },
    ),
    (
        {
            "description": "after 3 or more lower closes in a row buy 20% of equity for each of them, 90% at most. "
            "out on the first higher close",
            "beyond": "a size that depends on a streak",
        },
        {
            "verdict": "code",
            "name": "Buy deeper streaks",
            "code": _STREAK_SIZE,
            "explanation": "After three or more lower closes buys a fifth of the equity for each, and sells on the "
            "first close that is not lower.",
            "assumptions": ["An unchanged close ends the streak and the position."],
            "questions": [],
            "reason": "",
        },
    ),
)


def shown(examples: Sequence[Example]) -> str:
    """Return examples as a model reads them."""
    return "\n\n".join(f"User: {json.dumps(asked)}\nAnswer: {json.dumps(answer)}" for asked, answer in examples)
