"""What a worker does with a run: claim, work, settle. Everything that a run makes is written with its outcome."""

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.utils import timezone

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.engine import Engine
from backtest_engine.errors import AlgoAgentError, Cancelled, EngineError, StrategyError
from backtest_engine.repair import Attempt, Repair
from strategy_api import bootstrap, history, leases, recorder
from strategy_api.choices import kinds_beside
from strategy_api.labels import about_run
from strategy_api.leases import Lease
from strategy_api.models import Execution, FixAttempt, Run, Strategy, StrategyVersion
from strategy_api.recorder import LeaseLost
from strategy_api.versions import add_version

logger = logging.getLogger(__name__)

DEFAULT_SYMBOL = "GOOG"
FORGOTTEN_AFTER = timedelta(seconds=2)
SENT_AGAIN_AFTER = timedelta(seconds=60)
SWEEP_SIZE = 500
DEFAULT_PATIENCE_SECONDS = 5.0


class TryLater(Exception):
    """A vendor is busy: the run is queued again and should be delivered after a while."""

    def __init__(self, seconds: float = 5.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def warm_up() -> None:
    """Start what the first run would otherwise wait for; a failure shows when a run needs it."""
    try:
        bootstrap.engine()
    except AlgoAgentError:
        logger.exception("This worker cannot execute strategies")


def perform(run_id: uuid.UUID) -> None:
    """Do the work that a message announces; raise `TryLater` where a vendor asked for patience.

    The run that is taken is the one whose turn it is among those that wait in the same queue, which is the announced
    one unless somebody has waited longer for theirs. As many messages as runs: in the end each is done.
    """
    kind = Run.objects.filter(pk=run_id).values_list("kind", flat=True).first()
    lease = kind and leases.claim_fairest(kinds_beside(kind), lease=settings.RUN_LEASE)
    if not lease:
        logger.info("Run %s: nothing to do", run_id)
        return
    with about_run(lease.run.pk), lease:
        try:
            _work(lease)
        except LeaseLost:
            logger.warning("Run %s was taken over by another worker", lease.run.pk)


def sweep() -> Iterator[tuple[uuid.UUID, str]]:
    """Yield the runs to dispatch again, with their kind; settle those whose last attempt was lost."""
    now = timezone.now()
    silent = Q(state=Run.State.RUNNING, lease_until__lt=now)
    forgotten = Q(state=Run.State.QUEUED, dispatched_at=None, created_at__lt=now - FORGOTTEN_AFTER)
    unfetched = Q(state=Run.State.QUEUED, dispatched_at__lt=now - SENT_AGAIN_AFTER)
    exhausted = Run.objects.filter(silent, attempt__gte=F("max_attempts"))
    for run_id in list(exhausted.values_list("pk", flat=True)[:SWEEP_SIZE]):
        _give_up(run_id)
    waiting = Run.objects.claimable(now).filter(silent | forgotten | unfetched).order_by("created_at")
    yield from list(waiting.values_list("pk", "kind")[:SWEEP_SIZE])


def _give_up(run_id: uuid.UUID) -> None:
    error = EngineError("Every worker that took this run died before it ended.", code="worker_lost")
    try:
        recorder.finish(run_id, Run.State.FAILED, lease_token=None, error=error.as_dict())
    except LeaseLost:
        logger.info("Run %s ended after all", run_id)


def _work(lease: Lease) -> None:
    job = Job(lease=lease)
    try:
        WORK[lease.run.kind](job)
    except Cancelled:
        job.settle(Run.State.CANCELLED)
    except (OperationalError, InterfaceError):
        raise  # The database is away: the lease runs out and the run is delivered again.
    except AlgoAgentError as error:
        patience = float(error.details.get("retry_after", DEFAULT_PATIENCE_SECONDS))
        if error.retryable and lease.release(
            error.message, seconds=patience, tried=not getattr(error, "untried", False)
        ):
            raise TryLater(patience) from error
        if isinstance(error, EngineError):
            logger.exception("Run %s failed, and it is our fault", lease.run.pk)
        job.settle(Run.State.FAILED, error=error.as_dict())
    except LeaseLost:
        raise
    except Exception:
        logger.exception("Run %s failed, and it is our fault", lease.run.pk)
        ours = EngineError("Something went wrong on our side; the error was logged with the run's id.")
        job.settle(Run.State.FAILED, error=ours.as_dict())
    else:
        job.settle(Run.State.SUCCEEDED)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a strategy is tested on, and how its orders are filled."""

    dataset: Dataset
    broker: BrokerSettings


@dataclass(kw_only=True)
class Job:
    """A run being worked on: what it has to say so far, and what is still to be written."""

    lease: Lease
    result: dict[str, Any] = field(default_factory=dict)
    writes: list[Callable[[], None]] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return bootstrap.engine(self.lease.run.owner_id)

    @property
    def engine_with_models(self) -> Engine:
        """The engine, with the language models that this run pays for."""
        return bootstrap.with_models(self.engine, self.lease.run, self.lease.unwanted)

    @property
    def asked(self) -> dict[str, Any]:
        """What the request said."""
        asked: dict[str, Any] = self.lease.run.parameters
        return asked

    def assume(self, sentence: str) -> None:
        """Say what the request did not."""
        self.result.setdefault("assumptions", []).append(sentence)

    def settle(self, state: str, *, error: dict[str, Any] | None = None) -> None:
        """Write everything at once: a run that dies before this has left nothing half-written."""
        with self.lease.holding():
            for write in self.writes:
                write()
            self.lease.settle(state, result=self.result or None, error=error)


def _generate(job: Job) -> None:
    version = job.lease.run.version or _write_strategy(job)
    job.result |= _described(version)
    if job.asked.get("execute_after_generation"):
        _execute_and_repair(job, version, max_attempts=job.asked.get("max_fix_attempts", 0))


def _execute(job: Job) -> None:
    version = job.lease.run.version
    assert version is not None  # noqa: S101  # services make no execute run without one
    _execute_and_repair(job, version, max_attempts=job.asked.get("max_fix_attempts", 0))


def _fix(job: Job) -> None:
    """Mend a strategy, also one that runs: what looks ahead or is not what was asked for raises nothing."""
    version = job.lease.run.version
    assert version is not None  # noqa: S101  # services make no fix run without one
    data = Loaded(dataset=_load(job), broker=_broker(job))
    failure: StrategyError | None = None
    try:
        _record_success(job, version, _backtest(job, version.code, data))
    except StrategyError as error:
        failure = error
        _record_failure(job, version, error, data)
    _repair(job, version, failure, data, max_attempts=job.asked["max_attempts"])


def _write_strategy(job: Job) -> StrategyVersion:
    """Generate, and keep the strategy at once: what a model was paid for is not lost with a worker."""
    asked = job.asked
    job.lease.emit("generation.started", generator=asked["generator"])
    draft = job.engine_with_models.generate(
        asked["description"],
        generator=asked["generator"],
        name=asked.get("name"),
        cancelled=job.lease.unwanted,
    )
    if draft.warnings:
        job.result["warnings"] = [notice.as_dict() for notice in draft.warnings]
    with job.lease.holding() as run:
        strategy = Strategy.objects.create(
            owner=run.owner, name=draft.name[:200], description=asked["description"], tags=[]
        )
        version = add_version(
            strategy,
            code=draft.code,
            origin=draft.origin,
            spec=draft.spec,
            explanation=draft.explanation,
            assumptions=draft.assumptions,
            prompt_version=draft.prompt_version,
        )
        run.strategy, run.version = strategy, version
        run.save(update_fields=["strategy", "version"])
        job.lease.emit("generation.finished", strategy=str(strategy.pk), name=strategy.name)
    return version


def _described(version: StrategyVersion) -> dict[str, Any]:
    return {
        "strategy": str(version.strategy_id),
        "name": version.strategy.name,
        "version": version.number,
        "code": version.code,
        "spec": version.spec,
        "explanation": version.explanation,
        "assumptions": list(version.assumptions),
    }


def _execute_and_repair(job: Job, version: StrategyVersion, *, max_attempts: int) -> None:
    data = Loaded(dataset=_load(job), broker=_broker(job))
    try:
        result = _backtest(job, version.code, data)
    except StrategyError as error:
        _record_failure(job, version, error, data)
        if not max_attempts:
            raise
        _repair(job, version, error, data, max_attempts=max_attempts)
    else:
        _record_success(job, version, result)


def _load(job: Job) -> Dataset:
    fingerprint = job.asked.get("dataset_fingerprint")
    dataset = job.engine.data.dataset(fingerprint) if fingerprint else _select(job)
    job.lease.emit(
        "data.loaded", symbol=dataset.symbol, interval=dataset.interval, source=dataset.source, bars=len(dataset)
    )
    return dataset


def _select(job: Job) -> Dataset:
    asked = job.asked
    symbol = asked.get("test_symbol")
    if not symbol:
        symbol = DEFAULT_SYMBOL
        job.assume(f"test_symbol was not stated: {symbol} assumed.")
    return job.engine.load(
        symbol,
        start=_moment(asked.get("start_date"), time.min),
        end=_moment(asked.get("end_date"), time.max),
        interval=asked.get("interval") or None,
    )


def _moment(day: str | None, when: time) -> datetime | None:
    """Return the first or last instant of a day: an end date includes the whole day."""
    return datetime.combine(date.fromisoformat(day), when, tzinfo=UTC) if day else None


def _broker(job: Job) -> BrokerSettings:
    stated = {name: job.asked[name] for name in ("cash", "commission", "spread") if job.asked.get(name) is not None}
    return replace(BrokerSettings(), **stated)


def _backtest(job: Job, code: str, data: Loaded) -> BacktestResult:
    job.lease.emit("execution.started", symbol=data.dataset.symbol, bars=len(data.dataset))
    result = job.engine.execute(
        code,
        dataset=data.dataset,
        broker=data.broker,
        parameters=job.asked.get("parameters") or {},
        cancelled=job.lease.unwanted,
    )
    job.lease.check()
    return result


def _record_success(job: Job, version: StrategyVersion, result: BacktestResult) -> None:
    job.lease.emit("execution.finished", return_pct=result.metrics["return_pct"], trades=result.metrics["trades"])

    def write() -> None:
        job.result["execution"] = history.summary(history.record_success(job.lease.run, version, result))

    job.writes.append(write)


def _record_failure(job: Job, version: StrategyVersion, error: StrategyError, data: Loaded) -> None:
    job.lease.emit("execution.failed", code=error.code, message=error.message, line=error.line)

    def write() -> None:
        execution = history.record_failure(
            job.lease.run,
            version,
            error,
            dataset=data.dataset,
            broker=data.broker,
            parameters=job.asked.get("parameters") or {},
        )
        job.result["execution"] = history.summary(execution)

    job.writes.append(write)


def _repair(
    job: Job, version: StrategyVersion, error: StrategyError | None, data: Loaded, *, max_attempts: int
) -> None:
    """Mend the strategy and record every attempt; raise what is wrong with it where nothing helped."""
    job.lease.emit("fix.started", code=error.code if error else None, max_attempts=max_attempts)

    def report(attempt: Attempt) -> None:
        job.lease.emit("fix.attempt", how=attempt.how, outcome=attempt.outcome, reason=attempt.reason)

    repair = job.engine_with_models.repair(
        version.code,
        error=error,
        dataset=data.dataset,
        broker=data.broker,
        intent=version.strategy.description or None,
        spec=version.spec,
        max_attempts=max_attempts,
        on_attempt=report,
        cancelled=job.lease.unwanted,
    )
    job.lease.check()
    job.result["fix"] = repair.as_dict()
    job.writes.append(lambda: _write_repair(job, version, repair))
    if repair.result is None:
        raise repair.error or error or StrategyError("The strategy could not be mended.", code="not_mended")


def _write_repair(job: Job, version: StrategyVersion, repair: Repair) -> None:
    """Write one immutable version an attempt; the last becomes current only if it works."""
    failures = job.lease.run.executions.filter(status=Execution.Status.FAILED)
    failed = failures.order_by("created_at").last()
    parent, fixed = version, None
    for attempt in repair.attempts:
        fixed = None
        if attempt.after is not None:
            fixed = add_version(
                version.strategy,
                code=attempt.after,
                origin=StrategyVersion.Origin.FIX,
                parent=parent,
                explanation=attempt.reason,
                current=attempt is repair.attempts[-1] and repair.result is not None,
            )
            parent = fixed
        FixAttempt.objects.create(
            run=job.lease.run,
            number=attempt.number,
            execution=failed,
            diagnosis=attempt.diagnosis.as_dict(),
            how=attempt.how,
            version=fixed,
            outcome=attempt.outcome,
            reason=attempt.reason,
        )
    if repair.result is not None and fixed is not None:
        execution = history.record_success(job.lease.run, fixed, repair.result)
        job.result["execution"] = history.summary(execution)
        job.result["version"] = fixed.number


WORK: dict[str, Callable[[Job], None]] = {
    Run.Kind.GENERATE: _generate,
    Run.Kind.EXECUTE: _execute,
    Run.Kind.FIX: _fix,
}
