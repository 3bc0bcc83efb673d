"""What compiled rules do on a handful of bars, worked out by hand."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from backtesting import Backtest, backtesting
from pydantic import ValidationError

from backtest_engine.compiler import compile_spec
from backtest_engine.language import explain
from backtest_engine.spec import (
    Ago,
    All,
    Always,
    AnyOf,
    Arithmetic,
    AtrDistance,
    BreakEven,
    Comparison,
    Condition,
    FractionSize,
    Indicator,
    KellySize,
    Level,
    LimitOrder,
    MonthDay,
    Not,
    Number,
    OnWeekday,
    Operand,
    PartialExit,
    PercentDistance,
    PositionValue,
    Price,
    PriceDistance,
    RiskDistance,
    RiskSize,
    ScaleIn,
    Side,
    StopOrder,
    StrategySpec,
    Streak,
    TrailingStop,
    UnitSize,
    VolatilitySize,
)
from backtest_engine.spec.account import Account
from backtest_engine.spec.decisions import Decisions, kelly
from backtest_engine.spec.evaluate import holds, series
from tests.score.running import strategy_class


def flat(*prices: float, start: str = "2024-01-01", freq: str = "D") -> pd.DataFrame:
    """Bars that open, trade and close at one price."""
    return bars([(price, price, price, price) for price in prices], start=start, freq=freq)


def bars(rows: list[tuple[float, float, float, float]], *, start: str = "2024-01-01", freq: str = "D") -> pd.DataFrame:
    """Bars of open, high, low and close; 2024-01-01 is a Monday."""
    frame = pd.DataFrame(rows, columns=["Open", "High", "Low", "Close"], dtype=float)
    frame["Volume"] = 1_000.0
    return frame.set_index(pd.date_range(start, periods=len(rows), freq=freq))


def run(spec: StrategySpec, frame: pd.DataFrame, **broker: Any) -> Any:
    backtesting._tqdm = lambda bars, **_: bars
    settings = {"cash": 10_000, "commission": 0.0, "finalize_trades": True, **broker}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Backtest(frame, strategy_class(compile_spec(spec, name="Hand")), **settings).run()


def trades(spec: StrategySpec, frame: pd.DataFrame, **broker: Any) -> list[tuple[int, int, int]]:
    """Return the size, the bar of entry and the bar of exit of each trade, in order of entry."""
    table = run(spec, frame, **broker)["_trades"].sort_values("EntryBar", kind="stable")
    return [(int(t.Size), int(t.EntryBar), int(t.ExitBar)) for t in table.itertuples()]


def close_is(relation: str, value: float) -> Comparison:
    return Comparison(left=Price(), relation=relation, right=Number(value=value))


def long(entry: Condition, **fields: Any) -> StrategySpec:
    account = {name: fields.pop(name) for name in ("max_entries", "sizing") if name in fields}
    return StrategySpec(long=Side(entry=entry, **fields), **{"sizing": UnitSize(units=1), **account})


def declared(operand: Operand, frame: pd.DataFrame) -> list[float]:
    """Return an operand on every bar, as the compiled code sees it; the plain reading has to see the same."""
    spec = long(Comparison(left=operand, relation=">", right=Number(value=1e9)), max_bars=1)
    code = compile_spec(spec, name="Hand")
    attribute = (
        [line for line in code.splitlines() if "self.I(" in line][-1].split(" = ")[0].strip().removeprefix("self.")
    )
    strategy = strategy_class(code)
    seen: list[Any] = []
    strategy.next = lambda self: seen.append(np.asarray(getattr(self, attribute)))  # type: ignore[method-assign]
    Backtest(frame, strategy, cash=10_000).run()
    np.testing.assert_allclose(seen[-1], series(operand, frame))
    return [None if np.isnan(value) else round(float(value), 6) for value in seen[-1]]


class TestConditions:
    def test_measure_profit_in_percent(self) -> None:
        profit = Comparison(left=PositionValue(measure="profit_percent"), relation=">", right=Number(value=5))

        # Bought at the open of bar 2; 1 %, 3 %, then 6 % ahead at the close of bar 5.
        found = trades(long(Always(), exit=profit), flat(100, 100, 100, 101, 103, 106, 107, 107))

        assert found[0] == (1, 2, 6)

    def test_keep_either_of_two_together_some_bars_ago(self) -> None:
        either = AnyOf(conditions=(OnWeekday(days=("monday",)), OnWeekday(days=("tuesday",))))

        # Decided on Tuesday for Monday; on Wednesday the position is open, and Tuesday does not open another.
        found = trades(long(Ago(condition=either, bars=1), max_bars=10), flat(*[100] * 6))

        assert found == [(1, 2, 5)]

    def test_keep_either_of_two_together_beside_another(self) -> None:
        either = Ago(condition=AnyOf(conditions=(close_is(">", 104), close_is("<", 101))), bars=1)
        entry = All(conditions=(either, close_is(">", 102)))

        # Bar 3 is the first above 102 after a bar below 101; 105 on bar 5 counts on bar 6, where 101 is too low.
        found = trades(long(entry, max_bars=1), flat(102, 102, 100, 103, 103, 105, 101, 101, 101))

        assert found == [(1, 4, 6)]

    def test_see_a_day_of_the_month_a_year_later(self) -> None:
        frame = flat(*[100] * 4, start="2020-01-31", freq="365D")

        assert holds(MonthDay(day=15), frame).tolist() == [True, True, True, True]
        assert trades(long(MonthDay(day=15), max_bars=1), frame)[0][1] == 2

    def test_speak_of_bars_that_exist(self) -> None:
        # On bar 2 there is no bar three before.
        found = trades(long(Ago(condition=Always(), bars=3), max_bars=10), flat(*[100] * 8))

        assert found[0][1] == 4

    def test_repeat_as_deep_as_they_are_said(self) -> None:
        condition: Condition = close_is(">", 99)
        for _ in range(7):
            condition = Streak(condition=condition, bars=2)

        assert trades(long(condition, max_bars=10), flat(*[100] * 12))[0][1] == 8


class TestSeries:
    def test_of_a_source_that_is_shifted(self) -> None:
        average = Indicator(name="sma", parameters={"period": 2}, source=Price(shift=1))

        assert declared(average, flat(1, 2, 3, 4, 5)) == [None, None, 1.5, 2.5, 3.5]

    def test_of_an_indicator_that_is_shifted(self) -> None:
        inner = Indicator(name="sma", parameters={"period": 2}, shift=2)
        average = Indicator(name="sma", parameters={"period": 2}, source=inner)

        # The inner average is 1.5, 2.5, … from bar 1 on, and two bars later as a source.
        assert declared(average, flat(1, 2, 3, 4, 5, 6)) == [None, None, None, None, 2, 3]

    def test_of_an_indicator_that_is_read_shifted_and_as_a_source(self) -> None:
        inner = Indicator(name="sma", parameters={"period": 2}, shift=2)
        outer = Indicator(name="sma", parameters={"period": 2}, source=inner.model_copy(update={"shift": 0}))
        spec = long(Comparison(left=outer, relation=">", right=inner), max_bars=1)

        # On bar 3 the outer average is 3 and the inner one of bar 1 was 1.5.
        assert trades(spec, flat(1, 2, 3, 4, 5, 6, 7))[0][1] == 4

    def test_of_a_source_on_longer_bars(self) -> None:
        source = Price(timeframe="week")
        average = Indicator(name="sma", parameters={"period": 2}, source=source)

        # Weeks end with the closes 7 and 14.
        assert declared(average, flat(*range(1, 17))) == [None] * 8 + [7] * 6 + [10.5, 14]

    def test_of_a_shifted_sum_on_longer_bars(self) -> None:
        spread = Arithmetic(operator="-", left=Price(field="high"), right=Price(field="low", shift=1))
        average = Indicator(name="sma", parameters={"period": 2}, source=spread, timeframe="week")

        # Weekly highs are 7, 14, 21, 28, lows 1, 8, 15: 14 - 1 = 13 and 21 - 8 = 13.
        assert declared(average, flat(*range(1, 24))) == [None] * 21 + [13, 13]

    def test_of_an_indicator_of_an_indicator_on_longer_bars(self) -> None:
        inner = Indicator(name="sma", parameters={"period": 2})
        average = Indicator(name="sma", parameters={"period": 2}, source=inner, timeframe="week")

        # Weekly closes 7, 14, 21; their averages 10.5, 17.5; the average of these 14.
        assert declared(average, flat(*range(1, 24))) == [None] * 21 + [14, 14]

    def test_of_a_quotient_by_zero(self) -> None:
        move = Arithmetic(
            operator="/", left=Number(value=1), right=Arithmetic(operator="-", left=Price(), right=Price(shift=1))
        )
        average = Indicator(name="sma", parameters={"period": 2}, source=move)

        # The moves are 1, 0, 2, 4, 2: where nothing moved, there is no quotient, and the average starts again.
        assert declared(average, flat(1, 2, 2, 4, 8, 10)) == [None, None, None, None, 0.375, 0.375]

    @pytest.mark.parametrize(("field", "value"), [("hl2", 3.5), ("hlc3", 4.0), ("ohlc4", 3.75)])
    def test_of_a_blend_on_longer_bars(self, field: Any, value: float) -> None:
        rows = [(3, 6, 2, 4), (4, 5, 1, 5)] + [(5, 5, 5, 5)] * 6

        # The first week is of one bar and ends on Sunday: open 3, high 6, low 1, close 5 with the second.
        frame = bars(rows, start="2023-12-30")

        assert declared(Price(field=field, timeframe="week"), frame)[2:4] == [value, value]

    def test_refuses_a_source_that_is_no_series(self) -> None:
        with pytest.raises(ValidationError, match="of a number is not a series"):
            long(
                Comparison(
                    left=Indicator(name="sma", parameters={"period": 2}, source=Number(value=3)),
                    relation=">",
                    right=Number(value=1),
                ),
                max_bars=1,
            )

    def test_refuses_longer_bars_of_longer_bars(self) -> None:
        call = Indicator(name="sma", parameters={"period": 2}, source=Price(timeframe="day"), timeframe="week")

        with pytest.raises(ValidationError, match="takes no timeframe of its own"):
            long(Comparison(left=call, relation=">", right=Number(value=1)), max_bars=1)


class TestProtection:
    def test_measures_a_distance_by_the_range_of_the_signal_bar(self) -> None:
        range_before = Indicator(name="atr", parameters={"period": 1}, shift=2)
        entry = Comparison(left=range_before, relation="==", right=Number(value=1))
        rows = [(100, 100, 99, 100)] * 3 + [(100, 104, 96, 100)] + [(100, 100, 99, 100)] * 3

        # Bar 3 is the first that looks back on a range; its own is 8, so the stop is at 92 and is not hit.
        stats = run(long(entry, stop_loss=AtrDistance(multiple=1, period=1), max_bars=2), bars(rows))

        assert stats["_trades"].SL.iloc[0] == 92

    def test_moves_each_stop_by_the_risk_of_its_own_trade(self) -> None:
        spec = long(
            close_is(">=", 100),
            stop_loss=Level(at=Number(value=90)),
            break_even=BreakEven(after=RiskDistance(multiple=1)),
            max_bars=20,
            max_entries=2,
        )
        # Bought at 99 with 10 at risk and at 104 with 14; at 112 the first is 13 ahead, the second 8.
        stats = run(spec, flat(100, 100, 99, 104, 104, 112, 112))

        assert stats["_trades"].sort_values("EntryBar").SL.tolist() == [99, 90]

    def test_risks_a_share_of_the_equity_beside_open_trades(self) -> None:
        spec = long(
            close_is(">", 0),
            stop_loss=PercentDistance(percent=5),
            max_bars=20,
            max_entries=2,
            sizing=RiskSize(fraction=0.02),
        )

        # 2 % of 10,000 over 5 of a price of 100 are 40 units, for the second trade as well.
        assert [size for size, *_ in trades(spec, flat(*[100] * 6))] == [40, 40]


class TestSizes:
    def test_follow_a_volatility_target(self) -> None:
        prices = (100, 110, 99, 108.9, 98.01, 98.01, 98.01)
        sizing = VolatilitySize(target=0.05, period=2, bars_a_year=4)
        spec = long(close_is("==", 108.9), max_bars=9, sizing=sizing)

        # Returns of -10 % and +10 % deviate by 14.14 %, a year of four bars has 28.28 %: 17.68 % of 10,000 at 98.01.
        assert [size for size, *_ in trades(spec, flat(*prices))] == [18]

    def test_end_at_their_cap(self) -> None:
        sizing = VolatilitySize(target=5, period=2, bars_a_year=4, cap=0.3)
        spec = long(close_is("==", 108.9), max_bars=9, sizing=sizing)

        assert [size for size, *_ in trades(spec, flat(100, 110, 99, 108.9, 100, 100))] == [30]

    def test_are_none_where_nothing_moves(self) -> None:
        spec = long(Always(), max_bars=9, sizing=VolatilitySize(target=0.1, period=2))

        assert trades(spec, flat(*[100] * 8)) == []

    def test_follow_half_of_kelly(self) -> None:
        sizing = KellySize(multiple=0.5, cap=0.9, start=0.1, trades=2)
        spec = long(close_is("<", 200), max_bars=1, sizing=sizing)

        # Sold a bar after each purchase: +20 %, then -10 %. Half of 0.5 - 0.5 / 2 is an eighth of 10,080 at 100.
        found = trades(spec, flat(100, 100, 100, 120, 120, 100, 100, 100, 90, 90, 100, 100, 100, 100))

        assert [size for size, *_ in found][:1] == [10]
        run_sizes = Decisions(spec, flat(*[100] * 4)).on(2, Account(equity=10_000, closed_returns=(0.2, -0.1)))
        assert run_sizes.entry is not None
        assert run_sizes.entry.size == pytest.approx(0.125)

    @pytest.mark.parametrize(
        ("returns", "share"), [((0.1, 0.1), 0.3), ((-0.1, -0.2), 0), ((0.1, -0.3), 0), ((0.1,), 0.1)]
    )
    def test_of_kelly_have_limits(self, returns: tuple[float, ...], share: float) -> None:
        assert kelly(returns, KellySize(multiple=0.5, cap=0.3, start=0.1, trades=2)) == pytest.approx(share)

    def test_are_told(self) -> None:
        moved = VolatilitySize(target=0.15, cap=0.5)
        staked = KellySize(cap=0.25, start=0.05, trades=30)

        assert "Volatility target 15 % a year over 20 bars, 252 bars a year at most 50 % of equity" in explain(
            long(Always(), sizing=moved)
        )
        assert "0.5 times Kelly, at most 25 % of equity, 5 % for the first 30 trades" in explain(
            long(Always(), sizing=staked)
        )


class TestScalingIn:
    def adding(self, direction: Any, **fields: Any) -> StrategySpec:
        scale_in = ScaleIn(distance=PercentDistance(percent=5), direction=direction)
        side = Side(entry=close_is("==", 100), max_bars=20)
        return StrategySpec(long=side, sizing=UnitSize(units=1), scale_in=scale_in, **{"max_entries": 3, **fields})

    def test_adds_where_the_price_has_fallen_so_far_again(self) -> None:
        # Bought at 100 and, 5 % below it, at 94; 5 % below that is 89.3, which is passed at 89.
        frame = flat(100, 100, 100, 96, 94, 94, 90, 89, 89, 80, 80)

        assert [entry for _, entry, _ in trades(self.adding("against"), frame)] == [2, 5, 8]

    def test_adds_where_the_price_has_risen(self) -> None:
        frame = flat(100, 100, 100, 90, 105, 105, 105, 111, 111)

        assert [entry for _, entry, _ in trades(self.adding("with"), frame)] == [2, 5, 8]

    def test_adds_to_a_short_that_loses_where_the_price_has_risen(self) -> None:
        spec = self.adding("against")
        short = StrategySpec.model_validate({**spec.as_json(), "long": None, "short": spec.as_json()["long"]})

        assert [entry for _, entry, _ in trades(short, flat(100, 100, 100, 104, 105, 105, 105))] == [2, 5]

    def test_needs_room(self) -> None:
        with pytest.raises(ValidationError, match="needs more than one open entry"):
            self.adding("with", max_entries=1)

    def test_is_told(self) -> None:
        assert "up to 3 open entries; add every 5 % against the position" in explain(self.adding("against"))


class TestPartialExits:
    def test_close_half_at_one_risk_and_leave_the_rest(self) -> None:
        spec = long(
            close_is(">", 0),
            stop_loss=PriceDistance(amount=10),
            partial_exits=(PartialExit(portion=0.5, after=RiskDistance(multiple=1)),),
            max_bars=6,
            sizing=UnitSize(units=4),
        )

        # Bought at 100 on bar 2; 10 ahead at the close of bar 4, so half is sold at the open of bar 5, once.
        assert trades(spec, flat(100, 100, 100, 105, 110, 112, 115, 115, 115, 115))[:2] == [(2, 2, 5), (2, 2, 9)]

    def test_come_one_after_the_other(self) -> None:
        spec = long(
            close_is(">", 0),
            partial_exits=(
                PartialExit(portion=0.5, after=PercentDistance(percent=5)),
                PartialExit(portion=0.5, after=PercentDistance(percent=10)),
            ),
            max_bars=20,
            sizing=UnitSize(units=4),
        )

        # Both are reached on bar 3; they are taken on that bar and on the next.
        assert trades(spec, flat(100, 100, 100, 120, 120, 120, 120)) == [(2, 2, 4), (1, 2, 5), (1, 2, 6)]

    def test_are_for_shorts_too(self) -> None:
        side = Side(
            entry=close_is(">", 0),
            partial_exits=(PartialExit(portion=0.25, after=PriceDistance(amount=5)),),
            max_bars=20,
        )
        spec = StrategySpec(short=side, sizing=UnitSize(units=4))

        assert trades(spec, flat(100, 100, 100, 95, 95, 95)) == [(-1, 2, 4), (-3, 2, 5)]

    def test_lie_further_away_one_by_one(self) -> None:
        parts = tuple(PartialExit(portion=0.5, after=PercentDistance(percent=percent)) for percent in (5, 5))

        with pytest.raises(ValidationError, match="further away one after the other"):
            long(close_is(">", 0), partial_exits=parts, max_bars=3)

    def test_by_risk_need_a_stop(self) -> None:
        with pytest.raises(ValidationError, match="needs a stop loss"):
            long(
                close_is(">", 0), partial_exits=(PartialExit(portion=0.5, after=RiskDistance(multiple=1)),), max_bars=3
            )

    def test_are_told(self) -> None:
        parts = (PartialExit(portion=0.5, after=RiskDistance(multiple=1)),)
        trailing = TrailingStop(distance=PercentDistance(percent=2), begins=PercentDistance(percent=3))

        told = explain(
            long(close_is(">", 0), partial_exits=parts, stop_loss=PercentDistance(percent=5), trailing_stop=trailing)
        )

        assert "close 50 % at 1 times risk profit" in told
        assert "trailing stop 2 % from the highest close once 3 % ahead" in told


class TestTrailing:
    def test_begins_at_a_profit(self) -> None:
        trailing = TrailingStop(distance=PriceDistance(amount=2), begins=PriceDistance(amount=5))
        spec = long(close_is("==", 100), trailing_stop=trailing)

        # Nothing is sold at 97; from the close of 106 on the stop is at 104, and 103 is below it.
        assert trades(spec, flat(101, 100, 100, 97, 106, 105, 103, 103)) == [(1, 2, 6)]

    def test_begins_at_a_profit_and_is_looked_at_when_a_bar_closes(self) -> None:
        trailing = TrailingStop(distance=PriceDistance(amount=2), begins=PriceDistance(amount=5), trigger="close")
        spec = long(close_is("==", 100), trailing_stop=trailing)

        assert trades(spec, flat(101, 100, 100, 97, 106, 105, 103, 103)) == [(1, 2, 7)]


class TestWaitingOrders:
    def test_expire_by_the_patience_of_their_own_side(self) -> None:
        spec = StrategySpec(
            long=Side(entry=OnWeekday(days=("tuesday",)), order=LimitOrder(at=Number(value=95), bars=1), max_bars=1),
            short=Side(entry=OnWeekday(days=("friday",)), order=LimitOrder(at=Number(value=105), bars=3), max_bars=1),
            sizing=UnitSize(units=1),
        )
        # The long order of Tuesday is good for Wednesday only and sees 95 on Thursday; the short one of Friday fills
        # on Monday.
        rows = [(100, 100, 100, 100)] * 3 + [(100, 100, 90, 100)] + [(100, 100, 100, 100)] * 3
        rows += [(100, 110, 100, 100)] + [(100, 100, 100, 100)] * 3

        assert [(size, entry) for size, entry, _ in trades(spec, bars(rows))] == [(-1, 7)]

    def test_are_not_held_up_by_the_stop_of_an_open_trade(self) -> None:
        spec = long(
            close_is(">=", 100),
            order=StopOrder(at=Price(field="close"), bars=2),
            stop_loss=PercentDistance(percent=50),
            max_bars=20,
            max_entries=2,
        )

        assert [entry for _, entry, _ in trades(spec, flat(*[100] * 6))] == [2, 3]

    def test_wait_one_at_a_time(self) -> None:
        spec = long(close_is(">", 0), order=LimitOrder(at=Number(value=95), bars=3), max_bars=20, max_entries=3)
        rows = [(100, 100, 100, 100)] * 4 + [(95, 95, 95, 95)] * 2 + [(100, 100, 100, 100)] * 2

        assert [entry for _, entry, _ in trades(spec, bars(rows))] == [4, 5]


class TestReversing:
    def turning(self, **account: Any) -> StrategySpec:
        return StrategySpec(
            long=Side(entry=close_is(">", 100)), short=Side(entry=close_is("<", 100)), reverse=True, **account
        )

    def test_adds_to_its_side_and_turns_all_of_it_round(self) -> None:
        frame = flat(101, 101, 101, 101, 99, 99, 99, 99, 99)

        found = trades(self.turning(max_entries=2, sizing=UnitSize(units=3)), frame)

        assert found == [(3, 2, 5), (3, 3, 5), (-3, 5, 8), (-3, 6, 8)]

    def test_sizes_the_new_side_as_if_the_old_were_closed(self) -> None:
        frame = flat(101, 101, 101, 101, 99, 99, 99, 99)

        found = trades(self.turning(max_entries=2, sizing=FractionSize(fraction=0.5)), frame)

        # Half of 10,000 is 49 of 101, twice; 49 × 4 are lost by 99, and half of 9,804 is 49 of 99.
        assert [size for size, *_ in found] == [49, 49, -49, -49]


class TestTies:
    def test_not_of_the_unknown_holds(self) -> None:
        unknown = Not(
            condition=Comparison(
                left=Arithmetic(operator="/", left=Number(value=1), right=Number(value=0)), relation=">", right=Price()
            )
        )

        assert trades(long(unknown, max_bars=9), flat(*[100] * 4))[0][1] == 2

    def test_a_distance_in_price_is_kept_to_the_cent(self) -> None:
        stats = run(long(Always(), take_profit=PriceDistance(amount=0.5), max_bars=9), flat(100, 100, 100, 100.5, 100))

        assert (stats["_trades"].TP.iloc[0], stats["_trades"].ExitBar.iloc[0]) == (100.5, 3)
