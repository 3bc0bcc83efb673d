"""What the commands of research do: the same searches as the service, without a ledger of earlier tries."""

import argparse
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from backtest_engine.cli.answers import Answer, of_result
from backtest_engine.cli.commands import _answer_all, _broker, _dataset, _engine, _strategy
from backtest_engine.cli.terminal import Terminal
from backtest_engine.domain import BacktestResult, Dataset
from backtest_engine.errors import RequestError


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A strategy, what evaluates it, and the bars before the seal."""

    strategy: Answer
    dataset: Dataset
    evaluator: Any
    sealed_from: datetime | None


def optimize(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Search for parameters."""
    from backtest_engine.research.optimize import summary
    from backtest_engine.research.statistics.sharpe import Tries, variance_of
    from backtest_engine.research.trials import best_of

    def study(ground: Ground) -> Answer:
        search = _search(asked, ground)
        trials = _tried(search, ground)
        sharpes = [trial.moments.sharpe for trial in trials if trial.moments.sharpe is not None]
        tries = Tries(count=max(len(trials), 1), variance=variance_of(sharpes))
        found = summary(search, trials, tries=tries)
        found["trials"] = [
            {"parameters": dict(trial.parameters), "value": trial.value, **trial.figures, "error": trial.error}
            for trial in trials
        ]
        best = best_of(trials)
        if best is None:
            return found
        result = _whole(ground, best.parameters)
        plateau = found["plateau"]
        known = {"near_share": plateau["share"], "neighbours": plateau["neighbours"]}
        found["best"]["evidence"] = _evidence(ground, result, tries=tries, **known)
        return {**of_result(result), **found, "evidence": found["best"]["evidence"]}

    return _study(asked, terminal, study)


