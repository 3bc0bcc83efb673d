"""Scans that are due: each slot of an agent is one run, whoever's beat finds it first."""

import logging
from datetime import timedelta

from django.utils import timezone

from strategy_api.common.exceptions import TooManyRuns
from strategy_api.runs import schedule
from strategy_api.runs.kinds import Submission
from strategy_api.runs.models import Run
from strategy_api.runs.services import submit_run
from strategy_api.scanner.choices import AlertState
from strategy_api.scanner.kinds import ALERT, SCAN
from strategy_api.scanner.models import AgentConfig, Alert

logger = logging.getLogger(__name__)

MOST_ALERTS = 100


@schedule.at_each_sweep
def submit_due_scans() -> None:
    """Queue a scan for each agent that is on and due; one that is still scanning is not asked again."""
    now = timezone.now()
    for config in AgentConfig.objects.filter(enabled=True, next_scan_at__lte=now).select_related("owner"):
        if not schedule.take(f"scan:{config.pk}", at=now, every=timedelta(seconds=config.seconds)):
            continue
        if Run.objects.filter(owner=config.owner, kind=SCAN.name).unfinished().exists():
            continue
        try:
            submit_run(owner=config.owner, kind=SCAN, submission=Submission(parameters={}))
        except TooManyRuns:
            logger.warning("The agent of user %s skips a slot: too many unfinished runs", config.owner_id)


@schedule.at_each_sweep
def submit_alerts() -> None:
    """Queue the delivery of alerts that have not been tried."""
    pending = Alert.objects.filter(state=AlertState.PENDING).exclude(url="").select_related("signal__owner")
    for alert in pending.order_by("created_at")[:MOST_ALERTS]:
        if schedule.take(f"alert:{alert.pk.hex[:20]}", at=timezone.now(), every=timedelta(minutes=1)):
            parameters = {"alert": str(alert.pk)}
            submit_run(owner=alert.signal.owner, kind=ALERT, submission=Submission(parameters=parameters))
