"""How much of a result is timing, how wide its figures are, and what costs and small changes do to it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import StrategyError
from backtest_engine.ports import CancelSignal
from backtest_engine.research.candidates import Evaluator, bar_returns
from backtest_engine.research.plateau import HILL, NEAR
from backtest_engine.research.statistics import bootstrap
from backtest_engine.research.statistics.permutation import Permutation, entry_permutation

T = TypeVar("T")
# Carries a step out, and may say that it is done.
Step = Callable[[Callable[[], Any]], Any]

COSTS = (0.0, 1.0, 2.0, 4.0)
CHANGES = (-0.2, -0.1, 0.1, 0.2)


def asked(
    evaluator: Evaluator,
    dataset: Dataset,
    *,
    parameters: Mapping[str, Any],
    samples: int = 1_000,
    seed: int = 0,
    step: Step = lambda work: work(),
    cancelled: CancelSignal | None = None,
) -> tuple[BacktestResult, dict[str, Any]]:
    """Return the strategy's result, and all that is asked about it; raise a `StrategyError` where it fails."""
    result: BacktestResult = step(lambda: evaluator.result(dataset, parameters=parameters, broker=evaluator.broker))
    drawn = {"samples": samples, "seed": seed}
    random = step(lambda: permuted(result, **drawn))
    bootstrapped = step(lambda: intervals(result, **drawn))
    costs = [row for times in COSTS for row in step(_later(at_costs, evaluator, dataset, result.parameters, (times,)))]
    changes = []
    for name in numbers_of(result.parameters):
        only = {name: result.parameters[name]}
        changes += step(_later(changed, evaluator, dataset, result.parameters, only=only, cancelled=cancelled))
    value = result.metrics.get("return_pct")
    share = near_share(value if isinstance(value, float) else None, changes, "return_pct")
    return result, {
        "permutation": None if random is None else {"p": random.p, "samples": random.samples},
        "bootstrap": bootstrapped,
        "costs": costs,
        "parameters": {"changes": changes, "share": share, "shape": fragile(share)},
        "years": by_year(result),
    }


def steps_of(parameters: Mapping[str, Any]) -> int:
    """Return how many steps `asked` takes."""
    return 3 + len(COSTS) + len(numbers_of(parameters))


def _later(work: Callable[..., T], *arguments: Any, **named: Any) -> Callable[[], T]:
    return lambda: work(*arguments, **named)


def permuted(result: BacktestResult, *, samples: int = 1_000, seed: int = 0) -> Permutation | None:
    """Return how the times of a result's trades compare with random ones."""
    bars = result.dataset.bars
    opens = bars["Open"].to_numpy(np.float64)
    return entry_permutation(result.trades, opens, first=result.dataset.warm_up, samples=samples, seed=seed)


def intervals(result: BacktestResult, *, samples: int = 1_000, seed: int = 0) -> dict[str, Any] | None:
    """Return intervals of return, Sharpe ratio and drawdown; None for fewer than ten bars."""
    returns = bar_returns(result.equity["equity"].to_numpy(np.float64))
    return bootstrap.of_returns(returns, samples=samples, seed=seed) if len(returns) >= 10 else None


def at_costs(
    evaluator: Evaluator, dataset: Dataset, parameters: Mapping[str, Any], times: Sequence[float] = COSTS
) -> list[dict[str, Any]]:
    """Return the figures at multiples of the commission and the spread; None where the strategy fails."""
    return [
        {"times": factor, **_figures(evaluator, dataset, parameters, costlier(evaluator.broker, factor))}
        for factor in times
    ]


def costlier(broker: BrokerSettings, times: float) -> BrokerSettings:
    """Return the settings with commission and spread times a factor, within what a broker takes."""
    return replace(broker, commission=min(broker.commission * times, 0.09), spread=min(broker.spread * times, 0.09))


def changed(
    evaluator: Evaluator,
    dataset: Dataset,
    declared: Mapping[str, Any],
    *,
    only: Mapping[str, Any] | None = None,
    metric: str = "return_pct",
    changes: Sequence[float] = CHANGES,
    cancelled: CancelSignal | None = None,
) -> list[dict[str, Any]]:
    """Return a metric with each number among the parameters changed by shares of itself, the others as they are.

    `only` names those that are changed. Whole numbers stay whole, and change by one at least.
    """
    asked = [
        (name, share, _moved(value, share))
        for name, value in numbers_of(declared if only is None else only).items()
        for share in changes
    ]
    given = [{**declared, name: value} for name, _, value in asked]
    found = evaluator.sweep(dataset, given, cancelled=cancelled)
    return [
        {
            "parameter": name,
            "change": share,
            "value": value,
            metric: candidate.metrics.get(metric),
            "trade_count": candidate.metrics.get("trades"),
        }
        for (name, share, value), candidate in zip(asked, found, strict=True)
    ]


def numbers_of(parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return the parameters that are numbers and can be changed by a share of themselves."""
    return {
        name: value
        for name, value in parameters.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value
    }


def near_share(base: float | None, rows: Sequence[Mapping[str, Any]], metric: str) -> float | None:
    """Return the share of changed candidates within 20 % of the figure; None where there are none."""
    if base is None or not rows:
        return None
    values = [row[metric] for row in rows]
    within = [value is not None and value >= base - NEAR * abs(base) for value in values]
    return float(sum(within) / len(within))


def by_year(result: BacktestResult) -> list[dict[str, Any]]:
    """Return the return of each calendar year, and how many trades closed in it."""
    equity = result.equity["equity"].to_numpy(np.float64)
    years = pd.DatetimeIndex(result.equity.index).year.to_numpy()
    lasts = np.append(np.flatnonzero(years[1:] != years[:-1]), len(years) - 1)
    closed = Counter(trade.exit_time.year for trade in result.trades)
    rows, start = [], float(equity[0])
    for last in lasts:
        end, year = float(equity[last]), int(years[last])
        share = (end / start - 1) * 100 if start > 0 else None
        rows.append({"year": year, "return_pct": share, "profit": end - start, "trade_count": closed[year]})
        start = end
    return rows


def fragile(share: float | None) -> str:
    """Return `hill`, `needle` or `unknown`."""
    if share is None:
        return "unknown"
    return "hill" if share >= HILL else "needle"


def _figures(
    evaluator: Evaluator, dataset: Dataset, parameters: Mapping[str, Any], broker: BrokerSettings
) -> dict[str, Any]:
    try:
        metrics = evaluator.result(dataset, parameters=parameters, broker=broker).metrics
    except StrategyError as error:
        return {"return_pct": None, "sharpe_ratio": None, "trade_count": None, "error": error.code}
    return {
        "return_pct": metrics["return_pct"],
        "sharpe_ratio": metrics["sharpe_ratio"],
        "trade_count": metrics["trades"],
    }


def _moved(value: float, share: float) -> float:
    if isinstance(value, int):
        step = max(1, round(abs(value * share)))
        return value + step if share * value > 0 else value - step
    return round(value * (1 + share), 12)
