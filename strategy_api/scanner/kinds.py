"""The kinds of run of the scanner."""

from typing import Any

from django.contrib.auth.models import User

from strategy_api.common.lazy import lazily
from strategy_api.runs.kinds import RunKind, Submission, register
from strategy_api.scanner.serializers import ScanRequest


def prepare_scan(*, owner: User, subject: Any, asked: dict[str, Any]) -> Submission:
    """Scan for whoever asks."""
    moment = asked.get("as_of")
    return Submission(parameters={"as_of": moment.isoformat()} if moment else {})


SCAN = RunKind(
    name="scan",
    queue="scanner",
    path="scanner/run/",
    summary="Scan your markets",
    description=(
        "Scores every symbol and interval of your agent on closed bars: now, or with `as_of` as it would have been at "
        "a moment of the past. A scan of now also signals bars that are new, where the agent is on."
    ),
    request=ScanRequest,
    prepare=prepare_scan,
    perform=lazily("strategy_api.scanner.work.scan.scan"),
    rate="execute",
)

ALERT = RunKind(
    name="alert", queue="scanner", perform=lazily("strategy_api.scanner.work.alert.alert"), weight=0, max_attempts=5
)

for kind in (SCAN, ALERT):
    register(kind)
