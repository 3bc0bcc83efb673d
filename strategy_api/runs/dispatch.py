"""Sending a run on its way. The message is a hint: the row in the database is the truth."""

import logging
import uuid

from celery import current_app
from django.utils import timezone

from strategy_api.runs import kinds
from strategy_api.runs.models import Run

logger = logging.getLogger(__name__)

PERFORM = "strategy_api.runs.tasks.perform_run"


def dispatch(run_id: uuid.UUID, kind: str) -> None:
    """Send a run to the queue of its kind; when the broker is away the sweeper does it later."""
    known = kinds.find(kind)
    queue = known.queue if known else kinds.MAINTENANCE
    try:
        current_app.send_task(PERFORM, (str(run_id),), queue=queue)
    except Exception as error:
        logger.warning("Run %s stays queued, the broker did not take it: %s", run_id, type(error).__name__)
        return
    Run.objects.filter(pk=run_id).update(dispatched_at=timezone.now())
