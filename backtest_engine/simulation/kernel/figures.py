"""Figures of a run for comparing many: the definitions are those of `simulation.statistics`."""

import math

import numpy as np

from backtest_engine.simulation.kernel.jit import entry_point, jit
from backtest_engine.simulation.kernel.layout import (
    C_COMMISSION,
    C_ENTRY,
    C_ENTRY_BAR,
    C_EXIT,
    C_EXIT_BAR,
    C_SIZE,
)

(
    RETURN,
    SHARPE,
    BARS,
    SKEW,
    KURTOSIS,
    TRADES,
    WIN_RATE,
    PROFIT_FACTOR,
    MAX_DRAWDOWN,
    EXPOSURE,
    EQUITY_FINAL,
    COMMISSIONS,
) = range(12)
NAMES = (
    *("return_pct", "sharpe_per_bar", "bars", "skew", "kurtosis", "trades", "win_rate_pct", "profit_factor"),
    *("max_drawdown_pct", "exposure_time_pct", "equity_final", "commissions"),
)


@entry_point
def measure_run(record, equity, closed, first, scratch, out):
    """Fill `out` with the figures of a run from bar `first` on; `scratch` float64 (n + 1,) is written over.

    The equity before the first bar that was played becomes what it was there.
    """
    st = record[0]
    _fill_beginning(st, equity)
    _of_equity(equity, first, out)
    _of_trades(st, closed, first, scratch, out)


@jit
def _fill_beginning(st, equity):
    known = 0
    while known < len(equity) and math.isnan(equity[known]):
        known += 1
    start = st.cash if known == len(equity) else equity[known]
    equity[:known] = start


@jit
def _of_equity(equity, first, out):
    count = len(equity) - first - 1
    out[RETURN] = (equity[-1] - equity[first]) / equity[first] * 100
    out[EQUITY_FINAL] = equity[-1]
    out[BARS] = count
    total, peak, deepest = 0.0, equity[first], 0.0
    for bar in range(first + 1, len(equity)):
        total += equity[bar] / equity[bar - 1] - 1
        peak = max(peak, equity[bar])
        deepest = max(deepest, 1 - equity[bar] / peak)
    out[MAX_DRAWDOWN] = -deepest * 100
    mean = total / count
    second, third, fourth = 0.0, 0.0, 0.0
    for bar in range(first + 1, len(equity)):
        far = equity[bar] / equity[bar - 1] - 1 - mean
        square = far * far
        second += square
        third += square * far
        fourth += square * square
    # An equity that does not move has no Sharpe ratio, and no shape.
    moves = second > 0 and not math.isnan(second)
    out[SHARPE] = mean / math.sqrt(second / (count - 1)) if moves else math.nan
    out[SKEW] = third / count / (second / count) ** 1.5 if moves else math.nan
    out[KURTOSIS] = fourth / count / (second / count) ** 2 if moves else math.nan


@jit
def _of_trades(st, closed, first, scratch, out):
    count = st.closed_before
    scratch[:] = 0.0
    won, gains, losses, commissions = 0, 0.0, 0.0, 0.0
    for place in range(count):
        row = closed[place]
        scratch[int(row[C_ENTRY_BAR])] += 1
        scratch[int(row[C_EXIT_BAR]) + 1] -= 1
        commissions += row[C_COMMISSION]
        if row[C_SIZE] * (row[C_EXIT] - row[C_ENTRY]) - row[C_COMMISSION] > 0:
            won += 1
        gross = math.copysign(1.0, row[C_SIZE]) * (row[C_EXIT] / row[C_ENTRY] - 1)
        gained = gross - row[C_COMMISSION] / (abs(row[C_SIZE]) * row[C_ENTRY])
        if gained > 0:
            gains += gained
        else:
            losses -= gained
    held, inside = 0.0, 0
    for bar in range(len(scratch) - 1):
        held += scratch[bar]
        if held > 0 and bar >= first:
            inside += 1
    out[TRADES] = count
    out[COMMISSIONS] = commissions
    out[EXPOSURE] = inside / (len(scratch) - 1 - first) * 100
    out[WIN_RATE] = won / count * 100 if count else math.nan
    out[PROFIT_FACTOR] = gains / losses if losses > 0 else math.nan


def empty_figures(combinations: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return an array of shape (combinations, figures) of which nothing is known yet."""
    return np.full((combinations, len(NAMES)), np.nan)
