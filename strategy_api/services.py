"""What may be asked for. Each verb checks, writes, and hands over on commit."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from strategy_api import recorder, tasks
from strategy_api.models import Execution, Idempotent, Run, Strategy, StrategyVersion
from strategy_api.recorder import LeaseLost
from strategy_api.refusals import Conflict, IdempotencyKeyReused, TooManyRuns
from strategy_api.versions import add_version

Made = TypeVar("Made", bound=Idempotent)


@dataclass(frozen=True, kw_only=True)
class Once:
    """A client's wish that a request repeated with the same key is done once."""

    key: str | None = None
    request_sha256: str = ""


def once(*, key: str | None, method: str, path: str, body: Any) -> Once:
    """Return the wish that a request's Idempotency-Key expresses."""
    canonical = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"), default=str)
    return Once(key=key, request_sha256=hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """What a POST made, or had made before."""

    made: Any
    replayed: bool = False


def submit_generation(*, owner: User, once: Once, **asked: Any) -> Submitted:
    """Queue the writing of a strategy from a description, and its first backtest if wanted."""
    return _submit(owner=owner, once=once, kind=Run.Kind.GENERATE, parameters=asked)


def submit_execution(*, owner: User, strategy: Strategy, once: Once, **asked: Any) -> Submitted:
    """Queue a backtest of a strategy's current version, or of the version asked for."""
    version = _version(strategy, asked.pop("version", None))
    fingerprint = asked.get("dataset_fingerprint")
    if fingerprint and not Execution.objects.filter(owner=owner, dataset_fingerprint=fingerprint).exists():
        raise Conflict("None of your executions used such a dataset.", code="unknown_dataset")
    return _submit(owner=owner, once=once, kind=Run.Kind.EXECUTE, parameters=asked, strategy=strategy, version=version)


def execute_again(*, strategy: Strategy) -> Submitted:
    """Queue a backtest of the current version for its owner, with what the latest execution was asked for."""
    latest = strategy.executions.select_related("run").order_by("-created_at").first()
    asked: dict[str, Any] = {}
    if latest is not None:
        broker = {name: latest.broker[name] for name in ("cash", "commission", "spread")}
        asked = {"dataset_fingerprint": latest.dataset_fingerprint, **broker, "parameters": latest.parameters}
    return submit_execution(owner=strategy.owner, strategy=strategy, once=Once(), **asked)


def submit_fix(*, owner: User, strategy: Strategy, once: Once, **asked: Any) -> Submitted:
    """Queue the mending of a strategy's current version, on the data of its latest execution."""
    latest = strategy.executions.order_by("-created_at").first()
    if latest is not None and not asked.get("test_symbol"):
        asked |= _same_data(latest)
    return _submit(
        owner=owner,
        once=once,
        kind=Run.Kind.FIX,
        parameters=asked,
        strategy=strategy,
        version=_version(strategy, None),
    )


def create_strategy(
    *, owner: User, once: Once, name: str, code: str, description: str = "", tags: list[str] | None = None
) -> Submitted:
    """Store a strategy written by hand, as its first version."""

    def make() -> Strategy:
        strategy = Strategy.objects.create(
            owner=owner,
            name=name,
            description=description,
            tags=tags or [],
            idempotency_key=once.key,
            request_sha256=once.request_sha256,
        )
        add_version(strategy, code=code, origin=StrategyVersion.Origin.MANUAL)
        strategy.refresh_from_db()
        return strategy

    return _make_once(Strategy, owner, once, make)


@transaction.atomic
def update_strategy(*, strategy: Strategy, code: str | None = None, **changes: Any) -> Strategy:
    """Change what a strategy is called; new code becomes a new version."""
    strategy = Strategy.objects.select_for_update().get(pk=strategy.pk)
    for name, value in changes.items():
        setattr(strategy, name, value)
    strategy.save()
    current = strategy.current_version
    if code is not None and (current is None or code != current.code):
        add_version(strategy, code=code, origin=StrategyVersion.Origin.MANUAL, parent=current)
        strategy.refresh_from_db()
    return strategy


@transaction.atomic
def delete_strategy(*, strategy: Strategy) -> None:
    """Remove a strategy with its history; refuse while a run works on it."""
    if Run.objects.filter(strategy=strategy).unfinished().exists():
        raise Conflict("A run is still working on this strategy: cancel it or wait for it.", code="run_unfinished")
    strategy.delete()


@transaction.atomic
def cancel_run(*, run: Run) -> Run:
    """Cancel a run: at once while it is queued, as soon as its worker hears of it while it is running."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.finished:
        raise Conflict(f"The run has already {run.state}.", code="run_finished")
    if run.cancel_requested_at is None:
        Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())
        recorder.append_event(run.pk, "run.cancel_requested")
    if run.state == Run.State.QUEUED:
        # A worker that claimed it in between will hear of the wish instead.
        with contextlib.suppress(LeaseLost):
            recorder.finish(run.pk, Run.State.CANCELLED, lease_token=None)
    run.refresh_from_db()
    return run


def _same_data(execution: Execution) -> dict[str, Any]:
    return {
        "test_symbol": execution.symbol,
        "interval": execution.interval,
        "start_date": execution.first_bar_at.date().isoformat(),
        "end_date": execution.last_bar_at.date().isoformat(),
    }


def _version(strategy: Strategy, number: int | None) -> StrategyVersion:
    version = strategy.current_version if number is None else strategy.versions.filter(number=number).first()
    if version is None:
        raise Conflict("The strategy has no such version.", code="no_such_version")
    return version


def _submit(
    *,
    owner: User,
    once: Once,
    kind: str,
    parameters: Mapping[str, Any],
    strategy: Strategy | None = None,
    version: StrategyVersion | None = None,
) -> Submitted:
    def make() -> Run:
        if Run.objects.filter(owner=owner).unfinished().count() >= settings.QUEUED_RUNS_LIMIT:
            raise TooManyRuns
        run = Run.objects.create(
            owner=owner,
            kind=kind,
            strategy=strategy,
            version=version,
            parameters=dict(parameters),
            max_attempts=settings.RUN_MAX_ATTEMPTS,
            idempotency_key=once.key,
            request_sha256=once.request_sha256,
            last_seq=1,
        )
        recorder.first_event(run.pk, "run.queued", run_kind=kind)
        transaction.on_commit(partial(tasks.dispatch, run.pk, kind))
        return run

    return _make_once(Run, owner, once, make)


def _make_once(model: type[Made], owner: User, once: Once, make: Callable[[], Made]) -> Submitted:
    if once.key is None:
        with transaction.atomic():
            return Submitted(made=make())
    earlier = _earlier(model, owner, once)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            return Submitted(made=make())
    except IntegrityError:
        # The same key arrived twice at once, and the other was first.
        earlier = _earlier(model, owner, once)
        if earlier is None:
            raise
        return earlier


def _earlier(model: type[Made], owner: User, once: Once) -> Submitted | None:
    made = model._default_manager.filter(owner=owner, idempotency_key=once.key).first()
    if made is None:
        return None
    if made.request_sha256 != once.request_sha256:
        raise IdempotencyKeyReused
    return Submitted(made=made, replayed=True)
