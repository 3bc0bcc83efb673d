"""The work of a run that scans."""

from datetime import datetime

from django.utils import timezone

from strategy_api.runs.worker import Job
from strategy_api.scanner import scanning
from strategy_api.scanner.configs import config_of
from strategy_api.scanner.models import AgentConfig


def scan(job: Job) -> None:
    """Look over all markets of the owner's agent; a scan of the past is shown and stored nowhere else."""
    config = config_of(job.run.owner)
    as_of = job.parameters.get("as_of")
    began = timezone.now()
    scanned = scanning.look(config, now=began, as_of=datetime.fromisoformat(as_of) if as_of else None)
    job.result |= scanning.described(config, scanned)
    job.emit("scan.scored", rows=len(scanned.rows), missing=len(scanned.missing))
    if as_of is None:
        job.writes.append(lambda: _record(job, config, scanned, began))


def _record(job: Job, config: AgentConfig, scanned: scanning.Scanned, began: datetime) -> None:
    job.result["signals"] = scanning.record(config.pk, scanned, began=began, session_at=config.session_at)
