"""The closed vocabularies of strategies and backtests."""

from django.db.models import TextChoices


class StrategyStatus(TextChoices):
    """Where a strategy stands with its reviewers."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    ARCHIVED = "archived"


class VersionOrigin(TextChoices):
    """Who wrote a version's code."""

    OFFLINE = "offline"
    MODEL = "model"
    MANUAL = "manual"
    FIX = "fix"
    REFINE = "refine"


class ExecutionStatus(TextChoices):
    """Whether the strategy survived its backtest."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class FixHow(TextChoices):
    """By what means a strategy was repaired."""

    REWRITE = "rewrite"
    MODEL = "model"
    RECOMPILED = "recompiled"
    NONE = "none"
