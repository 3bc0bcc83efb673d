"""The work of a run that delivers an alert."""

from django.db import transaction
from django.utils import timezone

from strategy_api.runs.worker import Job
from strategy_api.scanner import webhooks
from strategy_api.scanner.choices import AlertState
from strategy_api.scanner.configs import config_of
from strategy_api.scanner.models import Alert
from strategy_api.scanner.scanning import shown

MOST_ATTEMPTS = 5


def alert(job: Job) -> None:
    """Send an alert's webhook, once.

    Before anything is sent the row says so: a worker that dies while sending leaves an alert that may have arrived, and
    that is not sent again. It is tried again only where nothing can have arrived, or the receiver asked for it.
    """
    row = _begin(job.parameters["alert"])
    if row is None:
        return
    config = config_of(row.signal.owner)
    payload = {"type": "alert", "delivery": str(row.pk), "signal": shown(row.signal)}
    try:
        status = webhooks.send(row.url, secret=config.webhook_secret, delivery=str(row.pk), payload=payload)
    except webhooks.OutcomeUnknown as unknown:
        _end(row, AlertState.UNKNOWN, str(unknown))
    except webhooks.NotSent as refused:
        again = refused.again and row.attempts < MOST_ATTEMPTS
        _end(row, AlertState.PENDING if again else AlertState.FAILED, str(refused))
    else:
        _end(row, AlertState.SENT if status < 400 else AlertState.FAILED, f"HTTP status {status}")
    job.result |= {"state": row.state, "answer": row.answer, "attempts": row.attempts}


@transaction.atomic
def _begin(key: str) -> Alert | None:
    rows = Alert.objects.select_for_update().filter(pk=key)
    row = rows.select_related("signal__owner").first()
    if row is not None and row.state == AlertState.SENDING:
        # Whoever sent it has died: it may have arrived.
        _end(row, AlertState.UNKNOWN, "the worker died")
        return None
    if row is None or row.state != AlertState.PENDING:
        return None
    row.state, row.attempts = AlertState.SENDING, row.attempts + 1
    row.save(update_fields=["state", "attempts"])
    return row


def _end(row: Alert, state: str, answer: str) -> None:
    row.state, row.answer = state, answer[:200]
    row.sent_at = timezone.now() if state == AlertState.SENT else None
    row.save(update_fields=["state", "answer", "sent_at"])
