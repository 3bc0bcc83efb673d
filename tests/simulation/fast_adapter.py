"""Plays one vector of `tests/corpus/fills` with the kernel's broker, so that what it did can be compared with `expect`.

`play_fast(case, fills)` answers as `fills_adapter.play` does.
"""

import math
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.simulation.figures import statistics_by
from backtest_engine.simulation.house import CONSERVATIVE
from backtest_engine.simulation.losses import REASONS
from backtest_engine.simulation.played import trades_of
from tests.simulation.kernel_modules import compiled

KINDS = ("entry", "close", "sl", "tp")
ERRORS = {"BAD_LEVEL": "AssertionError", "BAD_SIZE": "AssertionError"}


@lru_cache(maxsize=1)
def _compiled() -> SimpleNamespace:
    return compiled()


def play_fast(case: dict[str, Any], fills: str, kernel: SimpleNamespace | None = None) -> dict[str, Any]:
    """Return what the case's orders come to under the rules of `fills`: the keys of `expect`."""
    with np.errstate(all="ignore"):
        return _Play(case, fills, kernel or _compiled()).run()


class _Play:
    def __init__(self, case: dict[str, Any], fills: str, kernel: SimpleNamespace) -> None:
        self.case, self.fills, self.kernel = case, fills, kernel
        broker = case["broker"]
        bars = np.array([case[name] for name in ("open", "high", "low", "close")], dtype=float)
        self.state = kernel.State(bars, open_trades=256)
        terms = kernel.terms(
            spread=broker["spread"], margin=broker["margin"], step=broker.get("step"), **_commission(broker["commission"])
        )
        flags = [broker["trade_on_close"], broker["hedging"], broker["exclusive_orders"], fills == CONSERVATIVE]
        self.state.clear(terms, np.array(flags, dtype=np.int64), float(broker["cash"]))
        self.rejected: list[list[Any]] = []

    def run(self) -> dict[str, Any]:
        kernel, case, state = self.kernel, self.case, self.state
        count, status, start = len(case["times"]), "ok", case["warmup"] + 1
        for bar in range(start, count):
            found = kernel.process(*state.arrays, bar)
            if found == kernel.BROKE:
                status = "out_of_money"
                break
            if found != kernel.OK:
                return {"status": "error", "bar": bar, "type": "AssertionError", "rejected": self.rejected}
            for place, action in enumerate(case["orders"].get(str(bar), ())):
                refused = self._act(action)
                if refused:
                    self.rejected.append([bar, place, refused])
        else:
            if case["broker"].get("finalize_trades", True) and start < count:
                found = kernel.finish(*state.arrays, count - 1)
                if found not in (kernel.OK, kernel.BROKE):
                    return {"status": "error", "bar": count - 1, "type": "AssertionError", "rejected": self.rejected}
                status = "out_of_money" if found == kernel.BROKE else "ok"
        kernel.count_waiting(state.s, state.k, state.orders)
        return self._result(status)

    def _act(self, action: list[Any]) -> str | None:
        """Do what a strategy does; return the name of the error where it is refused."""
        kernel, (s, k, _, _, orders, trades, _) = self.kernel, self.state.arrays
        counters = k[kernel.COUNTERS]
        name, *rest = action
        if name in ("buy", "sell"):
            return self._order(name, **rest[0])
        if name == "close":
            return self._close(range(counters[kernel.TRADES]), *rest)
        if name == "cancel":
            if not -counters[kernel.ORDERS] <= rest[0] < counters[kernel.ORDERS]:
                return "IndexError"
            kernel.cancel(s, k, orders, trades, int(k[kernel.QUEUE, : counters[kernel.ORDERS]][rest[0]]))
        elif name in ("close_trade", "sl", "tp"):
            if not -counters[kernel.TRADES] <= rest[0] < counters[kernel.TRADES]:
                return "IndexError"
            place = rest[0] % counters[kernel.TRADES]
            if name == "close_trade":
                return self._close([place], *rest[1:])
            if rest[1] is not None and not 0 < rest[1] < math.inf:
                return "AssertionError"
            kind = kernel.STOP_LOSS if name == "sl" else kernel.TAKE_PROFIT
            kernel.set_level(k, orders, trades, int(k[kernel.OPEN, place]), kind, float(rest[1] or 0.0))
        else:
            kernel.cancel_entries(s, k, orders, trades)
        return None

    def _close(self, places: Any, portion: float = 1.0) -> str | None:
        kernel, state = self.kernel, self.state
        for place in places:
            if not 0 < portion <= 1:
                return "AssertionError"
            trade = int(state.k[kernel.OPEN, place])
            kernel.queue_close(state.s, state.k, state.orders, state.trades, trade, float(portion))
        return None

    def _order(self, side: str, *, size: float = 1 - 2**-52, **levels: float | None) -> str | None:
        if not all(math.isfinite(level) for level in levels.values() if level is not None):
            return "ValueError"
        kernel, (s, k, bars, _, orders, trades, _) = self.kernel, self.state.arrays
        prices = [float(levels.get(name) or 0.0) for name in ("limit", "stop", "sl", "tp")]
        signed = float(size if side == "buy" else -size)
        found = kernel.new_order(s, k, bars, orders, trades, signed, *prices, math.nan)
        if found == kernel.OK:
            return None
        return "AssertionError" if found == kernel.BAD_SIZE else "ValueError"

    def _result(self, status: str) -> dict[str, Any]:
        kernel, (s, k, _, equity, orders, trades, closed) = self.kernel, self.state.arrays
        counters, case = k[kernel.COUNTERS], self.case
        times = pd.DatetimeIndex(case["times"])
        made = trades_of(closed[: counters[kernel.CLOSED]], times, whole_units=case["broker"].get("step") is None)
        curve = kernel.equity_curve(self.state)
        columns = {name.capitalize(): case[name] for name in ("open", "high", "low", "close", "volume")}
        lost = s[kernel.LOST :].reshape(len(REASONS), kernel.LOST_FIELDS)
        return {
            "status": status,
            "rejected": self.rejected,
            "trades": [_closed(trade) for trade in made],
            "open": [
                [float(row[0]), int(row[2]), float(row[1]), float(row[3]) or None, float(row[4]) or None]
                for row in trades[k[kernel.OPEN, : counters[kernel.TRADES]]]
            ],
            "waiting": [
                [KINDS[int(row[0])], float(row[1]), float(row[2]) or None, float(row[3]) or None]
                for row in orders[k[kernel.QUEUE, : counters[kernel.ORDERS]]]
            ],
            "cash": float(s[kernel.CASH]),
            "equity": curve.tolist(),
            "metrics": statistics_by(self.fills, made, curve, pd.DataFrame(columns, times)).metrics,
            "reasons": [trade._exit_reason for trade in made],
            "same_bar": [trade._same_bar for trade in made],
            "lost": {reason: int(row[0]) for reason, row in zip(REASONS, lost, strict=True) if row[0]},
        }


def _commission(given: Any) -> dict[str, float]:
    if isinstance(given, dict):
        return {"rate": 0.0, "minimum": float(given["minimum"]), "per_unit": float(given["per_unit"])}
    if isinstance(given, list):
        return {"fixed": float(given[0]), "rate": float(given[1])}
    return {"rate": float(given)}


def _closed(trade: Any) -> list[Any]:
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
