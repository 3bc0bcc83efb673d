"""Requests to language models, as rows."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from strategy_api.common.constraints import one_of
from strategy_api.runs.models import Run


class CallOutcome(models.TextChoices):
    """What became of a request to a language model."""

    PENDING = "pending"
    ANSWERED = "answered"
    INVALID = "invalid"
    REUSED = "reused"
    FAILED = "failed"


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
            one_of("outcome", CallOutcome, "call_outcome_is_known"),
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
