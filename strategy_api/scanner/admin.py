"""The scanner in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from strategy_api.scanner.models import AgentConfig, Alert, Signal, WeightPreset


@admin.register(AgentConfig)
class AgentConfigAdmin(admin.ModelAdmin):
    """Who has an agent, and whether it is on."""

    list_display = ["owner", "enabled", "feed", "seconds", "preset", "last_scan_at", "next_scan_at", "toggled_by"]
    list_filter = ["enabled", "feed"]
    search_fields = ["owner__username"]
    list_select_related = ["owner", "toggled_by"]
    exclude = ["webhook_secret"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The row comes with the first look."""
        return False


@admin.register(WeightPreset)
class WeightPresetAdmin(admin.ModelAdmin):
    """Presets of users."""

    list_display = ["name", "owner", "updated_at"]
    search_fields = ["name", "owner__username"]
    list_select_related = ["owner"]


class Record(admin.ModelAdmin):
    """What happened is not changed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only scans make rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows stay as they were written."""
        return False


@admin.register(Signal)
class SignalAdmin(Record):
    """Signals, and what came after them."""

    list_display = ["bar_at", "symbol", "interval", "label", "points", "owner", "after_1", "after_5", "after_20"]
    list_filter = ["label", "feed", "interval", "preset"]
    search_fields = ["symbol", "owner__username"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"

    @admin.display(description="score", ordering="score")
    def points(self, signal: Signal) -> str:
        """Return the score as people read it."""
        return f"{signal.score:+.2f}"

    @admin.display(description="after 1 bar", ordering="return_1_pct")
    def after_1(self, signal: Signal) -> str:
        """Return the change of the price."""
        return _percent(signal.return_1_pct)

    @admin.display(description="after 5", ordering="return_5_pct")
    def after_5(self, signal: Signal) -> str:
        """Return the change of the price."""
        return _percent(signal.return_5_pct)

    @admin.display(description="after 20", ordering="return_20_pct")
    def after_20(self, signal: Signal) -> str:
        """Return the change of the price."""
        return _percent(signal.return_20_pct)


@admin.register(Alert)
class AlertAdmin(Record):
    """Alerts, and what became of their webhooks."""

    list_display = ["created_at", "signal", "state", "attempts", "answer", "sent_at"]
    list_filter = ["state"]
    list_select_related = ["signal"]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f} %"
