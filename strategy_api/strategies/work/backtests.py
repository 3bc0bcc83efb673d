"""Loading bars, backtesting, repairing and recording: what the kinds of run share."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.engine import Engine
from backtest_engine.errors import StrategyError
from backtest_engine.repair import Attempt, Repair
from backtest_engine.research.sealing import sentence
from strategy_api.runs.worker import Job
from strategy_api.strategies import executions
from strategy_api.strategies.engine import engine_for, engine_with_models
from strategy_api.strategies.models import Execution, FixAttempt, StrategyVersion
from strategy_api.strategies.research import Finish, research
from strategy_api.strategies.versions import add_version
from strategy_api.strategies.work.word_settings import filled, start_of

DEFAULT_SYMBOL = "GOOG"
# What changes a strategy by what it sees gets no sealed bar, whatever dates are named.
ALWAYS_SEALED = ("supervise",)
BROKER_SETTINGS = tuple(field.name for field in fields(BrokerSettings))


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a strategy is tested on, and how its orders are filled."""

    dataset: Dataset
    broker: BrokerSettings


def version_of(job: Job) -> StrategyVersion:
    """Return the version that a run is about."""
    about = {"strategy_id": job.run.subject_id, "number": job.run.subject_version}
    return StrategyVersion.objects.select_related("strategy").get(**about)


def said(job: Job, version: StrategyVersion) -> Mapping[str, Any]:
    """Return what words say of how to run: those of the run's own request where it has any, else of the version.

    Only a parent names them for its child: they stand in the place of the version's, so that one can be taken back.
    """
    settings: Mapping[str, Any] = job.parameters.get("settings", version.settings)
    return settings


def load(job: Job, version: StrategyVersion, *, asked: Mapping[str, Any] | None = None) -> Loaded:
    """Return the bars and the broker settings that a run asks for, or what else is `asked`."""
    wanted = job.parameters if asked is None else asked
    fingerprint = wanted.get("dataset_fingerprint")
    dataset = _again(job, version, fingerprint) if fingerprint else _select(job, version, wanted)
    job.emit("data.loaded", symbol=dataset.symbol, interval=dataset.interval, source=dataset.source, bars=len(dataset))
    return Loaded(dataset=dataset, broker=broker_of(wanted, version, said(job, version)))


def broker_of(
    parameters: Mapping[str, Any], version: StrategyVersion, words: Mapping[str, Any] | None = None
) -> BrokerSettings:
    """Return how orders are filled: as asked, as the words say, and the usual otherwise."""
    asked = filled(parameters, version.settings if words is None else words)
    stated = {name: asked[name] for name in BROKER_SETTINGS if asked.get(name) is not None}
    return replace(BrokerSettings(), **stated)


def execute_and_repair(job: Job, version: StrategyVersion, *, max_attempts: int) -> None:
    """Backtest a version, and repair it where it fails and attempts are allowed; raise what stays wrong."""
    data = load(job, version)
    try:
        result = backtest(job, version, data)
    except StrategyError as error:
        record_failure(job, version, error, data)
        if not max_attempts:
            raise
        repair(job, version, data, max_attempts=max_attempts, error=error)
    else:
        record_success(job, version, result)


def backtest(job: Job, version: StrategyVersion, data: Loaded) -> BacktestResult:
    """Run a version in the sandbox; raise a `StrategyError` where it fails."""
    job.emit("execution.started", symbol=data.dataset.symbol, bars=len(data.dataset))
    result = engine_for(job).execute(
        version.code,
        dataset=data.dataset,
        broker=data.broker,
        parameters=job.parameters.get("parameters") or {},
        spec=version.spec,
        cancelled=job.lease.unwanted,
    )
    job.lease.check()
    return result


def record_success(job: Job, version: StrategyVersion, result: BacktestResult) -> None:
    """Store a finished backtest when the run settles."""
    job.emit("execution.finished", return_pct=result.metrics["return_pct"], trade_count=result.metrics["trades"])
    finish = evaluated(job, version, result)
    job.writes.append(lambda: _made(job, executions.record_success(job.run, version, result, evidence=finish())))


def evaluated(job: Job, version: StrategyVersion, result: BacktestResult) -> Finish:
    """Return what counts the try and gives the evidence, once the result is stored."""
    return research().evaluated(job.run, version, result, executor=engine_for(job).executor)


def record_failure(job: Job, version: StrategyVersion, error: StrategyError, data: Loaded) -> None:
    """Store a failed backtest when the run settles."""
    job.emit("execution.failed", code=error.code, message=error.message, line=error.line)

    def write() -> None:
        execution = executions.record_failure(
            job.run,
            version,
            error,
            dataset=data.dataset,
            broker=data.broker,
            parameters=job.parameters.get("parameters") or {},
        )
        _made(job, execution)

    job.writes.append(write)


