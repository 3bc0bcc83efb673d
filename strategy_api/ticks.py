"""Scheduled work is done once a slot, however many clocks tick."""

from datetime import datetime, timedelta

from strategy_api.models import Tick


def take(schedule: str, *, at: datetime, every: timedelta) -> bool:
    """Take the slot of a schedule that a moment lies in; return False when it was taken before.

    Slots are counted from the epoch, so that clocks which know nothing of each other mean the same one.
    """
    slot = int(at.timestamp() // every.total_seconds())
    return Tick.objects.get_or_create(schedule=schedule, slot=slot)[1]


def forget(before: datetime) -> int:
    """Remove the rows of slots that no message can still be on its way for; return how many there were."""
    return Tick.objects.filter(taken_at__lt=before).delete()[0]
