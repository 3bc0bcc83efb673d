"""When scheduled work is due: at the start of each slot of the clock, the same for every beat."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import schedule


class EachSlot(schedule):
    """Due once in each slot of `run_every`, counted from the epoch.

    Celery's own intervals count from the last run: two beats would tick apart, and each tick a little later than the
    one before it, until a slot had none.
    """

    def __init__(
        self, run_every: timedelta, relative: bool = True, nowfun: Callable[[], datetime] | None = None, app: Any = None
    ) -> None:
        # The arguments are Celery's own: beat keeps its schedule in a file, and makes it again from them.
        super().__init__(run_every, relative=relative, nowfun=nowfun, app=app)

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        """Return the time left until the slot after the last run's begins; zero or less means due."""
        seconds = self.run_every.total_seconds()
        due = (self.maybe_make_aware(last_run_at).timestamp() // seconds + 1) * seconds
        return timedelta(seconds=due - self.maybe_make_aware(self.now()).timestamp())
