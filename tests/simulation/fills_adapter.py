"""Plays one vector of `tests/corpus/fills` with the house broker, so that what it did can be compared with `expect`."""

from typing import Any

import pandas as pd

from backtest_engine.simulation.account import Commission, OutOfMoney, Prices, proportional
from backtest_engine.simulation.broker import Broker
from backtest_engine.simulation.figures import statistics_by
from backtest_engine.simulation.house import broker_class
from backtest_engine.simulation.orders import CLOSE, ENTRY, STOP_LOSS, TAKE_PROFIT, Order, Trade

KINDS = {ENTRY: "entry", CLOSE: "close", STOP_LOSS: "sl", TAKE_PROFIT: "tp"}
FLAGS = ("spread", "margin", "trade_on_close", "hedging", "exclusive_orders")


def play(case: dict[str, Any], fills: str) -> dict[str, Any]:
    """Return what the case's orders come to under the rules of `fills`: the keys of `expect`."""
    settings, count = dict(case["broker"]), len(case["times"])
    times = pd.DatetimeIndex(case["times"])
    prices = Prices.from_columns([case[name] for name in ("open", "high", "low", "close")], times)
    broker = broker_class(fills)(
        prices,
        cash=settings["cash"],
        commission=_commission(settings["commission"]),
        step=settings.get("step"),
        **{name: settings[name] for name in FLAGS},
    )
    rejected: list[list[Any]] = []
    status, start = "ok", case["warmup"] + 1
    bar = start
    try:
        for bar in range(start, count):
            broker.process(bar)
            for place, action in enumerate(case["orders"].get(str(bar), ())):
                try:
                    _act(broker, action)
                except (ValueError, AssertionError, IndexError) as error:
                    rejected.append([bar, place, type(error).__name__])
        if settings.get("finalize_trades", True) and start < count:
            broker.finish(count - 1)
    except OutOfMoney:
        status = "out_of_money"
    except (AssertionError, ArithmeticError) as error:
        return {"status": "error", "bar": bar, "type": type(error).__name__, "rejected": rejected}
    broker.count_waiting()
    return {
        "status": status,
        "rejected": rejected,
        "trades": [_closed(trade) for trade in broker.closed_trades],
        "open": [[t._size, t.entry_bar, float(t.entry_price), t.sl, t.tp] for t in broker.trades],
        "waiting": [[KINDS[order._kind], order.size, order.limit, order.stop] for order in broker.orders],
        "cash": float(broker._cash),
        "equity": [float(value) for value in broker.equity_curve()],
        "metrics": _metrics(broker, prices, fills, case["volume"]),
        "reasons": [trade._exit_reason for trade in broker.closed_trades],
        "same_bar": [trade._same_bar for trade in broker.closed_trades],
        "lost": {reason: loss.count for reason, loss in broker.losses.by_reason.items()},
    }


def _commission(given: Any) -> Commission:
    if isinstance(given, dict):
        return lambda size, price: max(given["minimum"], given["per_unit"] * abs(size))
    if isinstance(given, list):
        fixed, rate = given
        return lambda size, price: fixed + abs(size) * price * rate
    return proportional(given)


def _act(broker: Broker, action: list[Any]) -> None:
    name, *rest = action
    if name in ("buy", "sell"):
        _order(broker, name, **rest[0])
    elif name == "close":
        broker.position.close(*rest)
    elif name == "close_trade":
        broker.trades[rest[0]].close(*rest[1:])
    elif name in ("sl", "tp"):
        setattr(broker.trades[rest[0]], name, rest[1])
    elif name == "cancel":
        broker.orders[rest[0]].cancel()
    else:
        for order in list(broker.orders):
            if not order.is_contingent:
                order.cancel()


def _order(broker: Broker, side: str, *, size: float = 1 - 2**-52, **levels: float) -> Order:
    assert 0 < size < 1 or (size >= 1 and round(size) == size), "what backtesting.Strategy asserts"
    return broker.new_order(size if side == "buy" else -size, **levels)


def _closed(trade: Trade) -> list[Any]:
    return [
        trade._size,
        trade.entry_bar,
        trade.exit_bar,
        float(trade.entry_price),
        float(trade.exit_price),
        trade.sl,
        trade.tp,
        float(trade.pl),
        trade._commissions,
        float(trade.pl_pct),
    ]


def _metrics(broker: Broker, prices: Prices, fills: str, volume: list[float]) -> dict[str, Any]:
    columns = {"Open": prices.open, "High": prices.high, "Low": prices.low, "Close": prices.close, "Volume": volume}
    return statistics_by(
        fills, broker.closed_trades, broker.equity_curve(), pd.DataFrame(columns, prices.times)
    ).metrics
