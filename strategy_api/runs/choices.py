"""The closed vocabulary of runs. Kinds are open: see `kinds`."""

from django.db.models import TextChoices


class RunState(TextChoices):
    """Where a run stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
