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
        self.state = kernel.State(bars)
        self.st = self.state.st
        terms = kernel.terms(
            spread=broker["spread"],
            margin=broker["margin"],
            step=broker.get("step"),
            on_close=broker["trade_on_close"],
            hedging=broker["hedging"],
            exclusive=broker["exclusive_orders"],
            house=fills == CONSERVATIVE,
            **_commission(broker["commission"]),
        )
        self.state.clear(terms, cash=float(broker["cash"]))
        self.rejected: list[list[Any]] = []

    def run(self) -> dict[str, Any]:
        kernel, case, st, state = self.kernel, self.case, self.st, self.state
        count, status, start = len(case["times"]), "ok", case["warmup"] + 1
        for bar in range(start, count):
            found = kernel.process(st, state.bars, bar)
            state.equity[bar] = st.equity
            if found == kernel.BROKE:
                status, state.equity[bar:] = "out_of_money", st.equity
                break
            if found != kernel.OK:
                return {"status": "error", "bar": bar, "type": "AssertionError", "rejected": self.rejected}
            for place, action in enumerate(case["orders"].get(str(bar), ())):
                refused = self._act(action)
                if refused:
                    self.rejected.append([bar, place, refused])
        else:
            if case["broker"].get("finalize_trades", True) and start < count:
                found = kernel.finish(st, state.bars, count - 1)
                state.equity[count - 1] = st.equity
                if found not in (kernel.OK, kernel.BROKE):
                    return {"status": "error", "bar": count - 1, "type": "AssertionError", "rejected": self.rejected}
                status = "out_of_money" if found == kernel.BROKE else "ok"
        kernel.count_waiting(st)
        return self._result(status)

    def _act(self, action: list[Any]) -> str | None:
        """Do what a strategy does; return the name of the error where it is refused."""
        kernel, st = self.kernel, self.st
        name, *rest = action
        if name in ("buy", "sell"):
            return self._order(name, **rest[0])
        if name == "close":
            return self._close(range(st.trade_count), *rest)
        if name == "cancel":
            if not -st.order_count <= rest[0] < st.order_count:
                return "IndexError"
            kernel.cancel(st, int(st.queue[: st.order_count][rest[0]]))
        elif name in ("close_trade", "sl", "tp"):
            if not -st.trade_count <= rest[0] < st.trade_count:
                return "IndexError"
            place = rest[0] % st.trade_count
            if name == "close_trade":
                return self._close([place], *rest[1:])
            if rest[1] is not None and not 0 < rest[1] < math.inf:
                return "AssertionError"
            kind = kernel.STOP_LOSS if name == "sl" else kernel.TAKE_PROFIT
            kernel.set_level(st, int(st.open[place]), kind, float(rest[1] or 0.0))
        else:
            kernel.cancel_entries(st)
        return None

    def _close(self, places: Any, portion: float = 1.0) -> str | None:
        for place in places:
            if not 0 < portion <= 1:
                return "AssertionError"
            self.kernel.queue_close(self.st, int(self.st.open[place]), float(portion))
        return None

    def _order(self, side: str, *, size: float = 1 - 2**-52, **levels: float | None) -> str | None:
        if not all(math.isfinite(level) for level in levels.values() if level is not None):
            return "ValueError"
        prices = [float(levels.get(name) or 0.0) for name in ("limit", "stop", "sl", "tp")]
        found = self.kernel.new_order(self.st, float(size if side == "buy" else -size), *prices, math.nan)
        if found == self.kernel.OK:
            return None
        return "AssertionError" if found == self.kernel.BAD_SIZE else "ValueError"

    def _result(self, status: str) -> dict[str, Any]:
        kernel, st, case = self.kernel, self.st, self.case
        times = pd.DatetimeIndex(case["times"])
        made = trades_of(st.closed[: st.closed_count], times, whole_units=case["broker"].get("step") is None)
        curve = kernel.equity_curve(self.state)
        columns = {name.capitalize(): case[name] for name in ("open", "high", "low", "close", "volume")}
        return {
            "status": status,
            "rejected": self.rejected,
            "trades": [_closed(trade) for trade in made],
            "open": [
                [float(row[0]), int(row[2]), float(row[1]), float(row[3]) or None, float(row[4]) or None]
                for row in st.trades[st.open[: st.trade_count]]
            ],
            "waiting": [
                [KINDS[int(row[0])], float(row[1]), float(row[2]) or None, float(row[3]) or None]
                for row in st.orders[st.queue[: st.order_count]]
            ],
            "cash": float(st.cash),
            "equity": curve.tolist(),
            "metrics": statistics_by(self.fills, made, curve, pd.DataFrame(columns, times)).metrics,
            "reasons": [trade._exit_reason for trade in made],
            "same_bar": [trade._same_bar for trade in made],
            "lost": {reason: int(row[0]) for reason, row in zip(REASONS, st.lost, strict=True) if row[0]},
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
