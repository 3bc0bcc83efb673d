"""What may be asked of a supervision."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from strategy_api.common.fields import NO_NUL, SingleLineField, StrictIntegerField, StrictTextField
from strategy_api.strategies.serializers.requests import MAX_DESCRIPTION, BacktestSettings

KINDS = ("parameters", "filters", "stops", "sizing", "exits", "sides")


class AllowField(serializers.MultipleChoiceField):
    """Kinds of change, each once."""

    def to_internal_value(self, data: Any) -> list[str]:  # type: ignore[override]
        """Return the kinds in their usual order."""
        found = super().to_internal_value(data)
        return [kind for kind in KINDS if kind in found]

    def to_representation(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the kinds."""
        return list(value)


@extend_schema_serializer(component_name="Supervise")
class SuperviseRequest(BacktestSettings):
    """A description or a strategy of yours, the bars, and what may be changed."""

    description = StrictTextField(max_length=MAX_DESCRIPTION, required=False, pattern=NO_NUL)
    strategy = serializers.UUIDField(required=False, help_text="A strategy of yours, instead of a description.")
    version = StrictIntegerField(
        min_value=1, max_value=999_999, required=False, help_text="Of the strategy; default: the current one."
    )
    objective = SingleLineField(
        max_length=200,
        required=False,
        help_text="A metric to improve, or figures to reach: `sharpe_ratio >= 1 and trade_count >= 30`.",
    )
    max_iterations = StrictIntegerField(min_value=1, max_value=5, default=3)
    analyst = serializers.ChoiceField(
        choices=["auto", "rules", "model"],
        default="auto",
        help_text="`auto` and `model` ask a model beside the rules where one is configured.",
    )
    allow = AllowField(
        choices=KINDS,
        required=False,
        help_text="Kinds of change that may be applied, also where they alter what was said. Default: filters, stops, "
        "sizing and exits that leave the meaning as it is. The others are proposed only.",
    )

    def contradictions(self, values: Any) -> dict[str, Any]:
        """Find what cannot both be meant."""
        found = super().contradictions(values)
        if bool(values.get("description")) == bool(values.get("strategy")):
            found["description"] = [
                serializers.ErrorDetail("Give a description or a strategy, one of them.", code="required")
            ]
        if values.get("version") and not values.get("strategy"):
            found["version"] = [serializers.ErrorDetail("A version is one of a strategy's.", code="invalid")]
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what a record can keep."""
        found = super().validate(attrs)
        return {name: str(value) if name == "strategy" else value for name, value in found.items()}
