"""The last trading day is the last one on which the market opens, as far as that is known on the day."""

import numpy as np
import pandas as pd
import pytest
from backtesting.test import GOOG

from backtest_engine.indicators import trading_days_left
from backtest_engine.spec import TradingDay
from backtest_engine.spec.evaluate import holds

EXCHANGE = pd.DatetimeIndex(
    [day for day in pd.bdate_range("2010-05-03", "2010-07-02") if day != pd.Timestamp("2010-05-31")]
)


def last_days(index: pd.DatetimeIndex, period: str = "M", ordinal: int = 1) -> list[str]:
    return [str(day.date()) for day in index[trading_days_left(index, period) == ordinal]]


class TestTradingDaysLeft:
    def test_end_before_a_holiday(self) -> None:
        # Memorial Day was on the last weekday of May 2010.
        assert last_days(EXCHANGE) == ["2010-05-28", "2010-06-30"]
        assert last_days(EXCHANGE, ordinal=2)[:1] == ["2010-05-27"]

    def test_end_on_a_holiday_of_others(self) -> None:
        # Currencies trade on Good Friday and on Memorial Day.
        index = pd.bdate_range("2010-03-29", "2010-06-30")

        assert last_days(index) == ["2010-03-31", "2010-04-30", "2010-05-31", "2010-06-30"]

    def test_end_on_any_day_where_all_days_trade(self) -> None:
        index = pd.date_range("2021-01-01", "2021-02-28")

        assert last_days(index) == ["2021-01-31", "2021-02-28"]

    def test_end_on_thursday_before_good_friday(self) -> None:
        index = pd.DatetimeIndex(
            [day for day in pd.bdate_range("2024-03-04", "2024-04-12") if day != pd.Timestamp("2024-03-29")]
        )

        assert last_days(index, "W")[3:5] == ["2024-03-28", "2024-04-05"]
        assert last_days(index) == ["2024-03-28"]

    def test_are_those_of_ten_years_of_an_exchange(self) -> None:
        months = pd.Series(GOOG.index, GOOG.index).groupby(GOOG.index.to_period("M")).max()

        assert last_days(GOOG.index) == [str(day.date()) for day in months][:-1]

    @pytest.mark.parametrize("count", [1, 20, 41, 60])
    def test_do_not_look_ahead(self, count: int) -> None:
        index = pd.date_range("2021-12-01", periods=90)

        np.testing.assert_array_equal(trading_days_left(index, "M")[:count], trading_days_left(index[:count], "M"))

    def test_are_what_a_condition_counts(self) -> None:
        frame = pd.DataFrame({"Close": 1.0}, index=EXCHANGE)

        found = frame.index[holds(TradingDay(period="month", ordinal=-1), frame)]

        assert [str(day.date()) for day in found] == ["2010-05-28", "2010-06-30"]
