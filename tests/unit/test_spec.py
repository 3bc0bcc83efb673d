"""A specification is checked when it is made, in a trader's words, and survives being written down."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from backtest_engine.spec import (
    All,
    Always,
    AtrDistance,
    Comparison,
    Cross,
    FractionSize,
    Indicator,
    Level,
    Number,
    PercentDistance,
    PositionValue,
    Price,
    RiskDistance,
    RiskSize,
    Side,
    StrategySpec,
    TrailingStop,
)
from backtest_engine.spec.schema import json_schema

SCHEMA = Path(__file__).parents[2] / "docs" / "api" / "strategy-spec.schema.json"
RSI = Indicator(name="rsi", parameters={"period": 14})


def below(level: float) -> Comparison:
    return Comparison(left=RSI, relation="<", right=Number(value=level))


def above(level: float) -> Comparison:
    return Comparison(left=RSI, relation=">", right=Number(value=level))


def long(**fields: object) -> StrategySpec:
    return StrategySpec(long=Side(**{"entry": below(30), "exit": above(70), **fields}))


class TestStrategySpec:
    def test_comes_back_from_json_as_it_was(self) -> None:
        spec = long(stop_loss=AtrDistance(multiple=2.5), max_bars=10)

        assert StrategySpec.model_validate(json.loads(json.dumps(spec.as_json()))) == spec

    def test_has_the_json_schema_that_is_checked_in(self) -> None:
        checked_in = json.loads(SCHEMA.read_text(encoding="utf-8"))

        assert checked_in == json_schema()

    def test_refuses_fields_that_it_does_not_know(self) -> None:
        with pytest.raises(ValidationError, match="Extra inputs"):
            StrategySpec.model_validate({**long().as_json(), "leverage": 20})

    def test_names_its_sides_long_first(self) -> None:
        both = StrategySpec(short=Side(entry=above(70), exit=below(50)), long=Side(entry=below(30), exit=above(50)))

        assert list(both.sides) == ["long", "short"]


def refused(make: object) -> str:
    with pytest.raises(ValidationError) as caught:
        make()  # type: ignore[operator]
    return str(caught.value)


class TestValidation:
    def test_asks_for_an_entry(self) -> None:
        assert "there is no entry" in refused(lambda: StrategySpec())

    def test_asks_for_an_exit(self) -> None:
        assert "the long side has no exit" in refused(lambda: StrategySpec(long=Side(entry=below(30))))

    def test_lets_a_stop_alone_be_the_exit(self) -> None:
        spec = StrategySpec(long=Side(entry=below(30), stop_loss=PercentDistance(percent=5)))

        assert spec.long is not None

    def test_lets_buy_and_hold_end_with_the_data(self) -> None:
        assert StrategySpec(long=Side(entry=Always())).long is not None

    def test_knows_that_rsi_stays_below_100(self) -> None:
        assert "lies between 0 and 100 and never reaches 120" in refused(lambda: long(exit=above(120)))

    def test_knows_that_a_cross_stays_in_range_too(self) -> None:
        crossing = Cross(left=RSI, direction="above", right=Number(value=101))

        assert "never reaches 101" in refused(lambda: long(exit=crossing))

    def test_sees_limits_that_exclude_each_other(self) -> None:
        both = All(conditions=(above(70), below(30)))

        assert "cannot be above 70 and below 30" in refused(lambda: long(entry=both))

    def test_sees_a_value_both_above_and_below_another(self) -> None:
        close, average = Price(), Indicator(name="sma", parameters={"period": 20})
        both = All(
            conditions=(
                Comparison(left=close, relation=">", right=average),
                Comparison(left=close, relation="<", right=average),
            )
        )

        assert "above and below another" in refused(lambda: long(entry=both))

    def test_refuses_a_value_compared_with_itself(self) -> None:
        same = Comparison(left=RSI, relation=">", right=RSI)

        assert "compared with itself" in refused(lambda: long(entry=same))

    def test_refuses_a_stop_that_no_price_reaches(self) -> None:
        assert "never reached" in refused(lambda: long(stop_loss=PercentDistance(percent=150)))

    def test_refuses_a_long_stop_above_the_price(self) -> None:
        above_close = Level(at={"kind": "arithmetic", "operator": "+", "left": Price(), "right": Number(value=1)})

        assert "must be below the price" in refused(lambda: long(stop_loss=above_close))

    def test_needs_a_stop_to_risk_a_share_of_the_equity(self) -> None:
        make = lambda: StrategySpec(  # noqa: E731
            long=Side(entry=below(30), exit=above(70)), sizing=RiskSize(fraction=0.01)
        )

        assert "needs a stop loss" in refused(make)

    def test_needs_a_stop_to_measure_a_target_by(self) -> None:
        assert "needs a stop loss" in refused(lambda: long(take_profit=RiskDistance(multiple=2)))

    def test_needs_a_stop_that_is_there_from_the_start(self) -> None:
        at_the_close = TrailingStop(distance=PercentDistance(percent=8), trigger="close")
        make = lambda: StrategySpec(  # noqa: E731
            long=Side(entry=below(30), trailing_stop=at_the_close), sizing=RiskSize(fraction=0.01)
        )

        assert "needs a stop loss" in refused(make)

    def test_names_an_indicator_that_does_not_exist(self) -> None:
        unknown = Comparison(left=Indicator(name="wobble"), relation=">", right=Number(value=1))

        assert "no indicator called 'wobble'" in refused(lambda: long(entry=unknown))

    def test_names_a_period_out_of_bounds(self) -> None:
        huge = Indicator(name="sma", parameters={"period": 10**9})

        assert "must be between" in refused(lambda: long(entry=Comparison(left=Price(), relation=">", right=huge)))

    def test_names_a_period_that_counts_no_whole_bars(self) -> None:
        half = Indicator(name="sma", parameters={"period": 10.5})

        assert "counts bars" in refused(lambda: long(entry=Comparison(left=Price(), relation=">", right=half)))

    def test_names_a_missing_parameter(self) -> None:
        bare = Indicator(name="sma")

        assert "needs a period" in refused(lambda: long(entry=Comparison(left=Price(), relation=">", right=bare)))

    def test_names_an_output_that_an_indicator_has_not(self) -> None:
        upper = Indicator(name="rsi", parameters={"period": 14}, output="upper")

        assert "has no output 'upper'" in refused(
            lambda: long(entry=Comparison(left=upper, relation=">", right=Number(value=1)))
        )

    def test_refuses_an_entry_that_speaks_of_an_open_position(self) -> None:
        profit = Comparison(left=PositionValue(measure="profit_percent"), relation=">", right=Number(value=1))

        assert "none before the entry" in refused(lambda: long(entry=profit))

    def test_needs_both_sides_to_reverse(self) -> None:
        make = lambda: StrategySpec(long=Side(entry=below(30), exit=above(70)), reverse=True)  # noqa: E731

        assert "needs an entry for both sides" in refused(make)

    @pytest.mark.parametrize("period", [0, -5, 10_001])
    def test_bounds_the_period_of_a_distance(self, period: int) -> None:
        assert refused(lambda: AtrDistance(multiple=2, period=period))

    @pytest.mark.parametrize("fraction", [0, -0.5, 1.5, float("nan")])
    def test_invests_a_real_share_of_the_account(self, fraction: float) -> None:
        assert refused(lambda: FractionSize(fraction=fraction))

    @pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e300])
    def test_takes_finite_numbers_only(self, value: float) -> None:
        assert refused(lambda: Number(value=value))
