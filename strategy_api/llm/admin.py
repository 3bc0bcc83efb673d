"""Language models in the admin: every call, the money, and the health of keys."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from strategy_api.llm import budget as budgets
from strategy_api.llm import language_models
from strategy_api.llm.models import LLMCall


@admin.register(LLMCall)
class LLMCallAdmin(admin.ModelAdmin):
    """Calls to models, with what they cost; a key is a fingerprint, and a prompt is not kept."""

    list_display = [
        "created_at",
        "model",
        "purpose",
        "outcome",
        "error_code",
        "input_tokens",
        "output_tokens",
        "cost",
    ]
    list_filter = ["outcome", "provider", "model", "purpose", "created_at"]
    search_fields = ["owner__username", "request_sha256", "error_code"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"
    change_list_template = "admin/llm/llmcall/change_list.html"

    @admin.display(description="USD", ordering="cost_usd")
    def cost(self, call: LLMCall) -> str:
        """Return what it cost, without the zeros behind."""
        return f"{call.cost_usd:.6f}".rstrip("0").rstrip(".")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only runs make calls."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Calls stay as they were written."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the page of budget and keys."""
        page = path("budget/", self.admin_site.admin_view(self.budget), name="llm_llmcall_budget")
        return [page, *super().get_urls()]

    def budget(self, request: HttpRequest) -> HttpResponse:
        """Show the day's money and the health of keys."""
        keys = [
            {**row, "until": row["until"] and datetime.fromtimestamp(row["until"], UTC)}
            for row in language_models.key_states()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Budget and keys",
            "budget": budgets.summary(),
            "keys": keys,
        }
        return TemplateResponse(request, "admin/llm/llmcall/budget.html", context)
