"""The record: what was asked, what was written, what was run, and everything that came of it."""

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from strategy_api.accounts import KeptAnswer, Token
from strategy_api.choices import CallOutcome, ExecutionStatus, FixHow, RunKind, RunState, StrategyStatus, VersionOrigin

__all__ = [
    "Execution",
    "FixAttempt",
    "Idempotent",
    "KeptAnswer",
    "Review",
    "Run",
    "RunEvent",
    "Strategy",
    "StrategyVersion",
    "Tick",
    "Token",
]


def _one_of(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


class Idempotent(models.Model):
    """Made by a POST that a client may repeat: the same key means the same object."""

    idempotency_key = models.CharField(max_length=255, null=True, blank=True, editable=False)  # noqa: DJ001
    request_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True


class Strategy(Idempotent):
    """A strategy under one name; its code lives in versions."""

    Status = StrategyStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="strategies")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=20, choices=StrategyStatus, default=StrategyStatus.DRAFT)
    current_version = models.ForeignKey(
        "StrategyVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "strategies"
        constraints = [
            _one_of("status", StrategyStatus, "strategy_status_is_known"),
            models.UniqueConstraint(
                "owner",
                "idempotency_key",
                condition=Q(idempotency_key__isnull=False),
                name="one_strategy_for_each_idempotency_key",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="strategy_newest_of_owner"),
            models.Index(fields=["-created_at"], name="strategy_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class ImmutableQuerySet(models.QuerySet):
    """Rows that are written once."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse: a new version is a new row."""
        raise TypeError("Versions are immutable: make a new one.")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: a new version is a new row."""
        raise TypeError("Versions are immutable: make a new one.")


class StrategyVersion(models.Model):
    """The code of a strategy at one moment; never changed, only followed by another."""

    Origin = VersionOrigin

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    code = models.TextField()
    spec = models.JSONField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=16, choices=VersionOrigin)
    explanation = models.TextField(blank=True)
    assumptions = models.JSONField(default=list, blank=True)
    prompt_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ImmutableQuerySet.as_manager()

    class Meta:
        ordering = ["strategy", "number"]
        constraints = [
            _one_of("origin", VersionOrigin, "version_origin_is_known"),
            models.UniqueConstraint(fields=["strategy", "number"], name="version_numbers_are_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_numbers_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.strategy} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row once."""
        if not self._state.adding:
            raise TypeError("Versions are immutable: make a new one.")
        super().save(*args, **kwargs)


class Review(models.Model):
    """A reviewer's verdict on a version, with the reason."""

    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="reviews")
    version = models.ForeignKey(StrategyVersion, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=20, choices=StrategyStatus)
    comment = models.TextField(blank=True, max_length=5_000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [_one_of("status", StrategyStatus, "review_status_is_known")]

    def __str__(self) -> str:
        return f"{self.get_status_display()} by {self.reviewer or 'someone who left'}"


class RunQuerySet(models.QuerySet):
    """The questions that workers ask of runs."""

    def claimable(self, now: Any) -> "RunQuerySet":
        """Runs that a worker may take: never started, or lost by a worker that went silent."""
        waiting = Q(state=Run.State.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
        lost = Q(state=Run.State.RUNNING, lease_until__lt=now)
        return self.filter(waiting | lost, attempt__lt=F("max_attempts"))

    def fairest_first(self) -> "RunQuerySet":
        """Order by whose turn it is: the owner who has waited longest since a worker last took a run of theirs."""
        same_owner = Run.objects.filter(owner=OuterRef("owner"), started_at__isnull=False)
        served_at = Subquery(same_owner.order_by("-started_at").values("started_at")[:1])
        return self.annotate(served_at=served_at).order_by(F("served_at").asc(nulls_first=True), "created_at")

    def held_by(self, lease_token: uuid.UUID) -> "RunQuerySet":
        """The run that this lease still holds, if it does."""
        return self.filter(state=Run.State.RUNNING, lease_token=lease_token)

    def unfinished(self) -> "RunQuerySet":
        """Runs that will still change."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])


class Run(Idempotent):
    """One job and its own outbox: the row is the truth, the broker's message only a hint to look at it."""

    Kind = RunKind

    State = RunState

    FINAL = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=16, choices=RunKind)
    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, null=True, blank=True, related_name="runs")
    version = models.ForeignKey(StrategyVersion, on_delete=models.CASCADE, null=True, blank=True, related_name="runs")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            _one_of("state", RunState, "run_state_is_known"),
            _one_of("kind", RunKind, "run_kind_is_known"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="running_means_leased",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False),
                name="finished_runs_say_when",
            ),
            models.UniqueConstraint(
                "owner",
                "idempotency_key",
                condition=Q(idempotency_key__isnull=False),
                name="one_run_for_each_idempotency_key",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="run_newest"),
            models.Index(fields=["error_code", "-created_at"], name="run_failures", condition=~Q(error_code="")),
            models.Index(fields=["owner", "-created_at"], name="run_newest_of_owner"),
            models.Index(fields=["strategy", "-created_at"], name="run_newest_of_strategy"),
            models.Index(fields=["owner", "-started_at"], name="run_last_served_of_owner"),
            models.Index(
                fields=["state", "lease_until"], name="run_unfinished", condition=Q(state__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def finished(self) -> bool:
        """Whether the run will never change again."""
        return self.state in self.FINAL


class RunEvent(models.Model):
    """One step of a run's progress; numbered without gaps under the run's row lock, so readers skip none."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["run", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="event_numbers_are_unique")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Execution(models.Model):
    """One backtest, and all that is needed to run it again on exactly the same bars."""

    Status = ExecutionStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="executions")
    # The strategy's owner, once more, so that a user's newest are found by an index.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="executions")
    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="executions")
    version = models.ForeignKey(StrategyVersion, on_delete=models.CASCADE, related_name="executions")
    status = models.CharField(max_length=16, choices=ExecutionStatus)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=8)
    source = models.CharField(max_length=64)
    dataset_fingerprint = models.CharField(max_length=64)
    bars = models.PositiveIntegerField()
    first_bar_at = models.DateTimeField()
    last_bar_at = models.DateTimeField()
    broker = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(null=True, blank=True)
    return_pct = models.FloatField(null=True, blank=True)
    sharpe_ratio = models.FloatField(null=True, blank=True)
    max_drawdown_pct = models.FloatField(null=True, blank=True)
    trade_count = models.PositiveIntegerField(null=True, blank=True)
    trades = models.JSONField(default=list)
    equity = models.BinaryField(null=True, blank=True)
    warnings = models.JSONField(default=list)
    verified = models.BooleanField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.JSONField(null=True, blank=True)
    log = models.TextField(blank=True)
    timings = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    thinned_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            _one_of("status", ExecutionStatus, "execution_status_is_known"),
            models.CheckConstraint(condition=Q(status="failed") | Q(metrics__isnull=False), name="success_has_metrics"),
            models.CheckConstraint(condition=Q(status="succeeded") | ~Q(error_code=""), name="failure_has_a_code"),
        ]
        indexes = [
            models.Index(fields=["strategy", "-created_at"], name="execution_newest_of_strategy"),
            models.Index(fields=["owner", "-created_at"], name="execution_newest_of_owner"),
            models.Index(fields=["-created_at"], name="execution_newest"),
            models.Index(fields=["error_code", "-created_at"], name="execution_failures", condition=~Q(error_code="")),
            models.Index(fields=["symbol", "-created_at"], name="execution_newest_of_symbol"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.interval} {self.created_at:%Y-%m-%d %H:%M}"


class FixAttempt(models.Model):
    """One try to mend a strategy: what was wrong, what was done, what came of it."""

    How = FixHow

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="fix_attempts")
    number = models.PositiveIntegerField()
    execution = models.ForeignKey(
        Execution, on_delete=models.SET_NULL, null=True, blank=True, related_name="fix_attempts"
    )
    diagnosis = models.JSONField(default=dict)
    how = models.CharField(max_length=16, choices=FixHow)
    version = models.ForeignKey(StrategyVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=32)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            _one_of("how", FixHow, "fix_how_is_known"),
            models.UniqueConstraint(fields=["run", "number"], name="fix_attempt_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"


class LLMCall(models.Model):
    """One request to a language model: what it was for, what it cost, what came of it. Never a key, never the prompt.

    `cost_usd` is the most that it can cost until it is settled, so that a worker that died leaves the budget safe.
    """

    Outcome = CallOutcome

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="llm_calls")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    provider = models.CharField(max_length=32)
    model = models.CharField(max_length=100)
    purpose = models.CharField(max_length=32, blank=True)
    prompt_version = models.CharField(max_length=64, blank=True)
    request_sha256 = models.CharField(max_length=64)
    keys = models.JSONField(default=list)
    outcome = models.CharField(max_length=16, choices=CallOutcome, default=CallOutcome.PENDING)
    error_code = models.CharField(max_length=64, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    cached_input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    latency_seconds = models.FloatField(null=True, blank=True)
    message_count = models.PositiveIntegerField(default=1)
    streamed = models.BooleanField(default=False)
    answer = models.TextField(blank=True)
    # JSON of a pydantic-ai `ModelResponse`: what an equal request is answered with.
    response = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "model call"
        constraints = [
            _one_of("outcome", CallOutcome, "call_outcome_is_known"),
            models.UniqueConstraint(
                fields=["request_sha256"], condition=Q(outcome="pending"), name="equal_requests_are_asked_once"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="call_newest"),
            models.Index(fields=["owner", "-created_at"], name="call_newest_of_owner"),
            models.Index(fields=["request_sha256", "-created_at"], name="call_by_request"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.model} {self.outcome}"


class Tick(models.Model):
    """A slot of a schedule whose work a worker has taken: a second clock finds its row and does nothing."""

    schedule = models.CharField(max_length=32)
    slot = models.BigIntegerField()
    taken_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="slots_are_taken_once")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.slot}"
