"""The closed vocabularies of the record."""

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


class RunKind(TextChoices):
    """What a run does."""

    GENERATE = "generate"
    EXECUTE = "execute"
    FIX = "fix"


# Which work shares its workers with which.
QUEUES = {RunKind.EXECUTE: "execution", RunKind.GENERATE: "generation", RunKind.FIX: "generation"}
MAINTENANCE = "maintenance"


def kinds_beside(kind: str) -> list[str]:
    """Return the kinds that wait in the same queue."""
    return [other for other, queue in QUEUES.items() if queue == QUEUES[RunKind(kind)]]


class RunState(TextChoices):
    """Where a run stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExecutionStatus(TextChoices):
    """Whether the strategy survived its backtest."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class FixHow(TextChoices):
    """By what means a strategy was mended."""

    REWRITE = "rewrite"
    MODEL = "model"
    RECOMPILED = "recompiled"
    NONE = "none"


class CallOutcome(TextChoices):
    """What became of a request to a language model."""

    PENDING = "pending"
    ANSWERED = "answered"
    INVALID = "invalid"
    REUSED = "reused"
    FAILED = "failed"


class TokenScope(TextChoices):
    """What a token may do; each scope includes the ones before it."""

    READ = "read", "read: look at everything of its user"
    RUN = "run", "run: also change strategies and start work"
    ADMIN = "admin", "admin: also tokens, and what staff may do to others' objects"

    @classmethod
    def up_to(cls, scope: str) -> list[str]:
        """Return a scope with those that it includes."""
        return cls.values[: cls.values.index(scope) + 1]
