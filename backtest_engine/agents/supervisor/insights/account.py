"""What became of the account."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from backtest_engine.agents.supervisor.insights.base import Picture, amount, has, sampled, time_axis, time_of
from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation


def equity(situation: Situation, findings: Sequence[Finding]) -> Picture:
    """Return the account beside buying and holding."""
    index, first = situation.index[situation.first :], situation.close[situation.first]
    own, places = situation.equity, sampled(len(situation.equity))
    held = situation.result.broker.cash * situation.close[situation.first :] / first
    rows = [
        {"time": time_of(index[place]), "equity": float(curve[place]), "what": what}
        for what, curve in (("strategy", own), ("buy and hold", held))
        for place in places
    ]
    worse = has(findings, "worse_than_buy_and_hold", "worse_than_random_entries")
    return Picture(
        name="equity",
        title="Equity against buying and holding",
        why=worse.sentence if worse else "Shows when the strategy earned what the market did not.",
        spec={
            "mark": {"type": "line", "strokeWidth": 1.5},
            "encoding": {
                "x": time_axis(),
                "y": amount("equity", "Equity", scale={"zero": False}),
                "color": {"field": "what", "type": "nominal", "title": None},
            },
        },
        rows=rows,
    )


def drawdown(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return how far the account was below its highest value."""
    index, own = situation.index[situation.first :], situation.equity
    fall = 100 * (own / np.maximum.accumulate(own) - 1)
    if fall.min() > -1:
        return None
    found = has(findings, "drawdown", "few_losses_take_all")
    return Picture(
        name="drawdown",
        title="Drawdown",
        why=found.sentence if found else f"Shows how long the account was under water: {fall.min():.0f} % at worst.",
        spec={
            "mark": {"type": "area", "opacity": 0.5},
            "encoding": {"x": time_axis(), "y": amount("drawdown_pct", "Below the highest value, %")},
        },
        rows=[{"time": time_of(index[place]), "drawdown_pct": float(fall[place])} for place in sampled(len(fall))],
    )


def monthly_returns(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return the return of each month as a grid of years and months."""
    index = pd.DatetimeIndex(situation.index[situation.first :])
    curve = pd.Series(situation.equity, index=index)
    last = curve.groupby([index.year, index.month]).last()
    returns = 100 * (last / last.shift().fillna(float(curve.iloc[0])) - 1)
    if len(returns) < 6:
        return None
    found = has(findings, "one_month_loses", "loses_in_one_year")
    return Picture(
        name="monthly_returns",
        title="Monthly returns",
        why=found.sentence if found else "Shows whether a few months made the result.",
        spec={
            "mark": "rect",
            "encoding": {
                "x": {"field": "month", "type": "ordinal", "title": "Month"},
                "y": {"field": "year", "type": "ordinal", "title": "Year"},
                "color": {
                    "field": "return_pct",
                    "type": "quantitative",
                    "title": "Return, %",
                    "scale": {"scheme": "redblue", "domainMid": 0},
                },
                "tooltip": [{"field": "return_pct", "type": "quantitative", "format": ".2f"}],
            },
        },
        rows=[
            {"year": int(year), "month": int(month), "return_pct": float(value)}
            for year, month, value in zip(*zip(*returns.index, strict=True), returns, strict=True)
        ],
    )


def rolling_sharpe(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return the Sharpe ratio of a moving window of a tenth of the bars."""
    returns = pd.Series(situation.bar_returns)
    window = max(20, len(returns) // 10)
    if len(returns) < 3 * window:
        return None
    spread = returns.rolling(window).std()
    ratio = (returns.rolling(window).mean() / spread.where(spread > 1e-12) * math.sqrt(252)).to_numpy()
    index = situation.index[situation.first + 1 :]
    rows = [
        {"time": time_of(index[place]), "sharpe": float(ratio[place])}
        for place in sampled(len(ratio))
        if math.isfinite(ratio[place])
    ]
    if not rows:
        return None
    found = has(findings, "loses_in_one_trend", "loses_in_one_volatility", "loses_in_one_year")
    return Picture(
        name="rolling_sharpe",
        title=f"Sharpe ratio of the last {window} bars (252 a year)",
        why=found.sentence if found else "Shows whether the edge was there all the time or only once.",
        spec={
            "mark": {"type": "line", "strokeWidth": 1},
            "encoding": {"x": time_axis(), "y": amount("sharpe", "Sharpe ratio")},
        },
        rows=rows,
    )


def exposure(situation: Situation, findings: Sequence[Finding]) -> Picture | None:
    """Return the share of bars in the market, month by month."""
    if situation.count == 0:
        return None
    held = np.zeros(len(situation.index))
    for entry, leave in zip(situation.entry, situation.exit, strict=True):
        held[entry : leave + 1] = 1
    index = pd.DatetimeIndex(situation.index[situation.first :])
    months = pd.Series(100 * held[situation.first :], index=index).groupby(index.to_period("M")).mean()
    found = has(findings, "exposure", "costs_eat_it", "few_trades")
    return Picture(
        name="exposure",
        title="Exposure by month",
        why=found.sentence if found else "Shows how much of the time money was at stake.",
        spec={"mark": "bar", "encoding": {"x": time_axis(), "y": amount("exposure_pct", "Bars in the market, %")}},
        rows=[
            {"time": time_of(period.start_time), "exposure_pct": float(value)}
            for period, value in zip(pd.PeriodIndex(months.index), months, strict=True)
        ],
    )
