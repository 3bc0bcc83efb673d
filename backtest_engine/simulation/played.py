"""What the kernel played, as the rest of the engine knows it: trades, lost orders, equity."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from backtest_engine.simulation.kernel import layout
from backtest_engine.simulation.kernel.layout import Floats, State
from backtest_engine.simulation.losses import REASONS, Loss, Losses
from backtest_engine.simulation.orders import Trade

_FIGURES = (
    *(("size", layout.LOST_SIZE), ("limit", layout.LOST_LIMIT), ("stop", layout.LOST_STOP)),
    *(("sl", layout.LOST_SL), ("tp", layout.LOST_TP)),
)
_UNPAID = (
    *(("unit_cost", layout.LOST_UNIT), ("needed", layout.LOST_NEEDED), ("available", layout.LOST_AVAILABLE)),
    *(("power", layout.LOST_POWER), ("smallest", layout.LOST_SMALLEST)),
)


@dataclass(kw_only=True, eq=False)
class _Market:
    """What a closed trade asks of its broker."""

    times: pd.DatetimeIndex
    whole_units: bool


def trades_of(closed: Floats, times: pd.DatetimeIndex, *, whole_units: bool) -> list[Trade]:
    """Return the kernel's closed trades, of shape (trades, CLOSED_FIELDS), in the order in which they were closed."""
    market: Any = _Market(times=times, whole_units=whole_units)
    return [_trade(row, market) for row in closed.tolist()]


def _trade(row: list[float], market: Any) -> Trade:
    risk = row[layout.C_RISK]
    tag = None if risk != risk else str(risk)
    trade = Trade(market, row[layout.C_SIZE], row[layout.C_ENTRY], int(row[layout.C_ENTRY_BAR]), tag)
    trade._exit_price, trade._exit_bar = row[layout.C_EXIT], int(row[layout.C_EXIT_BAR])
    trade._exit_reason = layout.EXIT_REASONS[int(row[layout.C_REASON])]
    trade._sl, trade._tp = row[layout.C_SL] or None, row[layout.C_TP] or None
    trade._commissions = row[layout.C_COMMISSION]
    trade._same_bar, trade._better_exit = row[layout.C_SAME_BAR] == 1, row[layout.C_BETTER]
    return trade


def losses_of(state: State) -> Losses:
    """Return how many orders were placed and filled, and those that came to nothing by reason."""
    losses = Losses(placed=int(state.st.placed), filled=int(state.st.filled))
    rows = state.st.lost.tolist()
    for reason, row in zip(REASONS, rows, strict=True):
        if row[layout.LOST_COUNT]:
            figures = {name: row[place] for name, place in _FIGURES if row[place]}
            if row[layout.LOST_UNIT] == row[layout.LOST_UNIT]:
                figures |= {name: row[place] for name, place in _UNPAID}
            count, bar = int(row[layout.LOST_COUNT]), int(row[layout.LOST_BAR])
            losses.by_reason[reason] = Loss(count=count, bar=bar, figures=figures)
    return losses


def wiped_out_at(state: State) -> int | None:
    """Return the bar on which the account was worth nothing any more."""
    bar = int(state.st.wiped_out_at)
    return None if bar < 0 else bar
