"""Whether a change is better beyond the noise, and whether what it makes beats chance.

The difference of two curves on the same bars is judged by the paired stationary block bootstrap: both are drawn with
the same rows, so what the market did to both cancels out.

Source: Ledoit and Wolf (2008), "Robust performance hypothesis
testing with the Sharpe ratio", Journal of Empirical Finance 15, with the blocks of Politis and Romano (1994).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backtest_engine.domain import BacktestResult
from backtest_engine.research.candidates import bar_returns
from backtest_engine.research.significance import permuted
from backtest_engine.research.statistics.bootstrap import block_length, stationary_rows
from backtest_engine.research.statistics.sharpe import Tries, deflated_sharpe, moments

Floats = np.ndarray[Any, np.dtype[np.float64]]

# One-sided, shared by the proposals of a round: the best of four is no better than chance four times as often.
LEVEL = 0.05
# Half of what is usual for p: several results are judged in one supervision.
CHANCE_P, CHANCE_SHARPE = 0.025, 0.95
SAMPLES = 1_000
_CELLS = 3_000_000


def _sharpe(returns: Floats) -> Floats:
    spread = returns.std(axis=-1)
    found: Floats = np.where(spread > 1e-15, returns.mean(axis=-1) / np.where(spread > 1e-15, spread, 1.0), 0.0)
    return found


def _growth(returns: Floats) -> Floats:
    found: Floats = np.log(np.maximum(1 + returns, 1e-9)).mean(axis=-1)
    return found


def _drawdown(returns: Floats) -> Floats:
    wealth = np.cumsum(np.log(np.maximum(1 + returns, 1e-9)), axis=-1)
    peaks = np.maximum(np.maximum.accumulate(wealth, axis=-1), 0.0)
    found: Floats = (wealth - peaks).min(axis=-1)
    return found


def _calm(returns: Floats) -> Floats:
    found: Floats = -returns.std(axis=-1)
    return found


# What of the returns stands for an objective; the Sharpe ratio for those that returns do not show.
STATISTICS: Mapping[str, Callable[[Floats], Floats]] = {
    "return_pct": _growth,
    "return_ann_pct": _growth,
    "cagr_pct": _growth,
    "equity_final": _growth,
    "max_drawdown_pct": _drawdown,
    "avg_drawdown_pct": _drawdown,
    "volatility_ann_pct": _calm,
}


def p_of_better(before: BacktestResult, after: BacktestResult, *, metric: str, seed: int = 0) -> float:
    """Return how likely luck gives so large an advantage over the same bars; 1 where there is no advantage."""
    old, new = _returns(before), _returns(after)
    if len(old) != len(new) or len(old) < 20:
        return 1.0
    statistic = STATISTICS.get(metric, _sharpe)
    gain = float(statistic(new) - statistic(old))
    if not gain > 0:
        return 1.0
    length = max(block_length(new - old), block_length(old), block_length(new))
    samples = max(200, min(SAMPLES, 20 * _CELLS // len(old)))
    at_once = max(1, _CELLS // len(old))
    larger = 0
    for begun in range(0, samples, at_once):
        part = min(at_once, samples - begun)
        rows = stationary_rows(len(old), samples=part, length=length, seed=seed + begun)
        drawn = statistic(new[rows]) - statistic(old[rows])
        larger += int((drawn - gain >= gain).sum())
    return (larger + 1) / (samples + 1)


def chance(result: BacktestResult, tries: Tries, *, seed: int = 0) -> dict[str, float | None]:
    """Return p of random entry times, and the probability that the Sharpe ratio is more than the luck of all tries.

    Ratios of strategies without any skill differ by 1/(T − 1) on T bars. The variance of the tries themselves would be
    that of the faults: a strategy whose fault was removed stands far from where it was.
    """
    found = permuted(result, seed=seed)
    measured = moments(_returns(result))
    spread = 1 / max(measured.bars - 1, 1)
    deflated = deflated_sharpe(measured, tries=tries.count, variance_of_tries=spread)
    return {"permutation_p": found.p if found else None, "deflated_sharpe": deflated}


def beats_chance(figures: Mapping[str, float | None]) -> bool:
    """Return whether a result is more than luck, as far as the bars before the seal can say."""
    p, deflated = figures["permutation_p"], figures["deflated_sharpe"]
    return deflated is not None and deflated >= CHANCE_SHARPE and (p is None or p <= CHANCE_P)


def _returns(result: BacktestResult) -> Floats:
    return bar_returns(result.equity["equity"].to_numpy(np.float64))