def walk_forward(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Search on the past and test on what follows."""
    from backtest_engine.research import walk_forward as walking
    from backtest_engine.research.statistics.sharpe import Tries

    def study(ground: Ground) -> Answer:
        search = _search(asked, ground)
        dataset = ground.dataset
        bars = len(dataset) - dataset.warm_up
        windows = walking.windows_of(
            bars, train_bars=asked.train_bars, test_bars=asked.test_bars, anchored=asked.anchored
        )
        points = _points(search, ground)
        tested = [walking.walk(ground.evaluator, dataset, search, points, window) for window in windows]
        years = (dataset.end - dataset.first_traded).total_seconds() / (365.25 * 86_400)
        rows = [walking.row_of(one, dataset) for one in tested]
        found = walking.summary(rows, cash=ground.evaluator.broker.cash, bars_a_year=bars / max(years, 1e-9))
        stitched = found.pop("metrics")
        chosen = next((one.chosen for one in reversed(tested) if one.chosen is not None), None)
        if chosen is None:
            return {**found, "out_of_sample": stitched}
        result = _whole(ground, chosen.parameters)
        tries = Tries(count=len(points) * len(windows))
        evidence = _evidence(ground, result, tries=tries)
        best = {"parameters": dict(chosen.parameters), "evidence": evidence}
        return {**of_result(result), **found, "out_of_sample": stitched, "best": best, "evidence": evidence}

    return _study(asked, terminal, study)


def significance(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Ask how much of a result is luck."""
    from backtest_engine.research import significance as asking

    def study(ground: Ground) -> Answer:
        result, found = asking.asked(ground.evaluator, ground.dataset, parameters={}, seed=asked.seed)
        near = found["parameters"]
        known = {"near_share": near["share"], "neighbours": len(near["changes"])}
        evidence = _evidence(ground, result, **known)
        return {**of_result(result), "significance": found, "evidence": evidence}

    return _study(asked, terminal, study)


def spread(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Read a strategy's sentence every reasonable way."""
    from backtest_engine.research import readings as reading
    from backtest_engine.spec import StrategySpec

    def study(ground: Ground) -> Answer:
        described = asked.description or ground.strategy.get("description") or ""
        spec = ground.strategy["spec"]
        if spec is None:
            reading.require_sentence(None, "")
        readings = reading.readings_of(
            StrategySpec.model_validate(spec), ground.evaluator.broker, description=described
        )
        executor = ground.evaluator.executor
        found = list(reading.evaluated(readings, ground.dataset, executor=executor))
        shown = reading.summary(readings, found)
        result = _whole(ground, {})
        returns = [row["return_pct"] for row in shown["readings"] if row["return_pct"] is not None]
        return {**of_result(result), **shown, "evidence": _evidence(ground, result, readings=returns)}

    return _study(asked, terminal, study)


def evidence(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Say what a result is worth, with every check."""

    def study(ground: Ground) -> Answer:
        result = _whole(ground, dict(asked.parameter))
        return {**of_result(result), "evidence": _evidence(ground, result)}

    return _study(asked, terminal, study)


def _study(asked: argparse.Namespace, terminal: Terminal, study: Callable[[Ground], Answer]) -> int:
    from backtest_engine.cli.research_layout import show_study
    from backtest_engine.research.sealing import sentence

    use_kernel_folder()
    with _grounds(asked, terminal) as ground_of:

        def work(file: str) -> Answer:
            ground = ground_of(file)
            found = {**ground.strategy, "study": asked.command.replace("-", "_"), **study(ground)}
            sealed = ground.sealed_from
            found["sealed_from"] = sealed
            found["seal"] = (
                "All bars were used."
                if sealed is None
                else sentence(sealed).replace(
                    "execute over all bars, or open the seal of the goal (POST /api/goals/{id}/open_seal/)",
                    "--all-bars",
                )
            )
            return found

        return _answer_all(((file, file) for file in asked.files), work, asked, terminal, show_study)


def use_kernel_folder() -> None:
    """Keep the compiled kernel where the other commands keep theirs."""
    from backtest_engine.simulation.kernel import cache

    cache.use(Path.home() / ".cache" / "algoagent" / "kernel")


@contextmanager
def _grounds(asked: argparse.Namespace, terminal: Terminal) -> Any:
    from backtest_engine.research.evaluators import evaluator_of

    with _engine(asked) as engine:

        def ground_of(file: str) -> Ground:
            strategy = _strategy(file, terminal)
            kept, sealed_from = _sealed(asked, engine)
            dataset = _dataset(asked, kept, strategy)
            evaluator = evaluator_of(
                strategy["code"], spec=strategy["spec"], broker=_broker(asked), executor=engine.executor
            )
            return Ground(strategy=strategy, dataset=dataset, evaluator=evaluator, sealed_from=sealed_from)

        yield ground_of


def _sealed(asked: argparse.Namespace, engine: Any) -> tuple[Any, datetime | None]:
    """Return the engine with bars that end before the seal, unless dates or all bars are asked for."""
    from backtest_engine.research.sealing import SealedData, seal_of, traded

    if asked.all_bars or asked.start or asked.end:
        return engine, None
    whole = _dataset(asked, engine, {"code": None, "spec": None})
    sealed_from = seal_of(traded(whole))
    return replace(engine, data=SealedData(engine.data, sealed_from)), sealed_from


def _search(asked: argparse.Namespace, ground: Ground) -> Any:
    from backtest_engine.research.grids import grid_of, parsed
    from backtest_engine.research.objectives import objective_of
    from backtest_engine.research.optimize import Search

    wanted = dict(map(parsed, asked.parameter))
    return Search(
        grid=grid_of(wanted, code=ground.strategy["code"]),
        objective=objective_of(asked.objective, asked.constraint),
        method=asked.method,
        max_trials=asked.max_trials,
        seed=asked.seed,
    )


def _points(search: Any, ground: Ground) -> list[Any]:
    from backtest_engine.research.search import planned

    points = planned(
        search.grid,
        method=search.method,
        max_trials=search.max_trials,
        seed=search.seed,
        most=ground.evaluator.most_trials,
    )
    if search.method == "tpe" and not points:
        raise RequestError("Windows are searched by grid, random or latin.", code="invalid_parameter")
    return points


def _tried(search: Any, ground: Ground) -> list[Any]:
    from backtest_engine.research.optimize import evaluate
    from backtest_engine.research.search import suggested

    if search.method != "tpe":
        return evaluate(ground.evaluator, ground.dataset, search, _points(search, ground))
    trials: list[Any] = []
    total = min(search.max_trials or 200, len(search.grid))
    suggestions = suggested(search.grid, max_trials=total, seed=search.seed)
    try:
        points = next(suggestions)
        while True:
            found = evaluate(ground.evaluator, ground.dataset, search, points)
            trials += found
            points = suggestions.send([one.score for one in found])
    except StopIteration:
        return trials


def _whole(ground: Ground, parameters: Mapping[str, Any]) -> BacktestResult:
    found: BacktestResult = ground.evaluator.result(
        ground.dataset, parameters=parameters, broker=ground.evaluator.broker
    )
    return found


def _evidence(ground: Ground, result: BacktestResult, *, tries: Any = None, **known: Any) -> dict[str, Any]:
    from backtest_engine.research.assessment import assessed, researched
    from backtest_engine.research.evidence import Seal

    found = researched(result, ground.evaluator, **known)
    seal = Seal(sealed_from=ground.sealed_from)
    described = known.get("readings") is not None
    return assessed(result, found=found, tries=tries, seal=seal, described=described).as_dict()
