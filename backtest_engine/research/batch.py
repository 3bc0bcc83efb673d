"""One strategy on many markets: on how many it works, and on how many luck alone would make it seem to."""

from collections.abc import Mapping, Sequence
from typing import Any

from backtest_engine.domain import BacktestResult
from backtest_engine.errors import AlgoAgentError
from backtest_engine.research.candidates import candidate_of
from backtest_engine.research.statistics.multiplicity import holm
from backtest_engine.research.statistics.permutation import Permutation
from backtest_engine.research.statistics.sharpe import probabilistic_sharpe

LEVEL = 0.05


def row(result: BacktestResult, permuted: Permutation | None) -> dict[str, Any]:
    """Return what came of one market; `p` is the larger of two: that of the Sharpe ratio and that of the timing."""
    moments = candidate_of(result, parameters=result.parameters).moments
    skill = probabilistic_sharpe(moments)
    known = [value for value in (None if skill is None else 1 - skill, permuted.p if permuted else None) if value]
    dataset = result.dataset
    return {
        "symbol": dataset.symbol,
        "interval": dataset.interval,
        "bars": len(dataset) - dataset.warm_up,
        "return_pct": result.metrics["return_pct"],
        "buy_hold_return_pct": result.metrics["buy_hold_return_pct"],
        "sharpe_ratio": result.metrics["sharpe_ratio"],
        "max_drawdown_pct": result.metrics["max_drawdown_pct"],
        "trade_count": result.metrics["trades"],
        "p": max(known) if known else 1.0,
        "error": None,
    }


def failure(about: Mapping[str, Any], error: AlgoAgentError) -> dict[str, Any]:
    """Return a market on which nothing could be tried, with the reason."""
    names = ("bars", "return_pct", "buy_hold_return_pct", "sharpe_ratio", "max_drawdown_pct", "trade_count", "p")
    return {**about, **dict.fromkeys(names), "error": {"code": error.code, "message": error.message}}


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the table with corrected p values, and the sentence: works on so many, by luck so many.

    `works` counts markets with p ≤ 0.05 and a gain, `by_luck` is what as many markets without any skill would show;
    `corrected` are those that remain after Holm's correction for having looked at all.
    """
    tested = [row for row in rows if row["p"] is not None]
    corrected = iter(holm([row["p"] for row in tested]))
    shown = [{**row, "corrected_p": next(corrected) if row["p"] is not None else None} for row in rows]
    gained = [row for row in shown if row["p"] is not None and (row["return_pct"] or 0.0) > 0]
    works = sum(row["p"] <= LEVEL for row in gained)
    remain = sum(row["corrected_p"] <= LEVEL for row in gained)
    by_luck = LEVEL * len(tested)
    said = (
        f"Works on {works} of {len(tested)}, by luck {by_luck:.0f}; {remain} remain after correction for trying many."
    )
    failed = len(rows) - len(tested)
    said += f" {failed} could not be tried." if failed else ""
    return {"symbols": shown, "works": works, "tested": len(tested), "by_luck": by_luck, "corrected": remain} | {
        "sentence": said
    }
