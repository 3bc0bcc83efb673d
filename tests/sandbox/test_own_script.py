"""A file whose strategy needs what its own script makes is run as that script, on the bars of the run and no others."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from backtest_engine.data import Samples
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.engine import Engine
from backtest_engine.errors import StrategyError
from backtest_engine.executor import SandboxedExecutor

STRATEGY = """
class Above(Strategy):
    def init(self):
        pass

    def next(self):
        if not self.position and self.data.Close[-1] > self.data.Mean[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.data.Mean[-1]:
            self.position.close()
"""
HEAD = "import pandas as pd\nfrom backtesting import Backtest, Strategy\n"
READ = 'df = pd.read_csv("prices.csv", index_col=0, parse_dates=True)\n'
MEAN = 'df["Mean"] = df["Close"].rolling(50).mean()\n'
RUN = "print(Backtest(df, Above, cash=20_000, commission=0.001).run())\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with closing(SandboxedExecutor()) as executor:
        yield Engine(generators={}, data=Samples(), executor=executor)


@pytest.fixture(scope="module")
def goog() -> Dataset:
    return Samples().bars("GOOG", start=None, end=None, interval=None)


def run(engine: Engine, dataset: Dataset, *parts: str) -> BacktestResult:
    return engine.execute("".join((HEAD, *parts)), dataset=dataset, broker=BrokerSettings(fills="backtesting"))


class TestOwnScript:
    def test_columns_that_the_file_works_out_are_there(self, engine: Engine, goog: Dataset) -> None:
        result = run(engine, goog, READ, MEAN, STRATEGY, RUN)

        codes = {item.code for item in result.warnings}
        assert {"own_data", "own_run"} <= codes
        assert (result.verified, result.broker.cash, result.broker.commission) == (True, 20_000, 0.001)
        assert len(result.trades) > 10

    def test_bars_that_the_file_drops_at_the_beginning_are_not_traded(self, engine: Engine, goog: Dataset) -> None:
        late = run(engine, goog, READ, MEAN, "df = df.iloc[500:]\n", STRATEGY, RUN)

        assert late.verified is True
        assert min(trade.entry_time for trade in late.trades) >= goog.bars.index[501].tz_localize("UTC")

    def test_settings_that_only_running_the_file_tells_are_taken(self, engine: Engine, goog: Dataset) -> None:
        result = run(engine, goog, READ, MEAN, STRATEGY, RUN.replace("20_000", 'int("3" + "0" * 4)'))

        assert result.broker.cash == 30_000
        assert "own_run_differs" not in {item.code for item in result.warnings}

    @pytest.mark.parametrize(
        ("preparation", "said"),
        [
            pytest.param('df["Mean"] = pd.read_csv("SPY.csv")["Close"].mean()\n', "several tables", id="two files"),
            pytest.param('df = df.resample("W").last()\n' + MEAN, "cuts or resamples", id="weeks"),
            pytest.param(MEAN + "df = df.iloc[:-300]\n", "cuts or resamples", id="the end"),
            pytest.param('df["Close"] *= 2\n' + MEAN, "changes the prices", id="prices"),
        ],
    )
    def test_other_data_than_the_run_has_are_refused_with_the_reason(
        self, preparation: str, said: str, engine: Engine, goog: Dataset
    ) -> None:
        with pytest.raises(StrategyError) as raised:
            run(engine, goog, READ, preparation, STRATEGY, RUN)

        assert said in str(raised.value.hint)

    def test_a_column_that_holds_tomorrow_is_found(self, engine: Engine, goog: Dataset) -> None:
        column = 'df["Mean"] = df["Close"].shift(-1)\n'
        result = run(engine, goog, READ, column, STRATEGY.replace("Close[-1] >", "Close[-1] <"), RUN)

        assert result.verified is False
        assert "look_ahead" in {item.code for item in result.warnings}

    def test_what_a_script_reaches_for_is_stopped_by_the_walls(self, engine: Engine, goog: Dataset) -> None:
        with pytest.raises(StrategyError) as raised:
            run(
                engine,
                goog,
                READ,
                MEAN,
                'print(open("/etc/hostname").read())\n',
                STRATEGY.replace("Close", "Mean"),
                RUN,
            )

        assert raised.value.code in ("sandbox_violation", "strategy_raised")
