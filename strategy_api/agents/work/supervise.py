"""The work of a supervision: what is written of an iteration is never done again.

An attempt after a crash takes the bars and the iterations that are there, and goes on with the next one.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection

from backtest_engine.agents.supervisor.analyst import analyse
from backtest_engine.agents.supervisor.bench import Bench
from backtest_engine.agents.supervisor.insights import insights
from backtest_engine.agents.supervisor.models import ModelAnalyst, ModelOrchestrator
from backtest_engine.agents.supervisor.objective import aim_of
from backtest_engine.agents.supervisor.panel import Panel
from backtest_engine.agents.supervisor.records import Iteration
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.agents.supervisor.supervisor import Event, Outcome, Supervisor
from backtest_engine.compiler import compile_spec
from backtest_engine.domain import Dataset
from backtest_engine.errors import Cancelled
from backtest_engine.language.explain import explain
from backtest_engine.research import sealing
from backtest_engine.research.evidence import Seal
from backtest_engine.spec import StrategySpec
from strategy_api.agents import supervisions
from strategy_api.agents.choices import Ending
from strategy_api.agents.models import Supervision
from strategy_api.common.storable import storable
from strategy_api.llm import language_models
from strategy_api.research import goals
from strategy_api.runs.events import LeaseLost
from strategy_api.runs.worker import Job
from strategy_api.strategies.engine import engine_for
from strategy_api.strategies.models import Strategy, StrategyVersion
from strategy_api.strategies.versions import add_version
from strategy_api.strategies.work.backtests import broker_of, load, version_of
from strategy_api.strategies.work.generate import described, write_strategy

HEARTBEAT_SECONDS = 15.0


def supervise(job: Job) -> None:
    """Supervise a strategy, or the one that a description means."""
    supervision = Supervision.objects.get(pk=job.run.pk)
    try:
        with _heartbeat(job):
            _Supervised(job, supervision).perform()
    except Cancelled:
        told = {"ending": Ending.CANCELLED, "sentence": "It was cancelled; what was kept until then stays."}
        job.writes.append(lambda: _update(supervision, told))
        raise


class _Supervised:
    def __init__(self, job: Job, supervision: Supervision) -> None:
        self._job = job
        self._supervision = supervision
        self._version = version_of(job) if job.run.subject_id else self._written()
        job.result |= described(self._version)
        self._dataset = self._bars()
        self._goal = goals.goal_of(self._version.strategy)
        self._bench = self._made_bench()

    def perform(self) -> None:
        """Go on where the iterations that are there end."""
        job = self._job
        spec = None if self._version.spec is None else StrategySpec.model_validate(self._version.spec)
        situation = self._bench.of_code(self._version.code) if spec is None else self._bench.situation(spec)
        self._tell_beginning(situation)
        supervisor = Supervisor(
            bench=self._bench,
            panel=self._panel(),
            aim=aim_of(job.parameters.get("objective")),
            max_iterations=job.parameters["max_iterations"],
            allow=job.parameters.get("allow"),
            tally=supervisions.LedgerTally(self._goal, self._dataset),
            on_event=job.emit,
            on_iteration=self._write,
            cancelled=job.lease.unwanted,
        )
        done = [Iteration.from_dict(row) for row in supervisions.shown_iterations(self._supervision)]
        if spec is not None:
            outcome = supervisor.run(spec, done=done)
            situation = self._bench.situation(outcome.spec or spec)
        else:
            outcome = supervisor.analysed(situation) if not done else _of_code(done)
        self._finish(outcome, situation)

    def _written(self) -> StrategyVersion:
        job = self._job
        job.parameters.setdefault("generator", "offline" if job.parameters["analyst"] == "rules" else "auto")
        version = write_strategy(job)
        told = {"strategy": version.strategy, "version": version.number}
        Supervision.objects.filter(pk=self._supervision.pk).update(**told)
        self._supervision.refresh_from_db()
        return version

    def _bars(self) -> Dataset:
        job, supervision = self._job, self._supervision
        if supervision.begun_at is not None:
            found = engine_for(job).data.dataset(supervision.dataset_fingerprint)
            if supervision.sealed_from is not None:
                job.assume(sealing.sentence(supervision.sealed_from))
            return replace(
                found,
                trade_from=supervision.trade_from,
                symbol=supervision.symbol,
                interval=supervision.interval,
            )
        dataset = load(job, self._version).dataset
        goal = goals.goal_of(self._version.strategy)
        with job.lease.holding():
            supervision.strategy, supervision.version = self._version.strategy, self._version.number
            supervisions.begin(supervision, dataset, goal)
            job.emit(
                "supervise.started",
                strategy=str(self._version.strategy_id),
                version=self._version.number,
                max_iterations=job.parameters["max_iterations"],
            )
        return dataset

    def _made_bench(self) -> Bench:
        openings, looks = goals.seen(self._goal)
        return Bench(
            dataset=self._dataset,
            broker=broker_of(self._job.parameters, self._version),
            executor=engine_for(self._job).executor,
            cancelled=self._job.lease.unwanted,
            seal=Seal(sealed_from=self._supervision.sealed_from, openings=openings, looks=looks),
            described=bool(self._version.strategy.description),
        )

    def _panel(self) -> Panel:
        wanted = self._job.parameters["analyst"]
        model = None if wanted == "rules" else language_models.model(self._job.run)
        if model is None:
            if wanted == "model":
                self._job.assume("No language model is configured: the rules analyse and propose.")
            return Panel()
        return Panel(analyst=ModelAnalyst(model=model), orchestrator=ModelOrchestrator(model=model))

    def _tell_beginning(self, situation: Situation) -> None:
        if self._supervision.insights:
            return
        pictures = [one.as_dict() for one in insights(situation, analyse(situation))]
        with self._job.lease.holding():
            _update(self._supervision, {"insights": pictures})
            shown = [{"name": one["name"], "why": one["why"]} for one in pictures]
            self._job.emit("insights.ready", insights=shown)

    def _write(self, iteration: Iteration, events: Sequence[Event]) -> None:
        """Write an iteration with its events and, where its change was kept, the version that it makes."""
        with self._job.lease.holding():
            version = self._version.number
            if iteration.kept and iteration.spec is not None and _applies(self._job):
                version = self._add_version(iteration, iteration.spec)
            supervisions.write_iteration(
                self._supervision, iteration.as_dict(), version=None if iteration.kept is False else version
            )
            for event, data in events:
                self._job.emit(event, **storable(data))

    def _add_version(self, iteration: Iteration, spec: StrategySpec) -> int:
        strategy = Strategy.objects.get(pk=self._version.strategy_id)
        explanation = explain(spec)
        added = add_version(
            strategy,
            code=compile_spec(spec, name=_class_name(self._version.code), explanation=explanation),
            origin=StrategyVersion.Origin.REFINE,
            parent=self._version,
            spec=spec.as_json(),
            explanation=explanation,
            assumptions=[iteration.why],
            settings=self._version.settings,
        )
        number: int = added.number
        return number

    def _finish(self, outcome: Outcome, situation: Situation) -> None:
        job, supervision = self._job, self._supervision
        standing = [iteration for iteration in outcome.iterations if iteration.kept is not False][-1]
        shown = outcome.as_dict()
        told = {name: shown[name] for name in ("spec", "ending", "sentence", "evidence_before", "evidence_after")}
        told["insights"] = [one.as_dict() for one in insights(situation, standing.findings)]
        job.emit("supervise.finished", ending=outcome.ending, sentence=outcome.sentence)
        job.result |= {
            "supervision": str(supervision.pk),
            "ending": outcome.ending,
            "sentence": outcome.sentence,
            "kept": [iteration.number for iteration in outcome.iterations if iteration.kept],
            "iterations": len(outcome.iterations),
            "evidence_before": shown["evidence_before"],
            "evidence_after": shown["evidence_after"],
            "metrics": dict(standing.metrics),
            "summary": _summary(outcome, standing),
        }
        if outcome.spec is not None:
            job.result["spec"] = shown["spec"]
            if standing.kept:
                job.result["best_spec"] = shown["spec"]
        job.made = supervision
        job.writes.append(lambda: _update(supervision, told))


def _applies(job: Job) -> bool:
    """Return whether what is kept becomes a version; a conversation takes it by a turn of its own."""
    return bool(job.parameters.get("apply", True))


def _of_code(done: Sequence[Iteration]) -> Outcome:
    sentence = "There is no specification behind this code: it was analysed, and nothing was proposed."
    return Outcome(iterations=tuple(done), spec=None, ending="no_proposal", sentence=sentence)


def _summary(outcome: Outcome, standing: Iteration) -> str:
    """Return what was found, what was kept and what is proposed, in sentences."""
    first = outcome.iterations[0]
    lines = [f"- {finding.sentence}" for finding in first.findings[:4]] or ["- Nothing is plainly wrong with it."]
    kept = [one.change.words for one in outcome.iterations if one.kept and one.change is not None]
    lines += [f"Better beyond the noise: {words}." for words in kept]
    waiting = [row.proposal for row in standing.proposals if not row.allowed][:2]
    lines += [f"Proposed, but it alters what you said: {one.words}. {one.reason}" for one in waiting]
    return "\n".join([*lines, outcome.sentence])


def _update(supervision: Supervision, values: dict[str, Any]) -> None:
    kept = storable(values)
    Supervision.objects.filter(pk=supervision.pk).update(**kept)


def _class_name(code: str) -> str:
    from backtest_engine.diagnostics.source import Source

    found = next(iter(Source(code).lineage), None)
    return found.name if found else "Strategy"


@contextmanager
def _heartbeat(job: Job) -> Iterator[None]:
    """Say every 15 seconds that it is still being worked on."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(HEARTBEAT_SECONDS):
                job.emit("heartbeat")
        except (LeaseLost, Cancelled):
            return
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{job.run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
