"""What holds for every specification: it is told and read back, it compiles, and what it compiles to runs."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from backtesting import Backtest, backtesting
from hypothesis import HealthCheck, Phase, given, settings

from backtest_engine.compiler import compile_spec
from backtest_engine.language import explain, parse
from backtest_engine.spec import MarketOrder, StrategySpec
from backtest_engine.spec.evaluate import holds
from tests.score.running import BROKER, strategy_class
from tests.unit.spec_strategies import specs

# Not shrunk, which takes minutes with specifications of this size.
many = settings(
    max_examples=60,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", autouse=True)
def quiet() -> None:
    backtesting._tqdm = lambda bars, **_: bars


def bars(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, count)))
    opened = np.append(close[0], close[:-1]) * (1 + rng.normal(0, 0.003, count))
    high = np.maximum(opened, close) * (1 + abs(rng.normal(0, 0.005, count)))
    low = np.minimum(opened, close) * (1 - abs(rng.normal(0, 0.005, count)))
    index = pd.date_range("2020-01-01", periods=count, freq="B")
    volume = rng.integers(1_000, 9_000, count).astype(float)
    columns = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": volume}
    return pd.DataFrame(columns, index=index)


BARS = bars(220)


class TestEverySpecification:
    @many
    @given(specs())
    def test_is_read_back_as_it_was_told(self, spec: StrategySpec) -> None:
        told = explain(spec)

        assert parse(told).spec == spec

    @many
    @given(specs())
    def test_comes_back_from_json_as_it_was(self, spec: StrategySpec) -> None:
        written = json.dumps(spec.as_json())

        assert StrategySpec.model_validate(json.loads(written)) == spec

    @many
    @given(specs())
    def test_compiles_to_the_same_code_every_time(self, spec: StrategySpec) -> None:
        again = StrategySpec.model_validate(spec.as_json())

        code = compile_spec(spec, name="Drawn", explanation=explain(spec))

        assert code == compile_spec(again, name="Drawn", explanation=explain(again))

    @many
    @given(specs())
    def test_compiles_to_a_strategy_that_runs_and_enters_where_it_says(self, spec: StrategySpec) -> None:
        code = compile_spec(spec, name="Drawn", explanation=explain(spec))

        with warnings.catch_warnings():
            # The broker warns of orders that it cannot pay for; that is the strategy's affair.
            warnings.simplefilter("ignore")
            stats = Backtest(BARS, strategy_class(code), **BROKER).run()

        trades = stats["_trades"]
        assert set(np.sign(trades["Size"])) <= {1 if name == "long" else -1 for name in spec.sides}
        for name, side in spec.sides.items():
            opened = trades[(trades["Size"] > 0) == (name == "long")]
            if isinstance(side.order, MarketOrder):
                # Filled on the bar after the one that the condition held on; but for what is ordered on the last bar,
                # which backtesting fills on that bar when it closes what is open.
                filled = opened["EntryBar"].to_numpy(dtype=int)
                assert holds(side.entry, BARS)[filled[filled < len(BARS) - 1] - 1].all()
