"""How large an entry order is."""

import numpy as np

from backtest_engine.simulation.kernel.account import available, worth
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    ALL_THERE_IS,
    BAR,
    CLOSE_PRICE,
    COUNTERS,
    GAIN_SUM,
    GAINS,
    LEVERAGE,
    LOSS_SUM,
    LOSSES,
    OPEN,
    T_SIZE,
    TRADES,
)
from backtest_engine.simulation.kernel.plan import (
    CASH_AMOUNT,
    EVERYTHING,
    KELLY,
    R_ONE_ENTRY,
    R_REVERSE,
    R_SIZING,
    R_SIZING_CAP,
    R_SIZING_ROW,
    R_SIZING_TRADES,
    RISKED,
    SHARE,
    UNITS,
    VOLATILITY,
)

# The largest share of what is available that the broker takes for a share.
ALMOST_ALL = 0.9999


@jit
def size_of(s, k, bars, trades, r, f, series, price, stop, sign):
    """Return whether an order is sent, and its size without a sign."""
    kind = r[R_SIZING]
    if kind == EVERYTHING:
        return True, ALL_THERE_IS
    if kind in (SHARE, UNITS):
        return True, f[R_SIZING]
    if kind == CASH_AMOUNT:
        return True, _of_cash(s, k, bars, trades, r, f[R_SIZING], price)
    if kind == RISKED:
        share = f[R_SIZING] / 100 * price / abs(price - stop)
        if r[R_ONE_ENTRY]:
            return True, ALMOST_ALL if share > ALMOST_ALL else share
    elif kind == VOLATILITY:
        moved = series[r[R_SIZING_ROW], k[COUNTERS, BAR]]
        share = 0.0
        if moved > 0:
            share = f[R_SIZING] / moved
            share = f[R_SIZING_CAP] if f[R_SIZING_CAP] < share else share
    elif kind == KELLY:
        share = _kelly(s, k, r, f)
    else:
        share = f[R_SIZING]
    if r[R_ONE_ENTRY]:
        size = ALMOST_ALL if share > ALMOST_ALL else share
    else:
        size = _of_free(s, k, bars, trades, r, share, sign)
    return size > 0, size


@jit
def _of_cash(s, k, bars, trades, r, amount, price):
    """Turn an amount of money into units, or where it buys none into a share of what buys."""
    size = np.trunc(amount / price)
    if size != 0:
        return size
    mark = bars[CLOSE_PRICE, k[COUNTERS, BAR]]
    power = worth(s, k, mark) if r[R_ONE_ENTRY] else available(s, k, trades, mark)
    power = power * s[LEVERAGE]
    return amount / power if power > amount else 1.0


@jit
def _kelly(s, k, r, f):
    """Return a multiple of Kelly's share for the closed trades: what wins are worth against what losses cost."""
    gains, losses = k[COUNTERS, GAINS], k[COUNTERS, LOSSES]
    if gains + losses < r[R_SIZING_TRADES]:
        return f[R_SIZING_TRADES]
    if gains == 0:
        return 0.0
    share = gains / (gains + losses)
    if s[LOSS_SUM] > 0:
        odds = (s[GAIN_SUM] / gains) / (s[LOSS_SUM] / losses)
        share -= (1 - share) / odds
    share = f[R_SIZING] * share
    share = 0.0 if 0 > share else share
    return f[R_SIZING_CAP] if f[R_SIZING_CAP] < share else share


@jit
def _of_free(s, k, bars, trades, r, share, sign):
    """Turn a share of the equity into one of what no open trade holds."""
    mark = bars[CLOSE_PRICE, k[COUNTERS, BAR]]
    equity = worth(s, k, mark)
    held = 0.0
    for place in range(k[COUNTERS, TRADES]):
        size = trades[k[OPEN, place], T_SIZE]
        # When a position is turned round, what is open is closed before the order fills.
        if not r[R_REVERSE] or size * sign > 0:
            held += abs(size) * mark
    free = equity - held
    if not free > 0:
        return 0.0
    size = share * equity / free
    return ALMOST_ALL if size > ALMOST_ALL else size
