"""What may be asked of a study."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from backtest_engine.research.search import METHODS
from strategy_api.common.fields import (
    LARGEST,
    NO_NUL,
    PARAMETER_NAME,
    IntervalField,
    SingleLineField,
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
)
from strategy_api.strategies.serializers.requests import BacktestSettings

_NUMBER = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
_VALUE = {"anyOf": [{"type": "boolean"}, _NUMBER, {"type": "string", "maxLength": 200, "pattern": NO_NUL}]}
GRID = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 10,
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$"},
    "additionalProperties": {
        "anyOf": [
            {"type": "array", "minItems": 1, "maxItems": 10_000, "items": _VALUE},
            {
                "type": "object",
                "required": ["from", "to"],
                "properties": {"from": _NUMBER, "to": _NUMBER, "step": _NUMBER},
                "additionalProperties": False,
            },
        ]
    },
    "description": "Values to try by parameter: a list, or a range with both ends.",
    "example": {"rsi_period": {"from": 7, "to": 21, "step": 7}, "rsi_entry_level": [25, 30, 35]},
}


@extend_schema_field(GRID)
class GridField(serializers.DictField):
    """Values to try, by parameter: lists or ranges. Whether the strategy takes them is asked later."""

    default_error_messages = {
        "name": "A parameter's name is a Python identifier.",
        "value": "{name}: give a list of values, or from, to and step.",
        "many": "From one to ten parameters can be varied.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values as they were sent."""
        values: dict[str, Any] = super().to_internal_value(data)
        if not 1 <= len(values) <= 10:
            self.fail("many")
        for name, value in values.items():
            if not PARAMETER_NAME.fullmatch(name):
                self.fail("name")
            if not (_is_list(value) or _is_range(value)):
                self.fail("value", name=name)
        return values


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= 10_000 and all(map(_is_value, value))


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"from", "to"} <= set(value) <= {"from", "to", "step"}
        and all(_is_number(number) for number in value.values())
    )


def _is_value(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 200 and "\x00" not in value
    return isinstance(value, bool) or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


class StudyRequest(BacktestSettings):
    """Which version and which bars a study is about: those before the seal, unless dates are named."""

    version = StrictIntegerField(
        min_value=1, max_value=999_999, required=False, help_text="Default: the current version."
    )
    dataset_fingerprint = serializers.RegexField(
        r"^[0-9a-f]{64}$", required=False, help_text="The bars of an earlier execution, those before the seal of them."
    )


@extend_schema_serializer(component_name="Optimize")
class OptimizeRequest(StudyRequest):
    """A search for parameters."""

    parameters = GridField()
    method = serializers.ChoiceField(
        choices=METHODS, default="grid", help_text="`grid` tries all; the others draw `max_trials` of them."
    )
    objective = SingleLineField(max_length=64, required=False, help_text="A metric; the default is `sharpe_ratio`.")
    constraint = SingleLineField(max_length=500, required=False, help_text="As in `trade_count >= 20`.")
    max_trials = StrictIntegerField(min_value=1, max_value=1_000_000, required=False)
    seed = StrictIntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="The same draws again.")


@extend_schema_serializer(component_name="WalkForward")
class WalkForwardRequest(OptimizeRequest):
    """A search in each of many windows, tested on the bars that follow it."""

    train_bars = StrictIntegerField(min_value=2, max_value=10_000_000, required=False)
    test_bars = StrictIntegerField(min_value=2, max_value=10_000_000, required=False)
    anchored = StrictBooleanField(default=False, help_text="Training begins with the first bar in every window.")


@extend_schema_serializer(component_name="Significance")
class SignificanceRequest(StudyRequest):
    """How much of a result is timing, and what costs and small changes do to it."""

    samples = StrictIntegerField(min_value=100, max_value=10_000, default=1_000)
    seed = StrictIntegerField(min_value=0, max_value=2**31 - 1, default=0, help_text="The same draws again.")


@extend_schema_serializer(component_name="Spread")
class SpreadRequest(StudyRequest):
    """Every reasonable reading of the strategy's description."""


@extend_schema_serializer(component_name="Batch")
class BatchRequest(BacktestSettings):
    """One strategy on many markets, on each before the seal unless dates are named."""

    test_symbol = None  # type: ignore[assignment]  # takes the field away
    interval = None  # type: ignore[assignment]  # takes the field away
    strategy = serializers.UUIDField(help_text="The strategy that is tried.")
    version = StrictIntegerField(
        min_value=1, max_value=999_999, required=False, help_text="Default: the current version."
    )
    symbols = serializers.ListField(child=SingleLineField(max_length=32), min_length=1, max_length=100)
    intervals = serializers.ListField(child=IntervalField(), min_length=1, max_length=10, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what can be kept with the run: ids and days as text."""
        return {**super().validate(attrs), "strategy": str(attrs["strategy"])}


@extend_schema_serializer(component_name="OpenSeal")
class OpenSealRequest(StrictSerializer):
    """Why the seal is opened; from the second time on there must be a reason."""

    reason = SingleLineField(max_length=1_000, required=False)