def repair(
    job: Job,
    version: StrategyVersion,
    data: Loaded,
    *,
    max_attempts: int,
    error: StrategyError | None = None,
    result: BacktestResult | None = None,
) -> None:
    """Repair the strategy and record every attempt; raise what is wrong with it where nothing helped."""
    job.emit("fix.started", code=error.code if error else None, max_attempts=max_attempts)

    def report(attempt: Attempt) -> None:
        job.emit("fix.attempt", how=attempt.how, outcome=attempt.outcome, reason=attempt.reason)

    repaired = engine_with_models(job).repair(
        version.code,
        error=error,
        result=result,
        dataset=data.dataset,
        broker=data.broker,
        intent=version.strategy.description or None,
        spec=version.spec,
        max_attempts=max_attempts,
        on_attempt=report,
        cancelled=job.lease.unwanted,
    )
    job.lease.check()
    job.result["fix"] = repaired.as_dict()
    job.writes.append(lambda: _write_repair(job, version, repaired))
    repaired.require_result()


def _made(job: Job, execution: Execution) -> None:
    job.made = execution
    job.result["execution"] = executions.summary(execution)


def _write_repair(job: Job, version: StrategyVersion, repaired: Repair) -> None:
    """Write one immutable version for each attempt; the last becomes current only if it works."""
    failures = Execution.objects.filter(run=job.run, status=Execution.Status.FAILED)
    failed = failures.order_by("created_at").last()
    parent, fixed = version, None
    for attempt in repaired.attempts:
        fixed = None
        if attempt.after is not None:
            fixed = add_version(
                version.strategy,
                code=attempt.after,
                origin=StrategyVersion.Origin.FIX,
                parent=parent,
                explanation=attempt.reason,
                current=attempt is repaired.attempts[-1] and repaired.result is not None,
            )
            parent = fixed
        FixAttempt.objects.create(
            run=job.run,
            number=attempt.number,
            execution=failed,
            diagnosis=attempt.diagnosis.as_dict(),
            how=attempt.how,
            version=fixed,
            outcome=attempt.outcome,
            reason=attempt.reason,
        )
    if repaired.result is not None and fixed is not None:
        finish = evaluated(job, fixed, repaired.result)
        _made(job, executions.record_success(job.run, fixed, repaired.result, evidence=finish()))
        job.result["version"] = fixed.number


def _select(job: Job, version: StrategyVersion, wanted: Mapping[str, Any]) -> Dataset:
    asked = filled(wanted, said(job, version))
    symbol = asked.get("test_symbol")
    if not symbol:
        symbol = DEFAULT_SYMBOL
        job.assume(f"test_symbol was not stated: {symbol} assumed.")
    interval = asked.get("interval") or None
    engine = engine_for(job)
    if before_seal(job, asked, said(job, version)):
        engine = sealed_engine(job, version, engine, symbol=symbol, interval=interval)
    if (span := said(job, version).get("last")) and not asked.get("start_date"):
        # The span ends where the data do: today, where they are up to date.
        whole = engine.load(symbol, end=_moment(asked.get("end_date"), time.max), interval=interval)
        asked["start_date"] = start_of(span, whole.end.date())
    return engine.load(
        symbol,
        start=_moment(asked.get("start_date"), time.min),
        end=_moment(asked.get("end_date"), time.max),
        interval=interval,
        code=version.code,
        spec=version.spec,
    )


def before_seal(job: Job, asked: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Return whether a run keeps to the bars before the seal: as asked, or where it searches and nobody named dates."""
    if job.run.kind == "execute":
        return asked.get("span") == "before_seal"
    if job.run.kind in ALWAYS_SEALED:
        return True
    return not (asked.get("start_date") or asked.get("end_date") or settings.get("last"))


def sealed_engine(job: Job, version: StrategyVersion, engine: Engine, *, symbol: str, interval: str | None) -> Engine:
    """Return the engine with data that end before the seal, and say so in one line."""
    sealed = research().sealed(version, engine.data, symbol=symbol, interval=interval)
    job.assume(sentence(sealed.sealed_from))
    return replace(engine, data=sealed.data)


def _again(job: Job, version: StrategyVersion, fingerprint: str) -> Dataset:
    """Return the bars of an earlier execution, traded from the same bar on as then, or from a start within them."""
    data = engine_for(job).data
    dataset = data.dataset(fingerprint)
    if job.run.kind != "execute" or job.parameters.get("span") == "before_seal":
        dataset = sealed_engine(
            job, version, engine_for(job), symbol=dataset.symbol, interval=dataset.interval
        ).data.dataset(fingerprint)
    start = _moment(job.parameters.get("start_date"), time.min)
    if start is None:
        same = {"strategy_id": version.strategy_id, "dataset_fingerprint": fingerprint}
        earlier = Execution.objects.filter(**same).order_by("created_at").last()
        start = earlier.first_bar_at if earlier is not None else None
    return dataset if start is None or not dataset.start < start <= dataset.end else replace(dataset, trade_from=start)


def _moment(day: str | None, when: time) -> datetime | None:
    """Return the first or last instant of a day: an end date includes the whole day."""
    return datetime.combine(date.fromisoformat(day), when, tzinfo=UTC) if day else None
