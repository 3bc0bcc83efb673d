"""Runs: where they stand, what they said, and a way to stop many at once."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from strategy_api.common import highlighting
from strategy_api.common.admin_display import FailureFilter, ReadOnlyInline, Record, link, subject_link, table
from strategy_api.common.exceptions import Conflict
from strategy_api.runs import services
from strategy_api.runs.models import Run, RunEvent


class EventsInline(ReadOnlyInline):
    """A run's events."""

    model = RunEvent
    fields = readonly_fields = (
        "seq",
        "type",
        "data",
        "created_at",
    )


@admin.register(Run)
class RunAdmin(Record):
    """Runs with their events."""

    list_display = ["id", "kind", "state", "error_code", "owner", "subject", "attempt", "created_at", "took"]
    list_filter = ["state", "kind", FailureFilter, "created_at"]
    list_select_related = ["owner"]
    search_fields = ["id", "subject_id", "owner__username", "error_code"]
    ordering = ["-created_at"]
    inlines = [EventsInline]
    fields = readonly_fields = (
        "id",
        "owner",
        "kind",
        "state",
        "subject",
        "made",
        "parent_page",
        "weight",
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
        return bool(request.user.has_perm("runs.change_run"))

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

    @admin.display(description="about")
    def subject(self, run: Run) -> SafeString | str:
        """Return a link to what it is about."""
        version = f" v{run.subject_version}" if run.subject_version else ""
        name = getattr(run, "subject_name", None) or run.subject_type
        return subject_link(run.subject_type, run.subject_id, f"{name}{version}")

    @admin.display(description="made")
    def made(self, run: Run) -> SafeString | str:
        """Return a link to what it made."""
        return subject_link(run.made_type, run.made_id, run.made_type)

    @admin.display(description="parent")
    def parent_page(self, run: Run) -> SafeString | str:
        """Return a link to the run that this one is a part of."""
        return link(run.parent)

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
        return highlighting.code(json.dumps(run.result, indent=2), "json") if run.result else "–"

    @admin.display(description="error")
    def error_text(self, run: Run) -> SafeString | str:
        """Return the error."""
        error: dict[str, Any] | None = run.error
        return table(error) if error else "–"
