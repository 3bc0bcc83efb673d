"""Goals with their tries and what was seen of their sealed bars, and studies with what they tried."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from strategy_api.common.constraints import one_of
from strategy_api.research.choices import LookKind
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy


class Goal(models.Model):
    """What somebody tries to achieve; a strategy, its clones and the talk about it share one.

    `sealed_from` is set with the first bars that are used: the time of the first sealed bar.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="goals")
    title = models.CharField(max_length=200, blank=True)
    sealed_from = models.DateTimeField(null=True, blank=True)
    symbol = models.CharField(max_length=32, blank=True)
    interval = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="goal_newest_of_owner")]

    def __str__(self) -> str:
        return self.title or str(self.pk)


class Look(models.Model):
    """Somebody saw sealed bars: by opening the seal, or by a backtest that reaches into them."""

    Kind = LookKind

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="looks")
    kind = models.CharField(max_length=16, choices=LookKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=1_000, blank=True)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [one_of("kind", LookKind, "look_kind_is_known")]
        indexes = [models.Index(fields=["goal", "kind"], name="look_of_goal")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Trial(models.Model):
    """One evaluated candidate of a goal.

    Its id is made from the goal, the specification or code, the parameters, the bars and the span: the same candidate
    is the same row, whoever evaluates it and however many do at once.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="trials")
    spec_hash = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=8)
    dataset_fingerprint = models.CharField(max_length=64)
    first_bar_at = models.DateTimeField()
    last_bar_at = models.DateTimeField()
    sharpe_per_bar = models.FloatField(null=True)
    bars = models.PositiveIntegerField()
    skew = models.FloatField()
    kurtosis = models.FloatField()
    trade_count = models.PositiveIntegerField()
    return_pct = models.FloatField(null=True)
    origin = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["goal", "-created_at"], name="trial_newest_of_goal"),
            models.Index(fields=["goal", "symbol", "interval", "first_bar_at"], name="trial_on_these_bars"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.parameters}"


class Study(models.Model):
    """One piece of research: what was asked, and what came of it. It has the id of its run."""

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="studies")
    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="studies")
    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="studies")
    version = models.PositiveIntegerField()
    run = models.OneToOneField(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="study")
    kind = models.CharField(max_length=32)
    request = models.JSONField(default=dict)
    # The bars, as they were when the study began: an attempt after a crash takes the same.
    symbol = models.CharField(max_length=32, blank=True)
    interval = models.CharField(max_length=8, blank=True)
    dataset_fingerprint = models.CharField(max_length=64, blank=True)
    trade_from = models.DateTimeField(null=True, blank=True)
    sealed_from = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    begun_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "studies"
        indexes = [models.Index(fields=["owner", "-created_at"], name="study_newest_of_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"


class StudyTrial(models.Model):
    """One candidate of a study, with what the study's table and its figures need. `value` is the objective."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="trials")
    position = models.PositiveIntegerField()
    window = models.PositiveIntegerField(null=True, blank=True)
    parameters = models.JSONField(default=dict)
    label = models.CharField(max_length=1_000, blank=True)
    value = models.FloatField(null=True)
    score = models.FloatField(null=True)
    return_pct = models.FloatField(null=True)
    sharpe_ratio = models.FloatField(null=True)
    max_drawdown_pct = models.FloatField(null=True)
    win_rate_pct = models.FloatField(null=True)
    profit_factor = models.FloatField(null=True)
    trade_count = models.PositiveIntegerField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    sharpe_per_bar = models.FloatField(null=True)
    bars = models.PositiveIntegerField(default=0)
    skew = models.FloatField(default=0.0)
    kurtosis = models.FloatField(default=3.0)
    blocks = models.BinaryField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "position"], name="positions_of_trials_are_unique"),
            models.CheckConstraint(condition=Q(error_code="") | Q(score__isnull=True), name="failures_have_no_score"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.parameters}"
