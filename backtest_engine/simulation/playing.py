"""Runs the kernel on a prepared specification, in arrays that are large enough, and says how a run failed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.errors import LimitExceeded, StrategyError, StrategyRaised, StrategyRejected
from backtest_engine.simulation.house import CONSERVATIVE
from backtest_engine.simulation.kernel import layout
from backtest_engine.simulation.kernel.layout import Floats, State, terms
from backtest_engine.simulation.kernel.plan import R_ORDER_LIMIT
from backtest_engine.simulation.kernel.run import run
from backtest_engine.simulation.planning import NoValue, Plan, Prepared
from backtest_engine.simulation.signals import Values

_COLUMNS = ("Open", "High", "Low", "Close")


class NoRoom(Exception):
    """More trades are open, or orders waiting, than the kernel keeps."""


class Player:
    """Plays one specification on one set of bars, on the terms of `simulation.house.terms_of`."""

    def __init__(self, plan: Plan, bars: pd.DataFrame, broker: Mapping[str, Any]) -> None:
        self.plan = plan
        self.state = State(prices_of(bars))
        self._first = int(broker["first"])
        self._cash = float(broker["cash"])
        self._terms = terms(
            spread=broker["spread"],
            margin=broker["margin"],
            rate=broker["commission"],
            step=broker["step"],
            on_close=broker["trade_on_close"],
            hedging=broker["hedging"],
            exclusive=broker["exclusive_orders"],
            house=broker["fills"] == CONSERVATIVE,
        )

    def play(self, values: Values) -> Prepared:
        """Play with these values of the parameters; the outcome is in `state`. Raises a `StrategyError`."""
        prepared = self._prepared(values)
        start = 1 + max(prepared.known, self._first - 1)
        while True:
            state = self.state
            state.clear(self._terms, cash=self._cash)
            state.st.r[:], state.st.f[:] = prepared.r, prepared.f
            found = run(
                state.record,
                state.bars,
                state.equity,
                state.closed,
                prepared.rule_series,
                prepared.rule_held,
                prepared.series,
                prepared.held,
                prepared.ops,
                prepared.constants,
                start,
            )
            if found != layout.FULL:
                break
            state.grow()
        if found == layout.NO_ROOM:
            raise NoRoom
        if found != layout.OK:
            raise failure(found, self.state, limit=int(prepared.r[R_ORDER_LIMIT]))
        return prepared

    def _prepared(self, values: Values) -> Prepared:
        try:
            with np.errstate(all="ignore"):
                return self.plan.prepare(values)
        except NoValue as error:
            raise StrategyRejected(str(error), code="indicator_all_nan", details={"phase": "init"}) from error
        except (ValueError, TypeError, ArithmeticError, IndexError) as error:
            details = {"phase": "init", "root_type": type(error).__name__, "root_message": str(error)}
            raise StrategyRaised(f"{type(error).__name__}: {error}", details=details) from error


def prices_of(bars: pd.DataFrame) -> Floats:
    """Return open, high, low and close of bars as contiguous rows."""
    return np.ascontiguousarray([bars[name].to_numpy(dtype=float) for name in _COLUMNS])


def failure(found: int, state: State, *, limit: int) -> StrategyError:
    """Return the error that the compiled code would have ended in."""
    if found == layout.TOO_MANY_ORDERS:
        return LimitExceeded(f"The strategy gave more than {limit} orders.", code="order_limit")
    price, bar = float(state.st.stopped_at), int(state.st.bar)
    kind, message = _FAILURES[found]
    details = {"phase": "next", "root_type": kind, "root_message": message.format(price=price), "bar": bar}
    return StrategyRaised(f"{kind}: {message.format(price=price)}", details=details)


_FAILURES = {
    layout.BAD_LEVEL: ("AssertionError", "Make sure 0 < price < inf! price: {price}"),
    layout.WRONG_SIDE_ORDER: ("ValueError", "a stop or target is on the wrong side of the order's price ({price})"),
    layout.NEGATIVE_PRICE: ("ValueError", "an order's price must be above 0, not {price:g}"),
    layout.BAD_SIZE: ("AssertionError", "size must be a positive fraction of equity, or a positive whole number"),
}
