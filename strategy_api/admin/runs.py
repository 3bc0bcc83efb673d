"""Runs: where they stand, what they said, and a way to stop many at once."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from strategy_api import pictures, services
from strategy_api.admin.display import FailureFilter, ReadOnlyInline, Record, link, table
from strategy_api.models import FixAttempt, Run, RunEvent
from strategy_api.refusals import Conflict


class EventsInline(ReadOnlyInline):
    """A run's events."""

    model = RunEvent
    fields = readonly_fields = (
        "seq",
        "type",
        "data",
        "created_at",
    )


class FixAttemptsInline(ReadOnlyInline):
    """A run's attempts to mend."""

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


@admin.register(Run)
class RunAdmin(Record):
    """Runs with their events."""

    list_display = ["id", "kind", "state", "error_code", "owner", "strategy_page", "attempt", "created_at", "took"]
    list_filter = ["state", "kind", FailureFilter, "created_at"]
    list_select_related = ["owner", "strategy"]
    search_fields = ["id", "owner__username", "strategy__name", "error_code"]
    ordering = ["-created_at"]
    inlines = [FixAttemptsInline, EventsInline]
    fields = readonly_fields = (
        "id",
        "owner",
        "kind",
        "state",
        "strategy_page",
        "version_page",
        "attempt",
        "asked",
        "outcome",
        "error_text",
        "lease_until",
        "dispatched_at",
        "cancel_requested_at",
        "created_at",
        "started_at",
        "finished_at",
    )
    actions = ["cancel"]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Say who may stop others' work."""
        return bool(request.user.has_perm("strategy_api.change_run"))

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        """Stop those that have not ended."""
        stopped = 0
        for run in chosen:
            try:
                services.cancel_run(run=run)
            except Conflict:
                continue
            self.log_change(request, run, "Cancelled.")
            stopped += 1
        self.message_user(request, f"{stopped} of {len(chosen)} cancelled.", messages.SUCCESS)

    @admin.display(description="strategy")
    def strategy_page(self, run: Run) -> SafeString | str:
        """Return a link to the strategy."""
        return link(run.strategy)

    @admin.display(description="version")
    def version_page(self, run: Run) -> SafeString | str:
        """Return a link to the version."""
        return link(run.version, f"v{run.version.number}") if run.version else "–"

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        """Return how long it worked."""
        if run.started_at is None or run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.2f} s"

    @admin.display(description="asked for")
    def asked(self, run: Run) -> SafeString:
        """Return the request."""
        return table(run.parameters)

    @admin.display(description="result")
    def outcome(self, run: Run) -> SafeString | str:
        """Return the result."""
        return pictures.code(json.dumps(run.result, indent=2), "json") if run.result else "–"

    @admin.display(description="error")
    def error_text(self, run: Run) -> SafeString | str:
        """Return the error."""
        error: dict[str, Any] | None = run.error
        return table(error) if error else "–"
