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
    "additionalProperties": {"type": ["number", "boolean", "string"]},
    "description": "What the numbers were computed with: cash, commission, spread …",
}


ORDERS = {
    "type": ["object", "null"],
    "description": "Entry orders: how many were placed and filled, and those that came to nothing, by reason.",
    "required": ["placed", "filled", "unit", "lost"],
    "properties": {
        "placed": {"type": "integer"},
        "filled": {"type": "integer"},
        "unit": {"type": "number", "description": "The smallest size that was traded."},
        "lost": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["reason", "count", "first_bar", "first_at", "message", "figures"],
                "properties": {
                    "reason": {"type": "string"},
                    "count": {"type": "integer"},
                    "first_bar": {"type": "integer"},
                    "first_at": {"type": "string", "format": "date-time"},
                    "message": {"type": "string"},
                    "figures": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
                },
            },
        },
    },
}


@extend_schema_field(METRICS)
class Metrics(serializers.JSONField):
    """Statistics by name."""


@extend_schema_field(BROKER)
class Broker(serializers.JSONField):
    """Broker settings by name."""


class CheckDetail(serializers.Serializer):
    """One thing that was checked: `numbers`, `fills`, `look_ahead`, `determinism`, `data` or `source`."""

    status = serializers.ChoiceField(choices=["passed", "failed", "unknown"])
    scope = serializers.CharField(help_text="How far the check went, in words.")
    details = serializers.DictField()


@extend_schema_field(ORDERS)
class Orders(serializers.JSONField):
    """What became of the entry orders."""


class ExecutionSummary(SparseModelSerializer):
    """An execution in a history."""

    version = serializers.IntegerField(source="version.number", read_only=True)
    error = serializers.SerializerMethodField()
    broker = Broker(read_only=True)
    metrics = Metrics(read_only=True)
    metrics_notes = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Why a metric is null, by its name."
    )
    checks = serializers.DictField(
        child=CheckDetail(), read_only=True, help_text="What was checked, by name, and how far."
    )
    orders = Orders(read_only=True, allow_null=True)
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
            "metrics_notes",
            "orders",
            "warnings",
            "checks",
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
    exit_reason = serializers.CharField(
        allow_null=True,
        help_text="`stop_loss`, `take_profit`, `closed`, `opposite_order`, `wiped_out` or `end_of_data`.",
    )
    same_bar = serializers.BooleanField(
        help_text="Stopped on the bar that it was opened on; that bar may have gone the other way round."
    )


class EquityPoint(serializers.Serializer):
    """The account after one bar."""

    time = serializers.DateTimeField()
    equity = serializers.FloatField()
    drawdown_pct = serializers.FloatField()


class ReplayOrder(serializers.Serializer):
    """An order, at the close of the bar that decided it; a market order is filled at the next open."""

    bar = serializers.IntegerField()
    action = serializers.ChoiceField(choices=["open", "close"])
    side = serializers.ChoiceField(choices=["long", "short"])
    size = serializers.FloatField(help_text="Units; negative sells.")
    why = serializers.CharField(help_text="`rule`: a rule of the strategy held.")
    stop_loss = serializers.FloatField(allow_null=True)
    take_profit = serializers.FloatField(allow_null=True)


class ReplayFill(serializers.Serializer):
    """A price at which an order was carried out."""

    bar = serializers.IntegerField()
    action = serializers.ChoiceField(choices=["open", "close"])
    side = serializers.ChoiceField(choices=["long", "short"])
    size = serializers.FloatField(help_text="Units; negative sells.")
    price = serializers.FloatField()
    reason = serializers.CharField(help_text="`entry`, or why the trade was closed.")
    pnl = serializers.FloatField(required=False, help_text="Of the trade that was closed.")


class ReplayRule(serializers.Serializer):
    """A condition that held, with the values that it compared."""

    rule = serializers.CharField()
    condition = serializers.CharField()
    left = serializers.FloatField(allow_null=True)
    right = serializers.FloatField(allow_null=True)


class ReplayReason(serializers.Serializer):
    """What held at the close of a bar that gave an order."""

    bar = serializers.IntegerField()
    rules = ReplayRule(many=True)


class ReplayPage(serializers.Serializer):
    """Bars of a backtest as columns, and what happened on them by bar index."""

    bars = serializers.IntegerField(help_text="How many there are in all.")
    start = serializers.IntegerField(help_text="The index of the first bar of this page.")
    next = serializers.IntegerField(allow_null=True, help_text="Where the next page starts; null at the end.")
    time = serializers.ListField(child=serializers.DateTimeField())
    open = serializers.ListField(child=serializers.FloatField())
    high = serializers.ListField(child=serializers.FloatField())
    low = serializers.ListField(child=serializers.FloatField())
    close = serializers.ListField(child=serializers.FloatField())
    volume = serializers.ListField(child=serializers.FloatField())
    indicators = serializers.DictField(child=serializers.ListField(child=serializers.FloatField(allow_null=True)))
    orders = ReplayOrder(many=True)
    fills = ReplayFill(many=True)
    reasons = ReplayReason(many=True)
