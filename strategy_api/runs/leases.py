"""Holding a run: claim it, keep it while working, and know at once when it is lost or no longer wanted."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from backtest_engine.errors import Cancelled
from strategy_api.runs import events, notifications, outcomes
from strategy_api.runs.events import LeaseLost
from strategy_api.runs.models import Run

logger = logging.getLogger(__name__)


def claim_fairest(kinds: Sequence[str], *, lease: timedelta) -> "Lease | None":
    """Take the run whose owner's turn it is, among runs of these kinds; return None when nothing waits.

    A message says that there is work, not which: a user's thousand runs must not stand before another's one.
    """
    while True:
        waiting = Run.objects.claimable(timezone.now()).filter(kind__in=kinds).fairest_first()
        run_id = waiting.values_list("pk", flat=True).first()
        if run_id is None:
            return None
        if claimed := claim(run_id, lease=lease):
            return claimed


def claim(run_id: uuid.UUID, *, lease: timedelta) -> "Lease | None":
    """Take the run, or return None when another worker has it or nothing is left to do."""
    now, token = timezone.now(), uuid.uuid4()
    with transaction.atomic():
        claimed = (
            Run.objects.claimable(now)
            .filter(pk=run_id)
            .update(
                state=Run.State.RUNNING,
                lease_token=token,
                lease_until=now + lease,
                attempt=F("attempt") + 1,
                started_at=now,
            )
        )
        if not claimed:
            return None
        run = Run.objects.select_related("owner").get(pk=run_id)
        events.append_event(run_id, "run.started", lease_token=token, attempt=run.attempt)
    return Lease(run, token, lease)


class Lease:
    """The right to write a run's outcome, renewed in the background for as long as the `with` block lasts."""

    def __init__(self, run: Run, token: uuid.UUID, duration: timedelta) -> None:
        self.run = run
        self.token = token
        self._duration = duration
        self._lost = threading.Event()
        self._cancelled = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{run.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def unwanted(self) -> bool:
        """Say whether work on the run should stop: cancelled by its owner, or lost to another worker."""
        return self._cancelled.is_set() or self._lost.is_set()

    def check(self) -> None:
        """Raise `LeaseLost` or `Cancelled` where the work should stop."""
        if self._lost.is_set():
            raise LeaseLost
        if self._cancelled.is_set():
            raise Cancelled("The run was cancelled.")

    def emit(self, kind: str, /, **data: Any) -> None:
        """Record progress."""
        self.check()
        events.append_event(self.run.pk, kind, lease_token=self.token, **data)

    @contextmanager
    def holding(self) -> Iterator[Run]:
        """Open a transaction in which the run is locked and still ours; what is written inside counts once."""
        with transaction.atomic():
            run = Run.objects.select_for_update().held_by(self.token).filter(pk=self.run.pk).first()
            if run is None:
                raise LeaseLost
            yield run

    def settle(self, state: str, **outcome: Any) -> None:
        """Write the outcome."""
        outcomes.finish(self.run.pk, state, lease_token=self.token, **outcome)

    def release(self, reason: str, *, seconds: float, tried: bool = True) -> bool:
        """Give the run back for another attempt after a while; return False when no attempt is left.

        A run that was not `tried`, since its turn had not come, keeps the attempt.
        """
        now = timezone.now()
        left = Q(attempt__lt=F("max_attempts")) if tried else Q()
        with transaction.atomic():
            released = (
                Run.objects.held_by(self.token)
                .filter(left, pk=self.run.pk)
                .update(
                    state=Run.State.QUEUED,
                    attempt=F("attempt") if tried else F("attempt") - 1,
                    lease_token=None,
                    lease_until=None,
                    dispatched_at=now,
                    not_before=now + timedelta(seconds=seconds),
                )
            )
            if released:
                events.append_event(self.run.pk, "run.postponed", reason=reason)
        return bool(released)

    def wait_for_children(self) -> None:
        """Let go of the run until its last child has ended; the attempt is not counted."""
        with self.holding() as run:
            Run.objects.filter(pk=run.pk).update(
                attempt=F("attempt") - 1, lease_token=None, lease_until=None, waits_for_children=True
            )
            # They may all have ended before this.
            outcomes.wake_parent(run.pk)

    def _renew(self) -> bool:
        held = Run.objects.filter(pk=self.run.pk).held_by(self.token)
        return bool(held.update(lease_until=timezone.now() + self._duration))

    def _keep(self) -> None:
        every = self._duration.total_seconds() / 3
        renewed = time.monotonic()
        try:
            with notifications.subscribe(events.topic_of(self.run.pk)) as changed:
                while not self._over.is_set():
                    changed.wait(min(0.1, every))
                    if self._over.is_set():
                        return
                    due = time.monotonic() - renewed >= every
                    if due or changed.is_set():
                        changed.clear()
                        if self._look(renew=due):
                            renewed = time.monotonic()
        finally:
            connection.close()

    def _look(self, *, renew: bool) -> bool:
        """Renew when due, and learn of a cancellation; return whether the lease was renewed."""
        try:
            if renew and not self._renew():
                self._lost.set()
                return False
            wanted = Run.objects.filter(pk=self.run.pk, cancel_requested_at__isnull=True).exists()
        except DatabaseError:
            logger.warning("Run %s: the lease could not be renewed; trying again", self.run.pk, exc_info=True)
            connection.close()
            return False
        if not wanted:
            self._cancelled.set()
        return renew
