"""RFC 7240: `Prefer: wait=N` holds the answer until the run has ended, at most half a minute."""

import re
import time

from rest_framework.request import Request

from strategy_api.adapters import doorbell
from strategy_api.models import Run

MOST_SECONDS = 30
WAIT = re.compile(r"(?:^|,|;)\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|,|;)", re.IGNORECASE)


def wished_wait(request: Request) -> int:
    """Return how many seconds the client wants to wait; 0 when it said nothing."""
    wish = WAIT.search(request.headers.get("Prefer", ""))
    return min(int(wish[1]), MOST_SECONDS) if wish else 0


def wait_for_end(run: Run, seconds: float) -> Run:
    """Return the run once it has ended, or as it is when the time is over."""
    deadline = time.monotonic() + seconds
    with doorbell.bell(run.pk) as rung:
        while True:
            rung.clear()
            run.refresh_from_db()
            left = deadline - time.monotonic()
            if run.finished or left <= 0:
                return run
            rung.wait(left)
