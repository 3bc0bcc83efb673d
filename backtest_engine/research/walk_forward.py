"""Choosing parameters on the past and using them on what follows, window by window.

The idea is Pardo's (1992, "Design, Testing and Optimization of Trading Systems"): only the test windows, put one after
another, say what the choosing is worth.
"""

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import fingerprint
from backtest_engine.domain import Dataset
from backtest_engine.errors import InvalidParameter
from backtest_engine.fitting import LONGEST
from backtest_engine.ports import CancelSignal
from backtest_engine.research.candidates import Candidate, Evaluator, bar_returns
from backtest_engine.research.optimize import Search, evaluate
from backtest_engine.research.search import Point
from backtest_engine.research.statistics.sharpe import moments, probabilistic_sharpe
from backtest_engine.research.trials import Tried, best_of

ENOUGH_TRADES = 30
# Where no lengths are given: five test windows of an eighth of the bars, each after three of training.
PARTS, TRAINING_PARTS = 8, 3


@dataclass(frozen=True, kw_only=True)
class Window:
    """Rows among the traded bars: training from `train` to `test` (not included), testing from there to `end`."""

    number: int
    train: int
    test: int
    end: int


def windows_of(
    bars: int, *, train_bars: int | None = None, test_bars: int | None = None, anchored: bool = False
) -> list[Window]:
    """Return the windows: test windows follow each other without a gap; an incomplete last one is left out.

    Raises `InvalidParameter` (`windows_too_long`) where not one fits.
    """
    test = test_bars or (max(2, bars // PARTS) if train_bars is None else max(2, (bars - train_bars) // 5))
    train = train_bars or TRAINING_PARTS * test
    if train < 2 or test < 2 or train + test > bars:
        raise InvalidParameter(
            f"train_bars {train:,} and test_bars {test:,} do not fit into {bars:,} bars.",
            code="windows_too_long",
            details={"train_bars": train, "test_bars": test, "bars": bars},
        )
    starts = range(train, bars - test + 1, test)
    return [
        Window(number=number, train=0 if anchored else start - train, test=start, end=start + test)
        for number, start in enumerate(starts, start=1)
    ]


def part_of(dataset: Dataset, first: int, end: int) -> Dataset:
    """Return traded bars `first` to `end` (not included), warmed up by the bars before them.

    It starts flat, decides first on its first bar, and is closed at its last close.
    """
    begin = dataset.warm_up + first
    bars = dataset.bars.iloc[max(0, begin - LONGEST) : dataset.warm_up + end]
    start = pd.Timestamp(dataset.bars.index[begin]).to_pydatetime().replace(tzinfo=UTC)
    return replace(
        dataset,
        bars=bars,
        fingerprint=fingerprint(bars),
        trade_from=start if begin > 0 else None,
        notices=(),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Tested:
    """A window with what was chosen in training, and what that gave in the test. None where nothing counted."""

    window: Window
    trials: list[Tried]
    chosen: Tried | None
    outcome: Candidate | None


def walk(
    evaluator: Evaluator,
    dataset: Dataset,
    search: Search,
    points: Sequence[Point],
    window: Window,
    *,
    cancelled: CancelSignal | None = None,
) -> Tested:
    """Choose in the training part of a window and test the choice on what follows."""
    training = part_of(dataset, window.train, window.test)
    trials = evaluate(evaluator, training, search, points, cancelled=cancelled)
    chosen = best_of(trials)
    if chosen is None:
        return Tested(window=window, trials=trials, chosen=None, outcome=None)
    testing = part_of(dataset, window.test, window.end)
    outcome = next(
        iter(evaluator.sweep(testing, [chosen.parameters], needed=search.objective.needed, cancelled=cancelled))
    )
    return Tested(window=window, trials=trials, chosen=chosen, outcome=outcome)


def row_of(tested: Tested, dataset: Dataset) -> dict[str, Any]:
    """Return a window as it is kept: dates, choice, figures, and its equity as growth from 1 after each bar.

    A window in which nothing could be chosen, or whose test failed, stays in cash.
    """
    index = dataset.bars.index[dataset.warm_up :]
    window, chosen, outcome = tested.window, tested.chosen, tested.outcome
    works = outcome is not None and outcome.error is None and len(outcome.equity) > 0
    growth = outcome.equity / outcome.equity[0] if works and outcome is not None else np.ones(window.end - window.test)
    metrics: Mapping[str, Any] = outcome.metrics if works and outcome is not None else {}
    trades = int(metrics.get("trades") or 0)
    return {
        "number": window.number,
        "train_from": _iso(index[window.train]),
        "train_to": _iso(index[window.test - 1]),
        "test_from": _iso(index[window.test]),
        "test_to": _iso(index[window.end - 1]),
        "test_first_bar": window.test,
        "train_bars": window.test - window.train,
        "test_bars": window.end - window.test,
        "parameters": dict(chosen.parameters) if chosen else None,
        "train_value": chosen.value if chosen else None,
        "train_return_pct": chosen.figures["return_pct"] if chosen else None,
        "return_pct": float((growth[-1] - 1) * 100),
        "sharpe_ratio": metrics.get("sharpe_ratio"),
        "max_drawdown_pct": metrics.get("max_drawdown_pct"),
        "trade_count": trades,
        "too_few_trades": trades < ENOUGH_TRADES,
        "error": outcome.error if outcome is not None else ("nothing_to_choose" if chosen is None else None),
        "growth": [float(value) for value in growth],
    }


def summary(rows: Sequence[Mapping[str, Any]], *, cash: float, bars_a_year: float) -> dict[str, Any]:
    """Return the stitched curve of the test windows, its metrics, the drift of the parameters and the efficiency."""
    growth = stitched(rows)
    returns = bar_returns(growth)
    measured = moments(returns)
    t = None if measured.sharpe is None else measured.sharpe * math.sqrt(measured.bars)
    trades = sum(row["trade_count"] for row in rows)
    peak = np.maximum.accumulate(growth)
    few = trades < ENOUGH_TRADES
    total = float((growth[-1] - 1) * 100)
    said = f"{len(rows)} test windows returned {total:+.1f} % together"
    said += f" (t = {t:.2f})" if t is not None else ""
    said += f", with too few trades: {trades}." if few else f", in {trades} trades."
    return {
        "windows": [{name: value for name, value in row.items() if name != "growth"} for row in rows],
        "equity": [float(value) for value in growth * cash],
        "metrics": {
            "return_pct": total,
            "sharpe_per_bar": measured.sharpe,
            "sharpe_ratio": None if measured.sharpe is None else measured.sharpe * math.sqrt(bars_a_year),
            "t_statistic": t,
            "probabilistic_sharpe": probabilistic_sharpe(measured),
            "max_drawdown_pct": float((growth / peak - 1).min() * 100),
            "trade_count": trades,
            "bars": len(growth),
        },
        "drift": _drift(rows),
        "efficiency": _efficiency(rows),
        "too_few_trades": few,
        "sentence": said,
    }


def stitched(rows: Sequence[Mapping[str, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the growth of one unit through the test windows, one after another, after each of their bars."""
    parts, level = [], 1.0
    for row in rows:
        part = np.asarray(row["growth"], dtype=np.float64) * level
        parts.append(part)
        level = float(part[-1])
    return np.concatenate(parts)


def _drift(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return for each parameter what was chosen, how often it changed, and its range."""
    chosen = [row["parameters"] for row in rows if row["parameters"]]
    drift = {}
    for name in chosen[0] if chosen else ():
        values = [parameters[name] for parameters in chosen]
        numbers = [value for value in values if isinstance(value, int | float)]
        drift[name] = {
            "values": values,
            "changes": sum(before != after for before, after in itertools.pairwise(values)),
            "most_often": Counter(values).most_common(1)[0][0],
            "min": min(numbers) if numbers else None,
            "max": max(numbers) if numbers else None,
        }
    return drift


def _efficiency(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return growth a bar in the tests over growth a bar in training (logarithms); None without growth in training."""
    chosen = [row for row in rows if row["train_return_pct"] is not None and row["train_return_pct"] > -100]
    trained = sum(math.log1p(row["train_return_pct"] / 100) for row in chosen)
    train_bars = sum(row["train_bars"] for row in chosen)
    tested = sum(math.log(max(row["growth"][-1], 1e-12)) for row in chosen)
    test_bars = sum(row["test_bars"] for row in chosen)
    if trained <= 0 or not test_bars:
        return None
    return float((tested / test_bars) / (trained / train_bars))


def _iso(stamp: Any) -> str:
    moment = pd.Timestamp(stamp).to_pydatetime().replace(tzinfo=UTC)
    return str(moment.isoformat().replace("+00:00", "Z"))
