"""What a condition says on each bar, before anything is traded on it."""

import numpy as np
import pandas as pd
import pytest
from backtesting.test import GOOG

from backtest_engine.language import parse
from backtest_engine.spec import Comparison, Indicator, Number, PositionValue, Price
from backtest_engine.spec.evaluate import holds, readings, series

BARS = GOOG.iloc[:600]


def entry(description: str) -> np.ndarray:
    spec = parse(f"buy when {description}, sell when RSI(14) > 70").spec
    assert spec.long is not None
    return holds(spec.long.entry, BARS)


class TestReadings:
    def test_give_the_values_that_were_compared(self) -> None:
        spec = parse("Buy when RSI(14) < 10, sell when RSI(14) > 90.").spec

        (low, high) = readings(spec, GOOG)

        assert (low.rule, high.rule) == ("long.entry", "long.exit")
        assert not low.held.any()
        assert low.left is not None
        assert np.nanmin(low.left) == pytest.approx(21.3, abs=0.1)
        assert GOOG.index[np.nanargmin(low.left)] == pd.Timestamp("2008-03-10")

    def test_take_joined_conditions_apart(self) -> None:
        spec = parse("Buy when RSI(14) < 30 and (close > SMA(50) or it is Monday), sell when RSI(14) > 70.").spec

        assert len([one for one in readings(spec, BARS) if one.rule == "long.entry"]) == 3

    def test_leave_out_what_only_an_open_position_knows(self) -> None:
        spec = parse("Buy when RSI(14) < 30, sell when the close is below the entry price.").spec

        assert [one.rule for one in readings(spec, BARS)] == ["long.entry"]


class TestHolds:
    def test_is_false_before_an_indicator_is_known(self) -> None:
        assert not entry("close > SMA(50)")[:49].any()

    def test_sees_a_cross_on_its_bar_only(self) -> None:
        above, crossed = entry("close > SMA(20)"), entry("close crosses above SMA(20)")

        expected = above & ~np.r_[False, above[:-1]]
        expected[:20] = False
        assert (crossed == expected).all()

    def test_counts_streaks(self) -> None:
        lower = np.r_[False, np.diff(BARS.Close) < 0]

        expected = lower & np.r_[False, lower[:-1]] & np.r_[False, False, lower[:-2]]
        assert (entry("the close is below the close 1 bar ago for 3 bars in a row") == expected).all()

    def test_looks_back_over_a_window(self) -> None:
        held = entry("it is Monday")
        recent = entry("(it is Monday) within the last 2 bars")

        assert (recent == (held | np.r_[False, held[:-1]])).all()

    def test_finds_the_first_bar_on_or_after_a_day_of_the_month(self) -> None:
        days = BARS.index[entry("it is day 15 of the month or the next trading day")]

        assert (days.day >= 15).all()
        assert days.to_period("M").is_unique

    def test_numbers_trading_days_only_where_the_month_began_in_the_data(self) -> None:
        days = BARS.index[entry("it is trading day 1 of the month")]

        assert days[0] == pd.Timestamp("2004-09-01")

    def test_sees_completed_weeks_only(self) -> None:
        weekly = series(Price(timeframe="week"), BARS)
        changes = BARS.index[1:][np.diff(weekly) != 0]

        assert np.isnan(weekly[:2]).all()
        assert (changes[2:].to_series().diff().dropna() >= pd.Timedelta(days=3)).all()

    def test_refuses_a_condition_on_an_open_position(self) -> None:
        condition = Comparison(left=Price(), relation="<", right=PositionValue(measure="entry_price"))

        with pytest.raises(ValueError, match="only while a position is open"):
            holds(condition, BARS)


class TestSeries:
    def test_shifts_by_bars(self) -> None:
        now = series(Indicator(name="sma", parameters={"period": 5}), BARS)
        earlier = series(Indicator(name="sma", parameters={"period": 5}, shift=3), BARS)

        np.testing.assert_array_equal(earlier[3:], now[:-3])

    def test_repeats_a_number(self) -> None:
        assert (series(Number(value=7), BARS) == 7).all()
