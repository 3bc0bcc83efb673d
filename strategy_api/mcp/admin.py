"""What agents did, in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from strategy_api.mcp.models import ToolCall


@admin.register(ToolCall)
class ToolCallAdmin(admin.ModelAdmin):
    """Calls of tools, newest first; a record, so nothing is changed."""

    list_display = ["created_at", "owner", "token_prefix", "tool", "outcome", "took"]
    list_filter = ["tool", "error_code", "created_at"]
    search_fields = ["owner__username", "token_prefix", "tool", "error_code"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"

    @admin.display(ordering="error_code")
    def outcome(self, call: ToolCall) -> str:
        """Return what came of it."""
        return call.error_code or "answered"

    @admin.display(ordering="seconds")
    def took(self, call: ToolCall) -> str:
        """Return how long it took."""
        return f"{call.seconds:.2f} s"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only agents make calls."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Calls stay as they were written."""
        return False
