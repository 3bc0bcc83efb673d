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

from strategy_api.common import retention
from strategy_api.runs import schedule, sweeper, worker

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
        worker.perform(uuid.UUID(run_id))
    except worker.TryLater as later:
        raise self.retry(countdown=later.seconds, max_retries=None) from later


@shared_task(bind=True)
def sweep(self: Task) -> None:
    """Dispatch what was accepted and never started, and settle what lost its last worker."""
    if schedule.take("sweep", at=_published(self), every=settings.SWEEP_EVERY):
        sweeper.sweep()
        for function in schedule.AT_EACH_SWEEP:
            try:
                function()
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                logger.exception("%s failed at a sweep; the others go on", function.__name__)


@shared_task(bind=True)
def thin(self: Task) -> None:
    """Thin what is bulky and old."""
    if schedule.take("thin", at=_published(self), every=settings.THIN_EVERY):
        retention.thin()


@before_task_publish.connect
def stamp(headers: dict[str, Any], **_: Any) -> None:
    """Say when a message was sent: one that waited for a worker still belongs to the slot of its beat."""
    headers["published_at"] = timezone.now().isoformat()


def _published(task: Task) -> datetime:
    stamped = task.request.get("published_at")
    return datetime.fromisoformat(stamped) if stamped else timezone.now()


@worker_process_init.connect
def prepare_process(**_: Any) -> None:
    """Give each worker process its own connections, and let others of the machine go first."""
    connections.close_all()
    os.nice(settings.WORKER_NICENESS)
