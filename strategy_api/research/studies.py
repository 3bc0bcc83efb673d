"""Studies: made with their run, sure of their bars from the first attempt on, and recorded part by part."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Max
from django.utils import timezone

from backtest_engine.checks.parameters import effective_parameters
from backtest_engine.research.grids import grid_of
from backtest_engine.research.objectives import objective_of
from backtest_engine.research.optimize import Search
from backtest_engine.research.statistics.overfitting import BLOCKS
from backtest_engine.research.statistics.sharpe import Moments
from backtest_engine.research.trials import Tried
from strategy_api.common.storable import storable
from strategy_api.research import goals, ledger
from strategy_api.research.models import Study, StudyTrial
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy, StrategyVersion


@dataclass(frozen=True, kw_only=True)
class Row:
    """One candidate of a study and the bars that it was evaluated on."""

    position: int
    tried: Tried
    bars: ledger.Bars
    window: int | None = None
    label: str = ""
    spec_hash: str = ""


def make_study(run: Run) -> None:
    """Make the study of a new run: called in the transaction that makes the run."""
    strategy = Strategy.objects.get(pk=str(run.subject_id))
    Study.objects.create(
        id=run.pk,
        owner_id=run.owner_id,
        goal=goals.goal_of(strategy),
        strategy=strategy,
        version=run.subject_version or 1,
        run=run,
        kind=run.kind,
        request=run.parameters,
    )


def search_of(version: StrategyVersion, asked: Mapping[str, Any]) -> Search:
    """Return what a request searches; raise `InvalidParameter` for what the strategy does not declare."""
    return Search(
        grid=grid_of(asked["parameters"], code=version.code),
        objective=objective_of(asked.get("objective"), asked.get("constraint")),
        method=asked.get("method", "grid"),
        max_trials=asked.get("max_trials"),
        seed=asked.get("seed", 0),
    )


def record(study: Study, version: StrategyVersion, rows: Sequence[Row]) -> None:
    """Write candidates into the study and into the goal's ledger; those that failed were not evaluated."""
    StudyTrial.objects.bulk_create([_study_trial(study, row) for row in rows], batch_size=ledger.BATCH)
    declared = effective_parameters(version.code, {})
    usual = ledger.spec_hash(version)
    ledger.record(study.goal, _evaluated(rows, declared, usual), origin=study.kind)


def trials_of(study: Study) -> list[StudyTrial]:
    """Return the recorded candidates in their order."""
    return list(study.trials.order_by("position"))


def tried_of(row: StudyTrial, point: tuple[int, ...]) -> Tried:
    """Return a recorded candidate as the engine knows it."""
    return Tried(
        point=point,
        parameters=row.parameters,
        figures={
            "return_pct": row.return_pct,
            "sharpe_ratio": row.sharpe_ratio,
            "max_drawdown_pct": row.max_drawdown_pct,
            "trades": row.trade_count,
            "win_rate_pct": row.win_rate_pct,
            "profit_factor": row.profit_factor,
        },
        value=row.value,
        score=row.score,
        moments=Moments(bars=row.bars, sharpe=row.sharpe_per_bar, skew=row.skew, kurtosis=row.kurtosis),
        blocks=np.frombuffer(bytes(row.blocks), dtype=np.float64).reshape(3, BLOCKS)
        if row.blocks
        else np.zeros((3, BLOCKS)),
        error=row.error_code or None,
    )


def progress(study: Study, *, total: int) -> dict[str, Any]:
    """Return how far a study is: `done`, `total`, the best value so far, and about how many seconds are left."""
    done = study.trials.count()
    best = study.trials.aggregate(best=Max("score"))["best"]
    best_value = None if best is None else study.trials.filter(score=best).values_list("value", flat=True).first()
    spent = (timezone.now() - (study.begun_at or timezone.now())).total_seconds()
    left = spent / done * (total - done) if done else None
    return {"done": done, "total": total, "best_so_far": best_value, "seconds_left": left}


def _evaluated(rows: Iterable[Row], declared: Mapping[str, Any], usual: str) -> Iterable[ledger.Evaluated]:
    for row in rows:
        if row.tried.error is None:
            value = row.tried.figures.get("return_pct")
            yield ledger.Evaluated(
                spec_hash=row.spec_hash or usual,
                parameters={**declared, **row.tried.parameters},
                bars=row.bars,
                moments=row.tried.moments,
                trade_count=int(row.tried.figures.get("trades") or 0),
                return_pct=None if value is None else float(value),
            )


def _study_trial(study: Study, row: Row) -> StudyTrial:
    tried, figures = row.tried, storable(dict(row.tried.figures))
    return StudyTrial(
        study=study,
        position=row.position,
        window=row.window,
        label=row.label[:1_000],
        parameters=storable(dict(tried.parameters)),
        value=tried.value,
        score=tried.score,
        return_pct=figures.get("return_pct"),
        sharpe_ratio=figures.get("sharpe_ratio"),
        max_drawdown_pct=figures.get("max_drawdown_pct"),
        win_rate_pct=figures.get("win_rate_pct"),
        profit_factor=figures.get("profit_factor"),
        trade_count=figures.get("trades"),
        error_code=tried.error or "",
        sharpe_per_bar=tried.moments.sharpe,
        bars=tried.moments.bars,
        skew=tried.moments.skew,
        kurtosis=tried.moments.kurtosis,
        blocks=tried.blocks.tobytes() if tried.error is None else None,
    )
