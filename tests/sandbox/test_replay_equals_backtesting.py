"""With `fills="backtesting"` the replay of a journal is backtesting.py's own result, to the last bit."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest_engine.domain import BrokerSettings, Dataset, Limits
from backtest_engine.errors import StrategyRaised
from backtest_engine.executor import LookAheadBudget, SandboxedExecutor
from backtest_engine.simulation.reporting import HARMLESS, IMPOSSIBLE_FILL
from tests.sandbox.conftest import Run, as_dataset, dataset_of, strategy
from tests.sandbox.strategies import BROKERS, STRATEGIES, differences, plain_run

SAMPLES = ("GOOG", "EURUSD", "BTCUSD")


@pytest.fixture(scope="module")
def samples() -> dict[str, Dataset]:
    return {name: dataset_of(name) for name in SAMPLES}


@pytest.fixture(scope="module")
def fast(executor: SandboxedExecutor) -> Iterator[SandboxedExecutor]:
    """An executor that takes its time and does not look for look-ahead."""
    patient = Limits(wall_seconds=60.0, cpu_seconds=60, replay_seconds=60.0)
    fast = SandboxedExecutor(limits=patient, look_ahead=LookAheadBudget(runs=0))
    fast._report = executor.check()
    yield fast
    fast.close()


class TestReplay:
    @pytest.mark.parametrize("broker", BROKERS)
    @pytest.mark.parametrize("sample", SAMPLES)
    @pytest.mark.parametrize("name", STRATEGIES)
    def test_equals_backtesting(
        self, name: str, sample: str, broker: str, samples: dict[str, Dataset], fast: SandboxedExecutor
    ) -> None:
        dataset, settings_ = samples[sample], BROKERS[broker]
        if sample == "BTCUSD":
            # One coin costs more than the account holds.
            settings_ = BrokerSettings(**{**settings_.as_dict(), "cash": 1_000_000.0})

        try:
            expected = plain_run(STRATEGIES[name], dataset.bars, settings_)
        except AssertionError as failure:
            with pytest.raises(StrategyRaised, match=re.escape(str(failure))):
                fast.execute(STRATEGIES[name], dataset=dataset, broker=settings_)
            return

        result = fast.execute(STRATEGIES[name], dataset=dataset, broker=settings_)

        assert differences(result, expected) == []
        assert {notice.code for notice in result.warnings} <= HARMLESS | {"no_trades", IMPOSSIBLE_FILL}

    def test_ends_where_the_money_ends(self, fast: SandboxedExecutor) -> None:
        broker = BrokerSettings(fills="backtesting", margin=0.02, cash=1_000.0, commission=0.0)
        doubling = pd.DataFrame({"Open": np.geomspace(10, 80, 60)})
        for column in ("High", "Low", "Close"):
            doubling[column] = doubling["Open"] * {"High": 1.01, "Low": 0.99}.get(column, 1.0)
        doubling["Volume"] = 1.0
        doubling.index = pd.date_range("2020-01-01", periods=60)
        code = strategy(next="self.position or self.sell()")

        result = fast.execute(code, dataset=as_dataset(doubling), broker=broker)

        assert result.metrics["equity_final"] == 0
        assert differences(result, plain_run(code, doubling, broker)) == []


PORTION = st.sampled_from((0.1, 0.25, 0.5, 0.999, 1.0))
FACTOR = st.sampled_from((None, 0.9, 0.97, 0.99, 1.0, 1.01, 1.03, 1.1))
ACTION = st.one_of(
    st.tuples(
        st.sampled_from(("buy", "sell")),
        st.sampled_from((0.05, 0.3, 0.9999, 1, 3, 40)),
        st.tuples(FACTOR, FACTOR, FACTOR, FACTOR),
    ),
    st.tuples(st.just("close position"), PORTION),
    st.tuples(st.just("close trade"), st.integers(0, 4), PORTION),
    st.tuples(st.just("close old trade"), st.integers(0, 4), PORTION),
    st.tuples(st.sampled_from(("sl", "tp")), st.integers(0, 4), FACTOR),
    st.tuples(st.just("cancel"), st.integers(0, 6)),
)
SCRIPT = st.dictionaries(st.integers(1, 119), st.lists(ACTION, min_size=1, max_size=4), max_size=40)

SCRIPTED = """
do = script.get(len(self.data) - 1, ())
price = self.data.Close[-1]
for kind, *rest in do:
    try:
        if kind in ("buy", "sell"):
            size, factors = rest
            prices = [None if f is None else price * f for f in factors]
            getattr(self, kind)(size=size, **dict(zip(("limit", "stop", "sl", "tp"), prices)))
        elif kind == "close position":
            self.position.close(*rest)
        elif kind == "close trade":
            self.trades[rest[0]].close(rest[1])
        elif kind == "close old trade":
            self.closed_trades[rest[0]].close(rest[1])
        elif kind == "cancel":
            self.orders[rest[0]].cancel()
        else:
            setattr(self.trades[rest[0]], kind, None if rest[1] is None else price * rest[1])
    except (ValueError, AssertionError, IndexError):
        pass
