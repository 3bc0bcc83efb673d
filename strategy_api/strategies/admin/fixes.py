"""Attempts to repair, on the page of a run."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from strategy_api.common.admin_display import ReadOnlyInline, link
from strategy_api.runs.admin import RunAdmin
from strategy_api.runs.models import Run
from strategy_api.strategies.models import FixAttempt
from strategy_api.strategies.selectors import with_strategy_names


class FixAttemptsInline(ReadOnlyInline):
    """A run's attempts to repair."""

    model = FixAttempt
    fk_name = "run"
    fields = readonly_fields = (
        "number",
        "how",
        "outcome",
        "reason",
        "version_page",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FixAttempt]:
        """Fetch the versions with their strategies."""
        rows: QuerySet[FixAttempt] = super().get_queryset(request).select_related("version__strategy")
        return rows

    @admin.display(description="version")
    def version_page(self, attempt: FixAttempt) -> SafeString | str:
        """Return a link to the version it made."""
        return link(attempt.version)


# The admin of runs knows nothing of strategies: their names and attempts are added here.
admin.site.unregister(Run)


@admin.register(Run)
class RunAboutStrategyAdmin(RunAdmin):
    """Runs with the names of their strategies, and with attempts to repair."""

    inlines = [FixAttemptsInline, *RunAdmin.inlines]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Fetch the names in the same query."""
        return with_strategy_names(super().get_queryset(request))
