"""Conditions that count, follow each other, or look at the colour of a candle."""

import numpy as np
import pytest
from pydantic import ValidationError

from backtest_engine.language import explain
from backtest_engine.language.explain import condition as told
from backtest_engine.spec import Comparison, Indicator, Often, Side, StrategySpec, Then, UnitSize
from backtest_engine.spec.evaluate import holds
from tests.unit.test_compiled_rules import bars, close_is, flat, trades

PRICES = (1, 9, 1, 9, 9, 1, 1, 1, 1, 5, 1, 1)


def long(entry: object) -> StrategySpec:
    return StrategySpec(long=Side(entry=entry, max_bars=1), sizing=UnitSize(units=1))


def entered(entry: object) -> list[int]:
    """Return the bars whose close led to a trade."""
    return [entry_bar - 1 for _, entry_bar, _ in trades(long(entry), flat(*PRICES))]


class TestOften:
    rule = Often(condition=close_is(">", 8), times=2, bars=3)

    def test_counts_among_the_last_bars(self) -> None:
        assert np.flatnonzero(holds(self.rule, flat(*PRICES))).tolist() == [3, 4, 5]

    def test_is_traded(self) -> None:
        assert entered(self.rule)[0] == 3

    def test_cannot_hold_more_often_than_there_are_bars(self) -> None:
        with pytest.raises(ValidationError, match="cannot hold on 4 of 3 bars"):
            Often(condition=close_is(">", 8), times=4, bars=3)

    def test_is_told(self) -> None:
        assert told(self.rule) == "(the close is above 8) on 2 of the last 3 bars"


class TestThen:
    rule = Then(first=close_is("==", 9), then=close_is("==", 5), bars=5)

    def test_follows_within_its_bars(self) -> None:
        frame = flat(*PRICES)

        assert np.flatnonzero(holds(self.rule, frame)).tolist() == [9]
        assert not holds(self.rule.model_copy(update={"bars": 4}), frame).any()

    def test_does_not_count_the_bar_itself(self) -> None:
        both = Then(first=close_is(">", 4), then=close_is("==", 5), bars=2)

        assert not holds(both, flat(*PRICES)).any()

    def test_is_traded(self) -> None:
        assert entered(self.rule) == [9]

    def test_is_told(self) -> None:
        assert told(self.rule) == "first (the close is equal to 9), then within 5 bars (the close is equal to 5)"


class TestHeikinAshi:
    def colour(self, relation: str, shift: int = 0) -> Comparison:
        close, opened = (Indicator(name="heikin_ashi", output=output, shift=shift) for output in ("close", "open"))
        return Comparison(left=close, relation=relation, right=opened)

    def test_candles_have_colours(self) -> None:
        frame = bars([(10, 12, 8, 10), (10, 14, 10, 14), (14, 14, 6, 6)])

        # Its closes are 10, 12 and 10, its opens 10, 10 and 11.
        assert holds(self.colour(">"), frame).tolist() == [False, True, False]
        assert holds(self.colour("<"), frame).tolist() == [False, False, True]

    def test_colours_are_told(self) -> None:
        assert told(self.colour(">")) == "the Heikin Ashi candle is green"
        assert told(self.colour("<", 1)) == "the Heikin Ashi candle 1 bar ago is red"
        assert "the Heikin Ashi candle is red" in explain(long(self.colour("<")))
