"""Strategies and their versions, as they are shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from strategy_api.common.sparse import SparseModelSerializer
from strategy_api.strategies.models import Review, Strategy, StrategyVersion


class VersionSummary(SparseModelSerializer):
    """A version without its code."""

    parent = serializers.IntegerField(  # type: ignore[assignment]  # a field, not the parent serializer
        source="parent.number", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = StrategyVersion
        fields = ["number", "parent", "origin", "sha256", "created_at"]
        read_only_fields = fields


class VersionDetail(VersionSummary):
    """A version with everything."""

    spec = serializers.DictField(read_only=True, allow_null=True)
    assumptions = serializers.ListField(child=serializers.CharField(), read_only=True)
    settings = serializers.DictField(
        read_only=True, help_text="What the words say besides rules: market, interval, dates, cash, costs, leverage."
    )

    class Meta(VersionSummary.Meta):
        fields = [
            *VersionSummary.Meta.fields,
            "code",
            "spec",
            "explanation",
            "assumptions",
            "settings",
            "prompt_version",
        ]
        read_only_fields = fields


class DiffLine(serializers.Serializer):
    """One line of a difference."""

    kind = serializers.ChoiceField(choices=["context", "added", "removed"])
    text = serializers.CharField()


class DiffHunk(serializers.Serializer):
    """Lines that changed, with where they start before and after."""

    old_start = serializers.IntegerField()
    new_start = serializers.IntegerField()
    lines = DiffLine(many=True)


class VersionDiff(serializers.Serializer):
    """What a version changed: unified text, and the same as hunks of typed lines."""

    number = serializers.IntegerField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]  # a field, not the parent serializer
    unified = serializers.CharField()
    hunks = DiffHunk(many=True)


class StrategySummary(SparseModelSerializer):
    """A strategy in a list."""

    version = serializers.IntegerField(source="current_version.number", default=None, allow_null=True, read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Strategy
        fields = ["id", "name", "description", "tags", "status", "version", "goal", "created_at", "updated_at"]
        read_only_fields = fields


class StrategyDetail(StrategySummary):
    """A strategy with its current version."""

    current_version = VersionDetail(read_only=True, allow_null=True)

    class Meta(StrategySummary.Meta):
        fields = [*StrategySummary.Meta.fields, "current_version"]
        read_only_fields = fields


class ReviewDetail(serializers.ModelSerializer):
    """A reviewer's verdict and its reason."""

    version = serializers.IntegerField(source="version.number", default=None, allow_null=True, read_only=True)
    reviewer = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ["status", "comment", "version", "reviewer", "created_at"]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"]})
    def get_reviewer(self, review: Review) -> Any:
        """Return the reviewer's name."""
        return review.reviewer.get_username() if review.reviewer else None


class IndicatorParameter(serializers.Serializer):
    """A number that an indicator takes."""

    name = serializers.CharField()
    default = serializers.FloatField(allow_null=True)
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    type = serializers.ChoiceField(choices=["integer", "number"])
    description = serializers.CharField()


class IndicatorDetail(serializers.Serializer):
    """An indicator that descriptions and strategies can use."""

    name = serializers.CharField()
    title = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    inputs = serializers.ListField(child=serializers.CharField())
    parameters = IndicatorParameter(many=True)
    outputs = serializers.ListField(child=serializers.CharField())
    overlay = serializers.BooleanField()
    lookback = serializers.IntegerField(allow_null=True, help_text="Leading bars without a value, by default.")
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not where the field reads from


class TagCount(serializers.Serializer):
    """A tag, and how many of your strategies carry it."""

    tag = serializers.CharField()
    strategy_count = serializers.IntegerField()
