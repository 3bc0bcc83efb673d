"""Runs, as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from strategy_api.models import FixAttempt, Run
from strategy_api.problems import run_problem
from strategy_api.serializers.problems import Problem
from strategy_api.serializers.sparse import Sparse

ADDRESS = {"type": "string", "format": "uri"}


class FixAttemptDetail(serializers.ModelSerializer):
    """One try to mend a strategy."""

    version = serializers.IntegerField(source="version.number", default=None, allow_null=True, read_only=True)

    class Meta:
        model = FixAttempt
        fields = ["number", "how", "outcome", "reason", "diagnosis", "version"]
        read_only_fields = fields


class RunSummary(Sparse):
    """A run in a list."""

    version = serializers.IntegerField(source="version.number", default=None, allow_null=True, read_only=True)
    error = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = [
            "id",
            "kind",
            "state",
            "strategy",
            "version",
            "attempt",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(Problem(allow_null=True))
    def get_error(self, run: Run) -> dict[str, Any] | None:
        """Return the problem that ended the run."""
        return run_problem(run.error) if run.error else None

    @extend_schema_field(
        {
            "type": "object",
            "properties": dict.fromkeys(("self", "events", "cancel", "strategy", "execution", "report"), ADDRESS),
            "required": ["self", "events"],
            "additionalProperties": False,
        }
    )
    def get_links(self, run: Run) -> dict[str, str]:
        """Return where to go from here."""
        request = self.context.get("request")
        links = {"self": reverse("run-detail", [run.pk], request=request)}
        links["events"] = reverse("run-events", [run.pk], request=request)
        if not run.finished:
            links["cancel"] = reverse("run-cancel", [run.pk], request=request)
        if run.strategy_id:
            links["strategy"] = reverse("strategy-detail", [run.strategy_id], request=request)
        execution = ((run.result or {}).get("execution") or {}).get("id")
        if execution:
            links["execution"] = reverse("execution-detail", [execution], request=request)
            links["report"] = reverse("execution-report", [execution], request=request)
        return links


class RunDetail(RunSummary):
    """A run with what was asked and what came of it."""

    parameters = serializers.DictField(read_only=True)
    result = serializers.DictField(read_only=True, allow_null=True)

    class Meta(RunSummary.Meta):
        fields = [*RunSummary.Meta.fields, "parameters", "result"]
        read_only_fields = fields


class RunEventDetail(serializers.Serializer):
    """One step of a run's progress."""

    seq = serializers.IntegerField()
    type = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the data property
    created_at = serializers.DateTimeField()
