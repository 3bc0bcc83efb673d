"""Every figure of a result, from closed trades, equity and prices: one definition each, written down here.

E is equity by bar, C the closes, r a trade's return (0.05 is 5 %), pl its profit. Risk-free rate 0.

Yearly figures take their year from the calendar. The periods are the bars, or the calendar days (UTC) where there are
several bars a day; x is the return of a period, the first one counted from the first bar's equity.

    years            (time of the last bar - time of the first) / 365.25 days
    periods a year Y number of x / years
    return_ann, cagr (E[-1] / E[0]) ** (1 / years) - 1
    volatility_ann   standard deviation of x (n - 1) * sqrt(Y)
    sharpe_ratio     return_ann / volatility_ann
    sortino_ratio    return_ann / (sqrt(mean(min(x, 0) ** 2)) * sqrt(Y))
    calmar_ratio     return_ann / largest drawdown

Below 30 days they are None. Others: drawdown is 1 - E / running maximum; a drawdown lasts from the bar of its peak to
the bar of recovery or the last bar; beta is the covariance of the logarithmic bar returns of E and C over the variance
of the latter, alpha = return - beta * buy_hold_return; exposure is the share of bars from entry to exit of any trade;
win_rate the share of pl > 0; avg_trade the geometric mean of r, expectancy the arithmetic; profit_factor the sum of
r > 0 over the sum of r < 0; sqn = sqrt(k) * mean(pl) / std(pl); kelly = w - (1 - w) / (mean gain / mean loss).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import Trade as ClosedTrade
from backtest_engine.simulation.orders import Trade

Metrics = dict[str, float | int | str | None]
Floats = np.ndarray[Any, np.dtype[np.float64]]

SHORTEST_DAYS = 30
YEARLY = ("return_ann_pct", "volatility_ann_pct", "cagr_pct", "sharpe_ratio", "sortino_ratio", "calmar_ratio")
NAMES = (
    *("start", "end", "duration_seconds", "exposure_time_pct", "equity_final", "equity_peak", "commissions"),
    *("return_pct", "buy_hold_return_pct", *YEARLY[:3], *YEARLY[3:], "alpha_pct", "beta"),
    *("max_drawdown_pct", "avg_drawdown_pct", "max_drawdown_duration_seconds", "avg_drawdown_duration_seconds"),
    *("trades", "win_rate_pct", "best_trade_pct", "worst_trade_pct", "avg_trade_pct"),
    *("max_trade_duration_seconds", "avg_trade_duration_seconds"),
    *("profit_factor", "expectancy_pct", "sqn", "kelly_criterion"),
)
_YEAR_SECONDS = 365.25 * 86_400


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistics:
    """`metrics` by name, finite or None; the equity curve by bar; `notes` says why a figure is missing."""

    metrics: Metrics
    curve: pd.DataFrame
    notes: Mapping[str, str] = field(default_factory=dict)


def statistics(trades: Sequence[Trade], equity: Floats, *, close: Floats, index: pd.DatetimeIndex) -> Statistics:
    """Return the figures of closed trades and of an equity curve of shape (bars,)."""
    seconds = _seconds(index)
    drawdown = 1 - equity / np.maximum(np.maximum.accumulate(equity), np.finfo(float).tiny)
    periods = _drawdown_periods(drawdown)
    depths = np.array([drawdown[a : b + 1].max() for a, b in periods])
    lengths = np.array([seconds[b] - seconds[a] for a, b in periods])
    total, held = ((values[-1] - values[0]) / values[0] for values in (equity, close))
    with np.errstate(all="ignore"):
        beta = _beta(equity, close)
        yearly, notes = _yearly(equity, seconds, float(drawdown.max()))
        metrics = {
            "start": _iso(index[0]),
            "end": _iso(index[-1]),
            "duration_seconds": float(seconds[-1] - seconds[0]),
            "exposure_time_pct": _exposure(trades, len(equity)) * 100,
            "equity_final": float(equity[-1]),
            "equity_peak": float(equity.max()),
            "commissions": math.fsum(trade._commissions for trade in trades),
            "return_pct": total * 100,
            "buy_hold_return_pct": held * 100,
            **yearly,
            "alpha_pct": (total - beta * held) * 100,
            "beta": beta,
            "max_drawdown_pct": -float(drawdown.max()) * 100,
            "avg_drawdown_pct": -_mean(depths) * 100,
            "max_drawdown_duration_seconds": float(lengths.max()) if periods else None,
            "avg_drawdown_duration_seconds": _mean(lengths),
            **_of_trades(trades, seconds),
        }
    shown: Metrics = {name: _finite(metrics[name]) for name in NAMES}
    duration = np.full(len(equity), np.nan)
    for (_, b), length in zip(periods, lengths, strict=True):
        duration[b] = length
    curve = {"equity": equity, "drawdown_pct": drawdown * 100, "drawdown_duration_seconds": duration}
    return Statistics(metrics=shown, curve=pd.DataFrame(curve, index=index), notes=notes)


def closed_trades(trades: Sequence[Trade], index: pd.DatetimeIndex) -> tuple[ClosedTrade, ...]:
    """Return trades in the order in which they were closed, as data."""
    bars = [int(bar or 0) for trade in trades for bar in (trade._entry_bar, trade._exit_bar)]
    times = iter(index[bars].tz_localize(UTC).to_pydatetime())
    return tuple(
        ClosedTrade(
            size=float(trade._size),
            entry_bar=trade._entry_bar,
            exit_bar=int(trade._exit_bar or 0),
            entry_time=next(times),
            exit_time=next(times),
            entry_price=trade._entry_price,
            exit_price=float(trade._exit_price or 0.0),
            stop_loss=trade._sl,
            take_profit=trade._tp,
            pnl=float(trade.pl),
            commission=trade._commissions,
            return_pct=float(trade.pl_pct) * 100,
            tag=None if trade._tag is None else str(trade._tag),
            exit_reason=trade._exit_reason,
            same_bar=trade._same_bar,
        )
        for trade in trades
    )


def _seconds(index: pd.DatetimeIndex) -> Floats:
    return index.as_unit("ns").asi8 / 1e9


def _yearly(equity: Floats, seconds: Floats, deepest: float) -> tuple[Metrics, dict[str, str]]:
    days = (seconds[-1] - seconds[0]) / 86_400
    if days < SHORTEST_DAYS:
        why = f"The data covers {days:.3g} days: figures by the year need at least {SHORTEST_DAYS}."
        return dict.fromkeys(YEARLY), dict.fromkeys(YEARLY, why)
    years = days * 86_400 / _YEAR_SECONDS
    levels = _levels(equity, seconds)
    returns = levels[1:] / levels[:-1] - 1
    returns = returns[np.isfinite(returns)]
    a_year = math.sqrt(len(returns) / years)
    gained = float(max(equity[-1] / equity[0], 0.0)) ** (1 / years) - 1
    volatility = float(returns.std(ddof=1)) * a_year if len(returns) > 1 else math.nan
    downside = math.sqrt(float((np.minimum(returns, 0) ** 2).mean())) * a_year if len(returns) else math.nan
    return {
        "return_ann_pct": gained * 100,
        "volatility_ann_pct": volatility * 100,
        "cagr_pct": gained * 100,
        "sharpe_ratio": _ratio(gained, volatility),
        "sortino_ratio": _ratio(gained, downside),
        "calmar_ratio": _ratio(gained, deepest),
    }, {}


def _levels(equity: Floats, seconds: Floats) -> Floats:
    """Return the first equity and that at the end of each period: each later bar, or each day of several bars."""
    day = np.floor(seconds / 86_400)
    if not (day[1:] == day[:-1]).any():
        return equity
    ends = np.append(np.flatnonzero(day[1:] != day[:-1]), len(day) - 1)
    return np.concatenate([equity[:1], equity[ends]])


def _drawdown_periods(drawdown: Floats) -> list[tuple[int, int]]:
    """Return (bar of the peak, bar of recovery or last bar) of each drawdown."""
    last = len(drawdown) - 1
    at_peak = np.flatnonzero(drawdown == 0)
    edges = at_peak if len(at_peak) and at_peak[-1] == last else np.append(at_peak, last)
    wide = np.flatnonzero(np.diff(edges) > 1)
    periods = [(int(edges[k]), int(edges[k + 1])) for k in wide]
    if last and drawdown[last] > 0 and drawdown[last - 1] == 0:
        periods.append((last - 1, last))
    return periods


def _exposure(trades: Sequence[Trade], bars: int) -> float:
    change = np.zeros(bars + 1)
    for trade in trades:
        change[trade._entry_bar] += 1
        change[int(trade._exit_bar or 0) + 1] -= 1
    return float((np.cumsum(change[:-1]) > 0).mean())


def _beta(equity: Floats, close: Floats) -> float:
    ours, market = np.diff(np.log(equity)), np.diff(np.log(close))
    if len(ours) < 2:
        return math.nan
    spread = market - market.mean()
    return float((spread * (ours - ours.mean())).sum() / (spread**2).sum())


def _of_trades(trades: Sequence[Trade], seconds: Floats) -> Metrics:
    names = ("win_rate_pct", "best_trade_pct", "worst_trade_pct", "avg_trade_pct", "max_trade_duration_seconds")
    if not trades:
        others = ("avg_trade_duration_seconds", "profit_factor", "expectancy_pct", "sqn", "kelly_criterion")
        return {"trades": 0, **dict.fromkeys((*names, *others))}
    profit = np.array([float(trade.pl) for trade in trades])
    gain = np.array([float(trade.pl_pct) for trade in trades])
    lasted = np.array([seconds[trade._exit_bar] - seconds[trade._entry_bar] for trade in trades])
    won = float((profit > 0).mean())
    scatter = float(profit.std(ddof=1)) if len(profit) > 1 else 0.0
    earned, spent = profit[profit > 0], -profit[profit < 0]
    payoff = _ratio(_mean(earned), _mean(spent))
    return {
        "trades": len(trades),
        "win_rate_pct": won * 100,
        "best_trade_pct": float(gain.max()) * 100,
        "worst_trade_pct": float(gain.min()) * 100,
        "avg_trade_pct": _geometric_mean(gain) * 100,
        "max_trade_duration_seconds": float(lasted.max()),
        "avg_trade_duration_seconds": float(lasted.mean()),
        "profit_factor": _ratio(float(gain[gain > 0].sum()), float(-gain[gain < 0].sum())),
        "expectancy_pct": float(gain.mean()) * 100,
        "sqn": _ratio(math.sqrt(len(trades)) * float(profit.mean()), scatter),
        "kelly_criterion": won - (1 - won) / payoff if payoff else math.nan,
    }


def _geometric_mean(returns: Floats) -> float:
    if (returns <= -1).any():
        return 0.0
    return float(np.expm1(np.log1p(returns).mean()))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _ratio(over: float, under: float) -> float:
    return over / under if under and not math.isnan(under) else math.nan


def _finite(value: Any) -> float | int | str | None:
    if value is None or isinstance(value, int | str):
        return value
    return float(value) if math.isfinite(value) else None


def _iso(stamp: Any) -> str:
    moment: datetime = pd.Timestamp(stamp).to_pydatetime(warn=False)
    return moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