"""


class TestReplayOfAnyStrategy:
    @given(
        script=SCRIPT,
        seed=st.integers(0, 5),
        broker=st.builds(
            BrokerSettings,
            fills=st.just("backtesting"),
            commission=st.sampled_from((0.0, 0.002)),
            spread=st.sampled_from((0.0, 0.01)),
            margin=st.sampled_from((1.0, 0.2)),
            trade_on_close=st.booleans(),
            hedging=st.booleans(),
            exclusive_orders=st.booleans(),
        ),
    )
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_equals_backtesting(
        self, script: dict[int, object], seed: int, broker: BrokerSettings, fast: SandboxedExecutor
    ) -> None:
        frame = _walk(seed)
        code = strategy(next=SCRIPTED, top=f"script = {script!r}")
        try:
            expected = plain_run(code, frame, broker)
        except AssertionError as failure:
            # backtesting.py itself gives up, as on a stop of a trade that is closed already.
            with pytest.raises(StrategyRaised, match=re.escape(f"AssertionError: {failure}".rstrip(": "))):
                fast.execute(code, dataset=as_dataset(frame), broker=broker)
            return

        result = fast.execute(code, dataset=as_dataset(frame), broker=broker)

        assert differences(result, expected) == []
        assert "account_differs" not in {notice.code for notice in result.warnings}


class TestHouseRules:
    @pytest.mark.parametrize("name", STRATEGIES)
    def test_the_strategy_sees_the_account_that_the_replay_computes(
        self, name: str, samples: dict[str, Dataset], fast: SandboxedExecutor
    ) -> None:
        for settings_ in (
            BrokerSettings(),
            BrokerSettings(trade_on_close=True, exclusive_orders=True, fractional=True),
            BrokerSettings(margin=0.1, hedging=True, spread=0.0005),
        ):
            result = fast.execute(STRATEGIES[name], dataset=samples["GOOG"], broker=settings_)

            assert {notice.code for notice in result.warnings} <= HARMLESS | {"no_trades"}


class TestTags:
    def test_are_kept_as_text(self, run: Run) -> None:
        result = run(strategy(next="self.position or self.buy(tag=('a', len(self.data)))"))

        assert result.trades[0].tag == "('a', 2)"


def _walk(seed: int) -> pd.DataFrame:
    random = np.random.RandomState(seed)
    close = 50 * np.exp(np.cumsum(random.normal(0, 0.02, 120)))
    open_ = close * (1 + random.normal(0, 0.01, 120))
    high, low = np.maximum(open_, close) * 1.01, np.minimum(open_, close) * 0.99
    index = pd.date_range("2021-03-01", periods=120, freq="D")
    return pd.DataFrame({"Open": open_, "High": high, "Low": low, "Close": close, "Volume": 1.0}, index=index)
