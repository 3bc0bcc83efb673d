"""Turns backtesting.py's statistics into the project's metrics, trades and equity curve."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import Trade

Metrics = dict[str, float | int | str | None]

# Name in backtesting.py → name here. A duration is in seconds.
METRICS = {
    "Start": "start",
    "End": "end",
    "Duration": "duration_seconds",
    "Exposure Time [%]": "exposure_time_pct",
    "Equity Final [$]": "equity_final",
    "Equity Peak [$]": "equity_peak",
    "Commissions [$]": "commissions",
    "Return [%]": "return_pct",
    "Buy & Hold Return [%]": "buy_hold_return_pct",
    "Return (Ann.) [%]": "return_ann_pct",
    "Volatility (Ann.) [%]": "volatility_ann_pct",
    "CAGR [%]": "cagr_pct",
    "Sharpe Ratio": "sharpe_ratio",
    "Sortino Ratio": "sortino_ratio",
    "Calmar Ratio": "calmar_ratio",
    "Alpha [%]": "alpha_pct",
    "Beta": "beta",
    "Max. Drawdown [%]": "max_drawdown_pct",
    "Avg. Drawdown [%]": "avg_drawdown_pct",
    "Max. Drawdown Duration": "max_drawdown_duration_seconds",
    "Avg. Drawdown Duration": "avg_drawdown_duration_seconds",
    "# Trades": "trades",
    "Win Rate [%]": "win_rate_pct",
    "Best Trade [%]": "best_trade_pct",
    "Worst Trade [%]": "worst_trade_pct",
    "Avg. Trade [%]": "avg_trade_pct",
    "Max. Trade Duration": "max_trade_duration_seconds",
    "Avg. Trade Duration": "avg_trade_duration_seconds",
    "Profit Factor": "profit_factor",
    "Expectancy [%]": "expectancy_pct",
    "SQN": "sqn",
    "Kelly Criterion": "kelly_criterion",
}


def metrics_of(statistics: pd.Series) -> Metrics:
    """Return every scalar statistic under its own name: finite numbers, ISO 8601 times in UTC, or None."""
    metrics = {name: _plain(statistics.get(theirs)) for theirs, name in METRICS.items()}
    # backtesting leaves it out when there were none.
    metrics["commissions"] = metrics["commissions"] or 0.0
    return metrics


def trades_of(statistics: pd.Series) -> tuple[Trade, ...]:
    """Return the closed trades in the order in which they were closed."""
    frame = statistics["_trades"]
    if not len(frame):
        return ()
    columns = [_times(frame[name]) if name.endswith("Time") else frame[name].tolist() for name in _TRADE_COLUMNS]
    return tuple(
        Trade(
            size=float(size),
            entry_bar=int(entry_bar),
            exit_bar=int(exit_bar),
            entry_time=entry_time,
            exit_time=exit_time,
            entry_price=float(entry_price),
            exit_price=float(exit_price),
            stop_loss=_number(stop_loss),
            take_profit=_number(take_profit),
            pnl=float(pnl),
            commission=float(commission),
            return_pct=float(return_pct) * 100,
            tag=None if tag is None or tag != tag else str(tag),
        )
        for (
            size,
            entry_bar,
            exit_bar,
            entry_time,
            exit_time,
            entry_price,
            exit_price,
            stop_loss,
            take_profit,
            pnl,
            commission,
            return_pct,
            tag,
        ) in zip(*columns, strict=True)
    )


def equity_of(statistics: pd.Series) -> pd.DataFrame:
    """Return the equity curve by bar: `equity`, `drawdown_pct` (0 to 100), `drawdown_duration_seconds`."""
    curve = statistics["_equity_curve"]
    duration = curve["DrawdownDuration"]
    # Without any drawdown it is a column of numbers, all of them NaN.
    seconds = duration.dt.total_seconds() if duration.dtype.kind == "m" else duration
    return pd.DataFrame(
        {
            "equity": curve["Equity"].to_numpy(),
            "drawdown_pct": curve["DrawdownPct"].to_numpy() * 100,
            "drawdown_duration_seconds": seconds.to_numpy(dtype=float),
        },
        index=curve.index,
    )


_TRADE_COLUMNS = (
    *("Size", "EntryBar", "ExitBar", "EntryTime", "ExitTime", "EntryPrice", "ExitPrice"),
    *("SL", "TP", "PnL", "Commission", "ReturnPct", "Tag"),
)


def _times(column: pd.Series) -> list[datetime]:
    return list(pd.DatetimeIndex(column).tz_localize(UTC).to_pydatetime())


def _plain(value: Any) -> float | int | str | None:
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return _utc(value).isoformat()
    if isinstance(value, pd.Timedelta):
        return float(value.total_seconds())
    if isinstance(value, int | np.integer):
        return int(value)
    return _number(value)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _utc(stamp: Any) -> datetime:
    moment: datetime = pd.Timestamp(stamp).to_pydatetime(warn=False)
    return moment.replace(tzinfo=UTC)
