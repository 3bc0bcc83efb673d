"""Executions, as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from strategy_api.common.problems import run_problem
from strategy_api.common.serializers import ADDRESS, Notice, Problem
from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.strategies.models import Execution

METRICS = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["number", "string", "null"]},
    "description": "backtesting.py's statistics in snake case; what is not a number is null.",
}
BROKER = {
    "type": "object",
    "additionalProperties": {"type": ["number", "boolean"]},
    "description": "What the numbers were computed with: cash, commission, spread …",
}


@extend_schema_field(METRICS)
class Metrics(serializers.JSONField):
    """Statistics by name."""


@extend_schema_field(BROKER)
class Broker(serializers.JSONField):
    """Broker settings by name."""


class ExecutionSummary(SparseModelSerializer):
    """An execution in a history."""

    version = serializers.IntegerField(source="version.number", read_only=True)
    error = serializers.SerializerMethodField()
    broker = Broker(read_only=True)
    metrics = Metrics(read_only=True)
    parameters = serializers.DictField(read_only=True)
    warnings = Notice(many=True, read_only=True)
    timings = serializers.DictField(child=serializers.FloatField(), read_only=True)
    versions = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Execution
        fields = [
            "id",
            "run",
            "strategy",
            "version",
            "status",
            "symbol",
            "interval",
            "source",
            "dataset_fingerprint",
            "bars",
            "first_bar_at",
            "last_bar_at",
            "broker",
            "parameters",
            "metrics",
            "warnings",
            "verified",
            "error",
            "timings",
            "versions",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field(Problem(allow_null=True))
    def get_error(self, execution: Execution) -> dict[str, Any] | None:
        """Return why the strategy failed."""
        return run_problem(execution.error) if execution.error else None


class ExecutionDetail(ExecutionSummary):
    """An execution with what the strategy printed and where its curves are."""

    links = serializers.SerializerMethodField()

    class Meta(ExecutionSummary.Meta):
        fields = [*ExecutionSummary.Meta.fields, "log", "thinned_at", "links"]
        read_only_fields = fields

    @extend_schema_field(
        {
            "type": "object",
            "properties": dict.fromkeys(("trades", "equity", "report"), ADDRESS),
            "required": ["trades", "equity", "report"],
            "additionalProperties": False,
        }
    )
    def get_links(self, execution: Execution) -> dict[str, str]:
        """Return where to go from here."""
        request = self.context.get("request")
        return {
            name: reverse(f"execution-{name}", [execution.pk], request=request)
            for name in ("trades", "equity", "report")
        }


class TradeRow(serializers.Serializer):
    """One closed trade."""

    size = serializers.FloatField()
    entry_bar = serializers.IntegerField()
    exit_bar = serializers.IntegerField()
    entry_time = serializers.DateTimeField()
    exit_time = serializers.DateTimeField()
    entry_price = serializers.FloatField()
    exit_price = serializers.FloatField()
    stop_loss = serializers.FloatField(allow_null=True)
    take_profit = serializers.FloatField(allow_null=True)
    pnl = serializers.FloatField()
    commission = serializers.FloatField()
    return_pct = serializers.FloatField()
    tag = serializers.CharField(allow_null=True)


class EquityPoint(serializers.Serializer):
    """The account after one bar."""

    time = serializers.DateTimeField()
    equity = serializers.FloatField()
    drawdown_pct = serializers.FloatField()
