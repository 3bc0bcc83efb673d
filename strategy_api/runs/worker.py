"""What a worker does with a run: claim, perform, settle. Everything that a run makes is written with its outcome."""

import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, transaction
from django.db.models import Model, QuerySet

from backtest_engine.errors import AlgoAgentError, Cancelled, EngineError
from strategy_api.common.log_context import about_run
from strategy_api.common.storable import storable
from strategy_api.runs import kinds, leases, services
from strategy_api.runs.events import LeaseLost
from strategy_api.runs.kinds import RunKind, Submission
from strategy_api.runs.leases import Lease
from strategy_api.runs.models import Run

logger = logging.getLogger(__name__)

DEFAULT_RETRY_SECONDS = 5.0
# What a database or JSON says of a value that it cannot keep.
NOT_STORABLE = (DataError, ValueError, TypeError, OverflowError)


class TryLater(Exception):
    """A vendor is busy: the run is queued again and should be delivered after a while."""

    def __init__(self, seconds: float = 5.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class WaitForChildren(Exception):
    """The run goes on when its last child has ended."""


@dataclass(kw_only=True)
class Job:
    """A run being worked on: what it has to say so far, what it made, and what is still to be written."""

    lease: Lease
    result: dict[str, Any] = field(default_factory=dict)
    writes: list[Callable[[], None]] = field(default_factory=list)
    made: Model | None = None

    @property
    def run(self) -> Run:
        return self.lease.run

    @property
    def parameters(self) -> dict[str, Any]:
        """What the request said."""
        parameters: dict[str, Any] = self.lease.run.parameters
        return parameters

    @property
    def children(self) -> QuerySet[Run]:
        """The run's children, in their order."""
        return self.run.children.order_by("position")

    def assume(self, sentence: str) -> None:
        """Say what the request did not."""
        self.result.setdefault("assumptions", []).append(sentence)

    def emit(self, event: str, /, **data: Any) -> None:
        """Record progress; raise where the work should stop."""
        self.lease.emit(event, **data)

    def submit_child(
        self, kind: RunKind, parameters: Mapping[str, Any], *, position: int, submission: Submission | None = None
    ) -> Run:
        """Queue a child run, once for each position: an attempt after a crash finds those that are there."""
        with self.lease.holding() as run:
            existing = run.children.filter(position=position).first()
            return existing or services.submit_run(
                owner=run.owner,
                kind=kind,
                submission=submission or Submission(parameters=parameters),
                parent=run,
                position=position,
            )

    def do_child(self, kind: RunKind, *, position: int, submission: Submission) -> Run:
        """Queue a child and do it at once in this worker, which spares two ways through the broker.

        It is a run like any other: claimed before its message is sent, and taken over by another worker if this one
        dies. One that was there already is left to whoever has it.
        """
        with transaction.atomic():
            before = self.children.filter(position=position).first()
            child = before or self.submit_child(kind, {}, position=position, submission=submission)
            lease = None if before else leases.claim(child.pk, lease=settings.RUN_LEASE)
        if lease is not None:
            with contextlib.suppress(LeaseLost, TryLater), about_run(child.pk), lease:
                _work(lease)
            child.refresh_from_db()
        return child

    def wait_for_children(self) -> None:
        """Return when every child has ended; until then give the worker back.

        The work begins again from its start when the last child has ended, so what comes before must be cheap.
        """
        if self.run.children.unfinished().exists():
            raise WaitForChildren

    def settle(self, state: str, *, error: dict[str, Any] | None = None) -> None:
        """Write everything at once: a run that dies before this has left nothing half-written."""
        with self.lease.holding():
            for write in self.writes:
                write()
            self.lease.settle(state, result=storable(self.result) or None, error=storable(error), made=self.made)


def perform(run_id: uuid.UUID) -> None:
    """Do the work that a message announces; raise `TryLater` where a vendor asked for a pause.

    The run that is taken is the one whose turn it is among those that wait in the same queue, which is the announced
    one unless somebody has waited longer for theirs. As many messages as runs: in the end each is done.
    """
    kind = Run.objects.filter(pk=run_id).values_list("kind", flat=True).first()
    if kind is None:
        logger.info("Run %s: nothing to do", run_id)
        return
    lease = leases.claim_fairest(kinds.beside(kind) or [kind], lease=settings.RUN_LEASE)
    if lease is None:
        logger.info("Run %s: nothing to do", run_id)
        return
    with about_run(lease.run.pk), lease:
        try:
            _work(lease)
        except LeaseLost:
            logger.warning("Run %s was taken over by another worker", lease.run.pk)


def _work(lease: Lease) -> None:
    job = Job(lease=lease)
    try:
        _perform(job)
    except Cancelled:
        _settle(job, Run.State.CANCELLED)
    except WaitForChildren:
        lease.wait_for_children()
    except (OperationalError, InterfaceError):
        raise  # The database is away: the lease runs out and the run is delivered again.
    except AlgoAgentError as error:
        seconds = float(error.details.get("retry_after", DEFAULT_RETRY_SECONDS))
        if error.retryable and lease.release(
            error.message, seconds=seconds, tried=not getattr(error, "untried", False)
        ):
            raise TryLater(seconds) from error
        if isinstance(error, EngineError):
            logger.exception("Run %s failed, and it is our fault", lease.run.pk)
        _settle(job, Run.State.FAILED, error=error.as_dict())
    except LeaseLost:
        raise
    except Exception:
        logger.exception("Run %s failed, and it is our fault", lease.run.pk)
        ours = EngineError("Something went wrong on our side; the error was logged with the run's id.")
        _settle(job, Run.State.FAILED, error=ours.as_dict())
    else:
        _settle(job, Run.State.SUCCEEDED)


def _perform(job: Job) -> None:
    kind = kinds.find(job.run.kind)
    if kind is None:
        raise EngineError(f"This worker knows no runs of kind {job.run.kind!r}.", code="unknown_kind")
    kind.perform(job)


def _settle(job: Job, state: str, *, error: dict[str, Any] | None = None) -> None:
    """Settle; a result that cannot be stored fails the run once, instead of being tried again and again."""
    try:
        job.settle(state, error=error)
    except NOT_STORABLE:
        logger.exception("Run %s: its result cannot be stored", job.run.pk)
        ours = EngineError("The result holds a value that cannot be stored.", code="result_not_storable")
        Job(lease=job.lease).settle(Run.State.FAILED, error=ours.as_dict())
