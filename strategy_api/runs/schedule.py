"""Scheduled work is done once for each slot, however many beats there are."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from strategy_api.common import retention
from strategy_api.runs.models import ScheduleSlot

KEEP_SLOTS = timedelta(days=1)


# What apps do at each sweep, every few seconds: it must be quick, and take slots of its own where it starts work.
AT_EACH_SWEEP: list[Callable[[], None]] = []


def at_each_sweep(function: Callable[[], None]) -> Callable[[], None]:
    """Add a function that is called at each sweep, in one process."""
    AT_EACH_SWEEP.append(function)
    return function


def take(schedule: str, *, at: datetime, every: timedelta) -> bool:
    """Take the slot of a schedule that a moment lies in; return False when it was taken before.

    Slots are counted from the epoch, so that beats which know nothing of each other mean the same one.
    """
    slot = int(at.timestamp() // every.total_seconds())
    return ScheduleSlot.objects.get_or_create(schedule=schedule, slot=slot)[1]


@retention.register("schedule_slots")
def forget_slots() -> int:
    """Remove slots that no message can still be on its way for."""
    return ScheduleSlot.objects.filter(taken_at__lt=timezone.now() - KEEP_SLOTS).delete()[0]
