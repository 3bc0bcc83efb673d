"""How work travels: an id, a retry policy, one call."""

import logging
import os
import uuid
from datetime import datetime
from typing import Any

from celery import Task, shared_task
from celery.signals import before_task_publish, worker_process_init
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from strategy_api import retention, runner, ticks
from strategy_api.choices import QUEUES, RunKind
from strategy_api.models import Run

logger = logging.getLogger(__name__)


@shared_task(
    bind=True,
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=2,
    retry_backoff_max=30,
    retry_jitter=True,
    max_retries=20,
)
def perform_run(self: Task, run_id: str) -> None:
    """Do a run's work once, however often this is delivered."""
    try:
        runner.perform(uuid.UUID(run_id))
    except runner.TryLater as later:
        raise self.retry(countdown=later.seconds, max_retries=None) from later


@shared_task(bind=True)
def sweep(self: Task) -> None:
    """Dispatch what was accepted and never started, and settle what lost its last worker."""
    if ticks.take("sweep", at=_published(self), every=settings.SWEEP_EVERY):
        for run_id, kind in runner.sweep():
            dispatch(run_id, kind)


@shared_task(bind=True)
def thin(self: Task) -> None:
    """Thin what is bulky and old."""
    if ticks.take("thin", at=_published(self), every=settings.THIN_EVERY):
        retention.thin()


@before_task_publish.connect
def stamp(headers: dict[str, Any], **_: Any) -> None:
    """Say when a message was sent: a tick that waited for a worker still belongs to the slot of its clock."""
    headers["published_at"] = timezone.now().isoformat()


def _published(task: Task) -> datetime:
    stamped = task.request.get("published_at")
    return datetime.fromisoformat(stamped) if stamped else timezone.now()


def dispatch(run_id: uuid.UUID, kind: str) -> None:
    """Send a run on its way; when the broker is away the sweeper does it later."""
    try:
        perform_run.apply_async((str(run_id),), queue=QUEUES[RunKind(kind)])
    except Exception as error:
        logger.warning("Run %s stays queued, the broker did not take it: %s", run_id, type(error).__name__)
        return
    Run.objects.filter(pk=run_id).update(dispatched_at=timezone.now())


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Start this worker process's sandbox before the first run asks for it, and let others of the machine go first."""
    connections.close_all()
    os.nice(settings.WORKER_NICENESS)
    runner.warm_up()
