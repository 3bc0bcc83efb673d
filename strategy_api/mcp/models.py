"""Calls of tools, as rows."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ToolCall(models.Model):
    """One call of a tool by an agent: who, what, and what came of it. `error_code` is empty where it succeeded."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    token_prefix = models.CharField(max_length=16, blank=True)
    tool = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    error_code = models.CharField(max_length=64, blank=True)
    seconds = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at"], name="tool_call_newest"),
            models.Index(fields=["owner", "-created_at"], name="tool_call_newest_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.created_at:%Y-%m-%d %H:%M}"
