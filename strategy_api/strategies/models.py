"""Strategies, their versions, their backtests and what reviewers say of them."""

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from strategy_api.common.constraints import one_of
from strategy_api.runs.models import Run
from strategy_api.strategies.choices import ExecutionStatus, FixHow, StrategyStatus, VersionOrigin


class Strategy(models.Model):
    """A strategy under one name; its code lives in versions."""

    Status = StrategyStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="strategies")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    # What it is tried for; clones share it. An app above this one keeps what is known of it.
    goal = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    status = models.CharField(max_length=20, choices=StrategyStatus, default=StrategyStatus.DRAFT)
    current_version = models.ForeignKey(
        "StrategyVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "strategies"
        constraints = [
            one_of("status", StrategyStatus, "strategy_status_is_known"),
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
    # What the words say besides rules: market, interval, dates, cash, costs, leverage.
    settings = models.JSONField(default=dict, blank=True)
    prompt_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ImmutableQuerySet.as_manager()

    class Meta:
        ordering = ["strategy", "number"]
        constraints = [
            one_of("origin", VersionOrigin, "version_origin_is_known"),
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
        constraints = [one_of("status", StrategyStatus, "review_status_is_known")]

    def __str__(self) -> str:
        return f"{self.get_status_display()} by {self.reviewer or 'someone who left'}"


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
    metrics_notes = models.JSONField(default=dict)
    orders = models.JSONField(null=True, blank=True)
    return_pct = models.FloatField(null=True, blank=True)
    sharpe_ratio = models.FloatField(null=True, blank=True)
    max_drawdown_pct = models.FloatField(null=True, blank=True)
    trade_count = models.PositiveIntegerField(null=True, blank=True)
    trades = models.JSONField(default=list)
    equity = models.BinaryField(null=True, blank=True)
    warnings = models.JSONField(default=list)
    checks = models.JSONField(default=dict)
    verified = models.BooleanField(null=True, blank=True)
    evidence = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.JSONField(null=True, blank=True)
    log = models.TextField(blank=True)
    # How it ran, why a specification ran in the sandbox, and what the two paths differed in where both were taken.
    path = models.CharField(max_length=16, default="sandbox")
    path_reason = models.CharField(max_length=64, blank=True)
    path_differences = models.JSONField(default=list, blank=True)
    timings = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    thinned_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            one_of("status", ExecutionStatus, "execution_status_is_known"),
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
            one_of("how", FixHow, "fix_how_is_known"),
            models.UniqueConstraint(fields=["run", "number"], name="fix_attempt_numbers_are_unique"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"
