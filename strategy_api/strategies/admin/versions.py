"""Versions: code, spec, and what one changed against another."""

import json
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backtest_engine.limited import LimitReached
from strategy_api.common import highlighting
from strategy_api.common.admin_display import Record, link
from strategy_api.strategies import diffs
from strategy_api.strategies.models import StrategyVersion

TOO_BUSY = "These versions cannot be compared now. Load the page again."


@admin.register(StrategyVersion)
class StrategyVersionAdmin(Record):
    """One version's code, its spec and what it changed."""

    list_display = ["page", "origin", "sha256", "created_at"]
    list_filter = ["origin", "created_at"]
    list_select_related = ["strategy"]
    search_fields = ["strategy__name", "sha256"]
    ordering = ["-created_at"]
    fields = readonly_fields = (
        "strategy_page",
        "number",
        "parent_page",
        "origin",
        "explanation",
        "assumptions",
        "prompt_version",
        "highlighted_code",
        "change",
        "specification",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the code of a list where it is."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.defer("code", "spec") if match and str(match.url_name).endswith("changelist") else rows

    def get_urls(self) -> list[URLPattern]:
        """Add the page that shows two versions side by side."""
        page = path(
            "<uuid:pk>/compare/", self.admin_site.admin_view(self.compare), name="strategies_strategyversion_compare"
        )
        return [page, *super().get_urls()]

    def compare(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Show a version beside its parent, or beside the version that is asked for."""
        version = get_object_or_404(StrategyVersion.objects.select_related("strategy", "parent"), pk=pk)
        if not self.has_view_permission(request, version):
            raise Http404
        strategy = version.strategy
        asked = request.GET.get("against", "")
        against = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None
        other = strategy.versions.filter(number=against).first() if against is not None else version.parent
        before, after = other.code if other else "", version.code
        try:
            rows, more = diffs.compared(diffs.side_by_side, highlighting.visible(before), highlighting.visible(after))
        except LimitReached:
            return HttpResponse(TOO_BUSY, status=503, content_type="text/plain; charset=utf-8")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Version {version.number} compared",
            "version": version,
            "strategy": strategy,
            "against": other.number if other else None,
            "others": list(strategy.versions.exclude(pk=version.pk).values_list("number", flat=True)),
            "rows": rows,
            "more": more,
        }
        return TemplateResponse(request, "admin/strategies/strategyversion/compare.html", context)

    @admin.display(description="version")
    def page(self, version: StrategyVersion) -> SafeString:
        """Return the strategy's name and the number."""
        return format_html("<bdi>{}</bdi> v{}", version.strategy.name, version.number)

    @admin.display(description="strategy")
    def strategy_page(self, version: StrategyVersion) -> SafeString | str:
        """Return a link to the strategy."""
        return link(version.strategy)

    @admin.display(description="parent")
    def parent_page(self, version: StrategyVersion) -> SafeString | str:
        """Return a link to the parent."""
        return link(version.parent, f"v{version.parent.number}") if version.parent else "–"

    @admin.display(description="code")
    def highlighted_code(self, version: StrategyVersion) -> SafeString:
        """Return the code."""
        return highlighting.code(version.code)

    @admin.display(description="change against its parent")
    def change(self, version: StrategyVersion) -> SafeString | str:
        """Return the difference to the parent, and the way to both side by side."""
        if version.parent is None:
            return "–"
        names = (f"v{version.parent.number}", f"v{version.number}")
        try:
            difference = diffs.compared(diffs.unified, version.parent.code, version.code, names=names)
        except LimitReached:
            return TOO_BUSY
        text = highlighting.code(difference, "diff")
        address = reverse("admin:strategies_strategyversion_compare", args=[version.pk])
        return format_html('{}<p><a href="{}">Side by side</a></p>', text, address)

    @admin.display(description="spec")
    def specification(self, version: StrategyVersion) -> SafeString | str:
        """Return the typed specification."""
        return highlighting.code(json.dumps(version.spec, indent=2), "json") if version.spec else "–"
