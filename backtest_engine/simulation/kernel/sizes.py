"""How large an entry order is."""

import numpy as np

from backtest_engine.simulation.kernel.account import available, worth
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import ALL_THERE_IS, T_SIZE
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
def size_of(st, price, stop, sign):
    """Return whether an order is sent, and its size without a sign."""
    kind = st.r[R_SIZING]
    if kind == EVERYTHING:
        return True, ALL_THERE_IS
    if kind in (SHARE, UNITS):
        return True, st.f[R_SIZING]
    if kind == CASH_AMOUNT:
        return True, _of_cash(st, st.f[R_SIZING], price)
    if kind == RISKED:
        share = st.f[R_SIZING] / 100 * price / abs(price - stop)
        if st.r[R_ONE_ENTRY]:
            return True, ALMOST_ALL if share > ALMOST_ALL else share
    elif kind == VOLATILITY:
        moved = st.now[st.r[R_SIZING_ROW]]
        share = 0.0
        if moved > 0:
            share = st.f[R_SIZING] / moved
            share = st.f[R_SIZING_CAP] if st.f[R_SIZING_CAP] < share else share
    elif kind == KELLY:
        share = _kelly(st)
    else:
        share = st.f[R_SIZING]
    if st.r[R_ONE_ENTRY]:
        size = ALMOST_ALL if share > ALMOST_ALL else share
    else:
        size = _of_free(st, share, sign)
    return size > 0, size


@jit
def _of_cash(st, amount, price):
    """Turn an amount of money into units, or where it buys none into a share of what buys."""
    size = np.trunc(amount / price)
    if size != 0:
        return size
    mark = st.close
    power = worth(st, mark) if st.r[R_ONE_ENTRY] else available(st, mark)
    power = power * st.leverage
    return amount / power if power > amount else 1.0


@jit
def _kelly(st):
    """Return a multiple of Kelly's share for the closed trades: what wins are worth against what losses cost."""
    gains, losses = st.gains, st.losses
    if gains + losses < st.r[R_SIZING_TRADES]:
        return st.f[R_SIZING_TRADES]
    if gains == 0:
        return 0.0
    share = gains / (gains + losses)
    if st.loss_sum > 0:
        odds = (st.gain_sum / gains) / (st.loss_sum / losses)
        share -= (1 - share) / odds
    share = st.f[R_SIZING] * share
    share = 0.0 if share < 0 else share
    return st.f[R_SIZING_CAP] if st.f[R_SIZING_CAP] < share else share


@jit
def _of_free(st, share, sign):
    """Turn a share of the equity into one of what no open trade holds."""
    mark = st.close
    equity = worth(st, mark)
    held = 0.0
    for place in range(st.trade_count):
        size = st.trades[st.open[place], T_SIZE]
        # When a position is turned round, what is open is closed before the order fills.
        if not st.r[R_REVERSE] or size * sign > 0:
            held += abs(size) * mark
    free = equity - held
    if not free > 0:
        return 0.0
    size = share * equity / free
    return ALMOST_ALL if size > ALMOST_ALL else size
