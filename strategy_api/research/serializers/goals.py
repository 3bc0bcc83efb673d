"""Goals and their tries, as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.research.models import Goal, Look, Trial


class OpeningDetail(serializers.Serializer):
    """A person opened the seal."""

    at = serializers.DateTimeField()
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    reason = serializers.CharField()


class GoalSummary(SparseModelSerializer):
    """A goal in a list. `sealed_from` is the time of the first sealed bar; null until bars were used."""

    tries = serializers.IntegerField(read_only=True, help_text="Candidates that were evaluated for this goal.")
    looks = serializers.IntegerField(
        source="look_count", read_only=True, help_text="Backtests that reached into the sealed bars."
    )
    strategies = serializers.ListField(
        source="strategy_ids", child=serializers.UUIDField(), read_only=True, help_text="Strategies that share it."
    )
    openings = serializers.SerializerMethodField(help_text="When the seal was opened, by whom and why.")

    class Meta:
        model = Goal
        fields = [
            *("id", "title", "symbol", "interval", "sealed_from", "tries", "openings", "looks"),
            *("strategies", "created_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(OpeningDetail(many=True))
    def get_openings(self, goal: Goal) -> Any:
        """Return each opening, the first one first."""
        openings = [look for look in goal.looks.all() if look.kind == Look.Kind.OPENING]
        return OpeningDetail(openings, many=True).data


class TrialRow(SparseModelSerializer):
    """One evaluated candidate."""

    parameters = serializers.DictField(read_only=True)

    class Meta:
        model = Trial
        fields = [
            *("id", "parameters", "spec_hash", "symbol", "interval", "dataset_fingerprint", "first_bar_at"),
            *("last_bar_at", "sharpe_per_bar", "bars", "skew", "kurtosis", "trade_count", "return_pct", "origin"),
            "created_at",
        ]
        read_only_fields = fields
