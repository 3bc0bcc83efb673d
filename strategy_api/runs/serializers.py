"""Runs, as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from strategy_api.common.problems import run_problem
from strategy_api.common.serializers import Problem
from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.runs import links
from strategy_api.runs.models import Run


class LinksField(serializers.Field):
    """Where to go from here, by name; described in `openapi`, since other apps add links."""

    def to_representation(self, run: Run) -> dict[str, str]:
        """Return the addresses."""
        request = self.context.get("request")
        return {name: reverse(route, [key], request=request) for name, (route, key) in links.of(run).items()}


class RunSummary(SparseModelSerializer):
    """A run in a list."""

    strategy = serializers.SerializerMethodField(help_text="The strategy that it is about.")
    version = serializers.IntegerField(source="subject_version", allow_null=True, read_only=True)
    error = serializers.SerializerMethodField()
    links = LinksField(source="*", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id",
            "kind",
            "state",
            "parent",
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

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_strategy(self, run: Run) -> Any:
        """Return the id of the strategy."""
        return run.subject_id if run.subject_type == "strategy" else None

    @extend_schema_field(Problem(allow_null=True))
    def get_error(self, run: Run) -> dict[str, Any] | None:
        """Return the problem that ended the run."""
        return run_problem(run.error) if run.error else None


class RunDetail(RunSummary):
    """A run with what was asked and what came of it."""

    parameters = serializers.DictField(read_only=True)
    result = serializers.DictField(read_only=True, allow_null=True)

    class Meta(RunSummary.Meta):
        fields = [*RunSummary.Meta.fields, "parameters", "result"]
        read_only_fields = fields


class EventDetail(serializers.Serializer):
    """One event of a topic, as a step of a run's progress."""

    seq = serializers.IntegerField()
    type = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the data property
    created_at = serializers.DateTimeField()
