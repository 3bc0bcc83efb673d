"""Supervisions: made with their run, sure of their bars from the first attempt on, written iteration by iteration."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from backtest_engine.domain import BacktestResult, Dataset
from backtest_engine.research.candidates import candidate_of
from backtest_engine.research.statistics.sharpe import Tries
from backtest_engine.spec import StrategySpec
from strategy_api.agents.models import Supervision, SupervisionIteration
from strategy_api.common.storable import storable
from strategy_api.research import ledger
from strategy_api.research.models import Goal
from strategy_api.runs.models import Run

ORIGIN = "supervise"


def make_supervision(run: Run) -> None:
    """Make the supervision of a new run: called in the transaction that makes the run."""
    Supervision.objects.create(
        id=run.pk,
        owner_id=run.owner_id,
        strategy_id=run.subject_id,
        version=run.subject_version,
        run=run,
        request=run.parameters,
    )


class LedgerTally:
    """Counts in the goal's ledger: `agents.supervisor.tally.Tally`."""

    def __init__(self, goal: Goal, dataset: Dataset) -> None:
        self._goal = goal
        self._bars = ledger.bars_of(dataset)

    def count(self, spec: StrategySpec, result: BacktestResult) -> None:
        """Write a try down; one that is known already stays as it is."""
        value = result.metrics.get("return_pct")
        tried = ledger.Evaluated(
            spec_hash=ledger.hash_of_spec(spec.as_json()),
            parameters=result.parameters,
            bars=self._bars,
            moments=candidate_of(result, parameters=result.parameters).moments,
            trade_count=len(result.trades),
            return_pct=float(value) if isinstance(value, int | float) else None,
        )
        ledger.record(self._goal, [tried], origin=ORIGIN)

    def tries(self) -> Tries:
        """Return all tries of the goal on these bars."""
        return ledger.tries_on(self._goal, self._bars)


def begin(supervision: Supervision, dataset: Dataset, goal: Goal) -> None:
    """Write down which bars it is about."""
    supervision.symbol, supervision.interval = dataset.symbol, dataset.interval
    supervision.dataset_fingerprint, supervision.trade_from = dataset.fingerprint, dataset.trade_from
    supervision.sealed_from, supervision.begun_at = goal.sealed_from, timezone.now()
    supervision.save()


def shown_iterations(supervision: Supervision) -> list[dict[str, Any]]:
    """Return the iterations as everybody sees them, the first first."""
    return [shown_iteration(row) for row in supervision.iterations.order_by("number")]


def shown_iteration(row: SupervisionIteration) -> dict[str, Any]:
    """Return an iteration as everybody sees it."""
    return {
        "number": row.number,
        "version": row.version,
        "change": row.change,
        "spec": row.spec,
        "metrics": row.metrics,
        "analysis": {"findings": row.findings},
        "proposals": row.proposals,
        "kept": row.kept,
        "why": row.why,
        "tries": row.tries,
    }


def write_iteration(supervision: Supervision, shown: Mapping[str, Any], *, version: int | None) -> None:
    """Write an iteration, once."""
    kept = storable(dict(shown))
    SupervisionIteration.objects.create(
        supervision=supervision,
        number=kept["number"],
        version=version,
        change=kept["change"],
        spec=kept["spec"],
        metrics=kept["metrics"],
        findings=kept["analysis"]["findings"],
        proposals=kept["proposals"],
        kept=kept["kept"],
        why=kept["why"],
        tries=kept["tries"],
    )
