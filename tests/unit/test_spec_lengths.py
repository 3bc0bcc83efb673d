"""Lengths said in days or hours are days and hours on whatever bars the strategy runs."""

from typing import Any

import pandas as pd
import pytest

from backtest_engine.language import explain
from backtest_engine.spec import (
    AtrDistance,
    Comparison,
    Condition,
    CoolDown,
    Indicator,
    Number,
    Price,
    Side,
    StrategySpec,
    Streak,
    Within,
)
from backtest_engine.spec.evaluate import series
from backtest_engine.spec.lengths import fit
from tests.unit.drawn_specs import sessions, walk

DAILY = pd.bdate_range("2021-01-04", periods=60)
COINS = pd.date_range("2021-01-04", periods=600, freq="h")
SESSIONS = sessions("2021-01-04", 60)
AVERAGE = Indicator(name="sma", parameters={"period": 50}, unit="day")


def long(entry: Condition, **fields: Any) -> StrategySpec:
    return StrategySpec(long=Side(entry=entry, **fields))


def above(value: Any) -> Comparison:
    return Comparison(left=Price(), relation=">", right=value)


def fitted(spec: StrategySpec, index: pd.DatetimeIndex) -> tuple[Side, list[str]]:
    made, notices = fit(spec, index)
    assert made.long is not None
    assert {notice.code for notice in notices} <= {"interval_mismatch"}
    return made.long, [notice.message for notice in notices]


class TestAverages:
    def test_of_days_are_of_bars_that_are_days(self) -> None:
        side, said = fitted(long(above(AVERAGE), max_bars=1), DAILY)

        assert side.entry == above(Indicator(name="sma", parameters={"period": 50}))
        assert said == []

    @pytest.mark.parametrize("index", [COINS, SESSIONS])
    def test_of_days_are_of_completed_days_on_hours(self, index: pd.DatetimeIndex) -> None:
        side, said = fitted(long(above(AVERAGE), max_bars=1), index)

        assert side.entry == above(Indicator(name="sma", parameters={"period": 50}, timeframe="day"))
        assert said == []

    def test_of_minutes_are_counted_in_bars(self) -> None:
        index = pd.date_range("2021-01-04", periods=100, freq="5min")
        side, said = fitted(long(above(AVERAGE.model_copy(update={"unit": "minute"})), max_bars=1), index)

        assert side.entry == above(Indicator(name="sma", parameters={"period": 10}))
        assert said == []

    def test_of_hours_on_days_are_said_to_be_none(self) -> None:
        _, said = fitted(long(above(AVERAGE.model_copy(update={"unit": "hour"})), max_bars=1), DAILY)

        assert said == ["50 hours cannot be counted exactly in these bars; 2 bars are taken."]

    def test_keep_their_factors(self) -> None:
        bands = Indicator(name="bollinger", parameters={"period": 60, "deviations": 2.0}, output="upper", unit="minute")
        side, _ = fitted(long(above(bands), max_bars=1), pd.date_range("2021-01-04", periods=100, freq="30min"))

        assert side.entry.right.parameters == {"period": 2, "deviations": 2.0}  # type: ignore[union-attr]


class TestTimeframes:
    def test_of_the_bars_themselves_are_the_bars(self) -> None:
        bars = walk(1, DAILY)
        side, said = fitted(long(above(Price(field="high", timeframe="day", shift=1)), max_bars=1), DAILY)

        assert said == []
        assert series(side.entry.right, bars)[5] == bars.High.iloc[4]  # type: ignore[union-attr]

    def test_shorter_than_the_bars_are_said(self) -> None:
        _, said = fitted(long(above(Price(field="high", timeframe="hour")), max_bars=1), DAILY)

        assert said == ["A value of hour bars was asked for, which are shorter than the bars of the data."]


class TestCounts:
    def test_of_days_are_exact_where_a_market_never_closes(self) -> None:
        side, said = fitted(long(Streak(condition=above(Number(value=1)), bars=2, unit="day"), max_bars=3), COINS)

        assert side.entry.bars == 48  # type: ignore[union-attr]
        assert (side.max_bars, said) == (3, [])

    def test_of_days_are_said_to_be_rough_where_it_does(self) -> None:
        side, said = fitted(long(above(Number(value=1)), max_bars=10, max_bars_unit="day"), SESSIONS)

        assert (side.max_bars, side.max_bars_unit) == (70, None)
        assert said == ["10 days cannot be counted exactly in these bars; 70 bars are taken."]

    def test_of_weeks_have_five_days(self) -> None:
        side, said = fitted(long(Within(condition=above(Number(value=1)), bars=2, unit="week"), max_bars=3), DAILY)

        assert side.entry.bars == 10  # type: ignore[union-attr]
        assert said == ["2 weeks cannot be counted exactly in these bars; 10 bars are taken."]

    def test_price_some_days_ago_is_of_a_day_that_ended(self) -> None:
        bars = walk(3, COINS)
        side, _ = fitted(long(above(Price(shift=2, unit="day")), max_bars=3), COINS)

        # On the third day, two days ago is the first: its last hour is 23.
        assert series(side.entry.right, bars)[50] == bars.Close.iloc[23]  # type: ignore[union-attr]

    def test_are_told_in_their_unit(self) -> None:
        spec = long(
            Within(condition=above(AVERAGE), bars=3, unit="week"),
            max_bars=10,
            max_bars_unit="day",
            stop_loss=AtrDistance(multiple=2, period=14, unit="day"),
        ).model_copy(update={"cool_down": CoolDown(bars=4, unit="hour")})

        told = explain(spec)

        for words in ("SMA(50 days)", "within the last 3 weeks", "hold for 10 days", "2 ATR(14 days)", "wait 4 hours"):
            assert words in told

    def test_leave_nothing_in_a_unit(self) -> None:
        spec = long(Within(condition=above(AVERAGE), bars=3, unit="week"), max_bars=10, max_bars_unit="day")

        made, _ = fit(spec, SESSIONS)

        assert '"unit":"' not in made.model_dump_json()
        assert fit(made, SESSIONS) == (made, ())
