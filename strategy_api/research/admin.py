"""Goals with their tries and who saw their sealed bars, and studies with their pictures."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from backtest_engine.research import pictures
from strategy_api.common.admin_display import ReadOnlyInline, Record, link
from strategy_api.research import ledger, reports
from strategy_api.research.models import Goal, Look, Study, Trial
from strategy_api.strategies.models import Strategy


class LooksInline(ReadOnlyInline):
    """Who saw the sealed bars, when and why."""

    model = Look
    verbose_name_plural = "who saw the sealed bars"
    fields = readonly_fields = ("at", "kind", "by", "reason", "run")


@admin.register(Goal)
class GoalAdmin(Record):
    """Goals with the count of their tries, and what was seen of what is sealed."""

    list_display = ["title", "owner", "sealed_from", "tries", "looks", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["id", "title", "owner__username"]
    ordering = ["-created_at"]
    inlines = [LooksInline]
    fields = readonly_fields = (
        "id",
        "title",
        "owner",
        "strategy_pages",
        "symbol",
        "interval",
        "sealed_from",
        "tries",
        "trial_page",
        "created_at",
    )

    @admin.display
    def tries(self, goal: Goal) -> int:
        """Return how many candidates were evaluated."""
        return ledger.counted(goal).count()

    @admin.display
    def looks(self, goal: Goal) -> int:
        """Return how often sealed bars were seen."""
        return goal.looks.count()

    @admin.display(description="strategies")
    def strategy_pages(self, goal: Goal) -> SafeString:
        """Return links to the strategies that share it."""
        links = [link(strategy) for strategy in Strategy.objects.filter(goal=goal.pk).order_by("created_at")]
        return format_html("{}" + ", {}" * (len(links) - 1), *links) if links else format_html("{}", "–")

    @admin.display(description="all tries")
    def trial_page(self, goal: Goal) -> SafeString:
        """Return a link to the list of its tries."""
        address = reverse("admin:research_trial_changelist")
        return format_html('<a href="{}?goal__id__exact={}">Tries</a>', address, goal.pk)


@admin.register(Trial)
class TrialAdmin(Record):
    """Every candidate that was evaluated."""

    list_display = ["symbol", "interval", "parameters", "sharpe_per_bar", "return_pct", "trade_count", "origin"]
    list_display += ["created_at"]
    list_filter = ["origin", "symbol"]
    search_fields = ["spec_hash", "dataset_fingerprint", "goal__id"]
    ordering = ["-created_at"]


@admin.register(Study)
class StudyAdmin(Record):
    """Studies with their pictures, the verdict first."""

    list_display = ["__str__", "strategy_page", "owner", "state", "verdict", "symbol", "interval", "created_at"]
    list_filter = ["kind", "symbol", "created_at"]
    list_select_related = ["strategy", "owner", "run"]
    search_fields = ["id", "strategy__name", "owner__username"]
    ordering = ["-created_at"]
    fields = readonly_fields = (
        "id",
        "kind",
        "owner",
        "strategy_page",
        "version",
        "run_page",
        "goal_page",
        "symbol",
        "interval",
        "dataset_fingerprint",
        "sealed_from",
        "pictures",
        "request",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        """Leave the candidates where they are."""
        rows: QuerySet[Study] = super().get_queryset(request).select_related("goal")
        return rows

    @admin.display(description="strategy")
    def strategy_page(self, study: Study) -> SafeString | str:
        """Return a link to the strategy."""
        return link(study.strategy)

    @admin.display(description="run")
    def run_page(self, study: Study) -> SafeString | str:
        """Return a link to the run."""
        return link(study.run)

    @admin.display(description="goal")
    def goal_page(self, study: Study) -> SafeString | str:
        """Return a link to the goal."""
        return link(study.goal)

    @admin.display
    def state(self, study: Study) -> str:
        """Return how its run stands."""
        return study.run.state if study.run else "–"

    @admin.display(description="evidence")
    def verdict(self, study: Study) -> str:
        """Return the verdict on its best."""
        evidence: dict[str, Any] | None = ((study.result or {}).get("best") or {}).get("evidence")
        return pictures.VERDICTS[evidence["verdict"]][1] if evidence else "–"

    @admin.display(description="what came of it")
    def pictures(self, study: Study) -> SafeString:
        """Return the evidence and the pictures; they are made of escaped texts alone."""
        return mark_safe(reports.body(study))  # noqa: S308
