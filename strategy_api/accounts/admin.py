"""Tokens: whose, what for, until when; deleting one revokes it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from strategy_api.accounts.models import Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """Tokens without what makes them tokens; made over the API or by `manage.py create_token`."""

    list_display = ["name", "user", "scope", "prefix", "created", "expiry", "last_used_at"]
    list_filter = ["scope", "expiry", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    ordering = ["-created"]
    show_full_result_count = False
    fields = readonly_fields = (
        "name",
        "user",
        "scope",
        "prefix",
        "created",
        "expiry",
        "last_used_at",
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody makes a token here: it could not be shown."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is revoked, not changed."""
        return False
