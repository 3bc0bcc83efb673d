"""What a result says of its fills, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from backtest_engine.domain import BrokerSettings, Dataset, OrderSummary
from backtest_engine.errors import StrategyRejected
from backtest_engine.simulation.account import Prices
from backtest_engine.simulation.house import ConservativeBroker, make_broker, terms_of
from backtest_engine.simulation.orders import Trade
from backtest_engine.simulation.reporting import account_notices, check_fills, no_trades_message, order_summary
from backtest_engine.simulation.units import COIN_STEP, SHARE_STEP, size_step


def bars(*closes: float) -> pd.DataFrame:
    close = np.array(closes, dtype=float)
    index = pd.date_range("2024-01-01", periods=len(closes), freq="D")
    columns = {"Open": close, "High": close + 1, "Low": close - 1, "Close": close, "Volume": 1.0}
    return pd.DataFrame(columns, index=index)


def played(frame: pd.DataFrame, size: float, *, step: float | None = None, **settings: float) -> ConservativeBroker:
    """Return the account after one order of a size, given on bar 1."""
    prices = Prices.from_columns([frame[name] for name in ("Open", "High", "Low", "Close")], frame.index)
    terms = terms_of(BrokerSettings(commission=0.0, **settings), step=step)
    broker = make_broker(ConservativeBroker, prices, terms)
    for bar in range(1, len(frame)):
        broker.process(bar)
        if bar == 1:
            broker.new_order(size)
    broker.finish(len(frame) - 1)
    broker.count_waiting()
    return broker


def summary(broker: ConservativeBroker, frame: pd.DataFrame, step: float | None = None) -> OrderSummary:
    return order_summary(broker.losses, pd.DatetimeIndex(frame.index), step=step)


class TestOrders:
    def test_name_the_price_of_a_unit_and_the_cash(self) -> None:
        frame = bars(*[16_500] * 4)

        said = no_trades_message(summary(played(frame, 1 - 2**-52), frame))

        assert "one unit costs 16,500.00, and there was 10,000.00" in said
        assert "2024-01-03" in said

    def test_say_how_much_was_to_be_spent(self) -> None:
        frame = bars(*[1_500] * 4)

        (lost,) = summary(played(frame, 0.1), frame).lost

        assert "0.1 of 10,000.00 was to be spent" in lost.message
        assert lost.figures["unit_cost"] == 1_500
        assert lost.as_dict()["first_at"] == "2024-01-03T00:00:00Z"

    def test_tell_leverage_from_cash(self) -> None:
        frame = bars(*[100] * 4)

        (plain,) = summary(played(frame, 101.0), frame).lost
        (lent,) = summary(played(frame, 201.0, margin=0.5), frame).lost

        assert (plain.reason, lent.reason) == ("no_cash", "margin")
        assert lent.figures["needed"] == pytest.approx(10_050)

    def test_without_any_are_said_to_be_missing(self) -> None:
        assert no_trades_message(OrderSummary()).endswith("it gave no order.")

    def test_add_up(self) -> None:
        frame = bars(*[100] * 4)

        found = summary(played(frame, 1 - 2**-52), frame)

        assert (found.placed, found.filled, found.lost, found.unit) == (1, 1, (), 1.0)


class TestAccount:
    def test_is_said_to_be_borrowed_or_wiped_out(self) -> None:
        index = pd.DatetimeIndex(bars(1, 2, 3).index)

        notices = account_notices([], broker=BrokerSettings(margin=0.2), index=index, wiped_out_at=1, notes={})

        assert [notice.code for notice in notices] == ["account_wiped_out", "leverage"]
        assert "2024-01-02" in notices[0].message
        assert "5 times" in notices[1].message

    def test_counts_stops_in_doubt_with_what_the_better_course_gives(self) -> None:
        trade = Trade(played(bars(*[100] * 4), 1.0), 10.0, 105.0, 2, None)
        trade._exit_bar, trade._exit_price, trade._exit_reason = 2, 103.0, "stop_loss"
        trade._same_bar, trade._better_exit = True, 110.0

        (notice,) = account_notices(
            [trade], broker=BrokerSettings(), index=pd.DatetimeIndex(bars(1).index), wiped_out_at=None, notes={}
        )

        assert notice.code == "same_bar_trades"
        assert notice.details == {"count": 1, "doubtful": 1, "better_pnl": 70.0}


class TestFills:
    def fill(self, price: float) -> Trade:
        trade = Trade(played(bars(*[100] * 4), 1.0), 10.0, price, 2, None)
        trade._exit_bar, trade._exit_price = 3, 100.0
        return trade

    @pytest.mark.parametrize("price", [98.9, 101.1, -5.0, 0.0, float("nan"), float("inf")])
    def test_outside_their_bar_are_refused(self, price: float) -> None:
        with pytest.raises(StrategyRejected) as caught:
            check_fills([self.fill(price)], bars(*[100] * 4), broker=BrokerSettings())

        assert caught.value.code == "impossible_fill"

    @pytest.mark.parametrize("price", [99.0, 100.0, 101.0])
    def test_within_it_are_not(self, price: float) -> None:
        assert check_fills([self.fill(price)], bars(*[100] * 4), broker=BrokerSettings()) == []

    def test_may_lie_outside_by_the_spread(self) -> None:
        broker = BrokerSettings(spread=0.01)

        assert check_fills([self.fill(101 * 1.01)], bars(*[100] * 4), broker=broker) == []

    def test_of_backtesting_are_named(self) -> None:
        (notice,) = check_fills([self.fill(90)], bars(*[100] * 4), broker=BrokerSettings(fills="backtesting"))

        assert notice.code == "impossible_fill"
        assert "90" in notice.message


class TestUnits:
    @pytest.mark.parametrize(
        ("symbol", "source", "fractional", "step"),
        [
            ("BTCUSD", "samples", "auto", COIN_STEP),
            ("ETH-USD", "yfinance", "auto", COIN_STEP),
            ("sol/usdt", "import", "auto", COIN_STEP),
            ("NEW/USDT", "ccxt:binance", "auto", COIN_STEP),
            ("BTCUSD", "samples", False, None),
            ("BTCUSD", "samples", True, COIN_STEP),
            ("GOOG", "samples", "auto", None),
            ("EURUSD", "samples", "auto", None),
            ("LINK", "yfinance", "auto", None),
            ("GOOG", "samples", True, SHARE_STEP),
        ],
    )
    def test_are_the_markets_own(self, symbol: str, source: str, fractional: bool | str, step: float | None) -> None:
        dataset = Dataset(symbol=symbol, interval="1d", source=source, bars=bars(1, 2), fingerprint="")

        assert size_step(dataset, fractional) == step
