"""backtesting.py's own statistics, for results that are to be compared with it."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.simulation.orders import Trade
from backtest_engine.simulation.statistics import Metrics, Statistics, _finite, _iso

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


def library_statistics(trades: Sequence[Trade], equity: Any, bars: pd.DataFrame) -> Statistics:
    """Return backtesting.py's figures, with buy-and-hold counted from the first bar.

    A strategy that could shorten or lengthen that comparison by its warm-up could choose how good it looks.
    """
    from backtesting._stats import compute_stats

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        computed: pd.Series = compute_stats(
            trades=list(trades), equity=equity, ohlc_data=bars, strategy_instance=None, risk_free_rate=0.0
        )
    return Statistics(metrics=metrics_of(computed), curve=_curve_of(computed))


def metrics_of(computed: pd.Series) -> Metrics:
    """Return every scalar statistic under its own name: finite numbers, ISO 8601 times in UTC, or None."""
    metrics = {name: _plain(computed.get(theirs)) for theirs, name in METRICS.items()}
    # backtesting leaves it out when there were none.
    metrics["commissions"] = metrics["commissions"] or 0.0
    return metrics


def _curve_of(computed: pd.Series) -> pd.DataFrame:
    curve = computed["_equity_curve"]
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


def _plain(value: Any) -> float | int | str | None:
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return _iso(value)
    if isinstance(value, pd.Timedelta):
        return float(value.total_seconds())
    if isinstance(value, int | np.integer):
        return int(value)
    return _finite(float(value))
