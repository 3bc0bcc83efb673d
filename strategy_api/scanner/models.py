"""What an agent is set to, which weights a user keeps, and what was signalled."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from backtest_engine.scanner.weights import DEFAULT_PRESET
from strategy_api.common.constraints import one_of
from strategy_api.scanner.choices import AlertState, FeedName, Label
from strategy_api.scanner.defaults import default_intervals, default_symbols, default_weights, new_secret


class AgentConfig(models.Model):
    """What the agent of a user does, and whether it is on. It survives a restart: it is a row.

    `session_at` is when the feed began; a replay counts from it. `seen` has the last bar that was signalled of each
    market, by `SYMBOL|interval`.
    """

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scanner_config")
    enabled = models.BooleanField(default=False)
    toggled_at = models.DateTimeField(null=True, blank=True)
    toggled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    feed = models.CharField(max_length=16, choices=FeedName, default=FeedName.REPLAY)
    replay = models.JSONField(default=dict, blank=True)
    session_at = models.DateTimeField(default=timezone.now)
    symbols = models.JSONField(default=default_symbols)
    intervals = models.JSONField(default=default_intervals)
    interval_weights = models.JSONField(default=dict, blank=True)
    seconds = models.PositiveIntegerField(default=30)
    preset = models.CharField(max_length=64, default=DEFAULT_PRESET, blank=True)
    weights = models.JSONField(default=default_weights)
    alert_threshold = models.FloatField(null=True, blank=True)
    webhook_url = models.URLField(blank=True, max_length=500)
    webhook_secret = models.CharField(max_length=64, default=new_secret)
    seen = models.JSONField(default=dict, blank=True)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    next_scan_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("feed", FeedName, "agent_feed_is_known"),
            models.CheckConstraint(condition=Q(seconds__gte=5), name="agent_scans_every_five_seconds_at_most"),
        ]
        indexes = [models.Index(fields=["next_scan_at"], name="agent_due", condition=Q(enabled=True))]

    def __str__(self) -> str:
        return f"agent of {self.owner}"


class WeightPreset(models.Model):
    """Weights under a name of one user; those that come with the project are not rows."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="weight_presets")
    name = models.CharField(max_length=64)
    weights = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="preset_names_are_unique")]

    def __str__(self) -> str:
        return self.name


class Signal(models.Model):
    """What the agent said of a bar; stored once. Returns are filled in when the bars that follow have closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signals")
    feed = models.CharField(max_length=16, choices=FeedName)
    session_at = models.DateTimeField()
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=8)
    bar_at = models.DateTimeField()
    price = models.FloatField()
    score = models.FloatField()
    label = models.CharField(max_length=16, choices=Label)
    preset = models.CharField(max_length=64, blank=True)
    contributions = models.JSONField()
    missing = models.JSONField(default=list)
    flips = models.JSONField(default=list)
    age_seconds = models.FloatField()
    return_1_pct = models.FloatField(null=True, blank=True)
    return_5_pct = models.FloatField(null=True, blank=True)
    return_20_pct = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "feed", "session_at", "symbol", "interval", "bar_at"], name="a_bar_is_signalled_once"
            ),
            one_of("label", Label, "signal_label_is_known"),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="signal_newest_of_owner"),
            models.Index(
                fields=["owner", "session_at"], name="signal_unsettled", condition=Q(return_20_pct__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.interval} {self.label} {self.bar_at:%Y-%m-%d %H:%M}"


class Alert(models.Model):
    """A signal that crossed the threshold, and how far its webhook is. One row a signal, so that none is sent twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    signal = models.OneToOneField(Signal, on_delete=models.CASCADE, related_name="alert")
    url = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=AlertState, default=AlertState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [one_of("state", AlertState, "alert_state_is_known")]

    def __str__(self) -> str:
        return f"{self.state}: {self.signal}"
