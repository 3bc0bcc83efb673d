"""Old calls of tools."""

from django.conf import settings
from django.utils import timezone

from strategy_api.common import retention
from strategy_api.mcp.models import ToolCall


@retention.register("tool_calls")
def remove_tool_calls() -> int:
    """Remove calls that are older than a finished run's events."""
    return ToolCall.objects.filter(created_at__lt=timezone.now() - settings.KEEP_EVENTS).delete()[0]
