"""What may be asked for."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from backtest_engine.domain import BROKER_RANGES
from strategy_api.common.fields import (
    NO_NUL,
    AnswersField,
    IntervalField,
    ParametersField,
    SingleLineField,
    StrictBooleanField,
    StrictDateField,
    StrictFloatField,
    StrictIntegerField,
    StrictSerializer,
    StrictTextField,
    TagsField,
)
from strategy_api.strategies.choices import StrategyStatus

MAX_DESCRIPTION = 10_000
MAX_CODE = 200_000
ANSWERS = "To the questions that a reading asked: an option's id, or free words, by the question's id."


@extend_schema_field({"anyOf": [{"type": "string", "enum": ["auto"]}, {"type": "boolean"}]})
class FractionalField(serializers.Field):
    """`auto`, true or false."""

    default_error_messages = {"invalid": "This is `auto`, true or false."}

    def to_internal_value(self, data: Any) -> bool | str:
        """Return the wish."""
        if data != "auto" and not isinstance(data, bool):
            self.fail("invalid")
        wish: bool | str = data
        return wish


class DataSelection(StrictSerializer):
    """Which bars to test on; dates are whole days, both included."""

    test_symbol = SingleLineField(max_length=32, required=False, help_text="A symbol that a data source knows.")
    start_date = StrictDateField(required=False, help_text="First day (UTC).")
    end_date = StrictDateField(required=False, help_text="Last day (UTC), included.")
    interval = IntervalField(required=False, help_text="Bar length, as in 1d, 1h, 15m.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the days as text, for the record."""
        return {name: value.isoformat() if name.endswith("_date") else value for name, value in attrs.items()}

    def contradictions(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Find dates the wrong way round."""
        start, end = values.get("start_date"), values.get("end_date")
        if start and end and start > end:
            reversed_dates = serializers.ErrorDetail("The end date is before the start date.", code="dates_reversed")
            return {"end_date": [reversed_dates]}
        return {}


def _setting(name: str, meaning: str) -> StrictFloatField:
    least, most = BROKER_RANGES[name]
    return StrictFloatField(min_value=least, max_value=most, required=False, help_text=meaning)


class BacktestSettings(DataSelection):
    """Which bars to test on, and how orders are filled."""

    cash = _setting("cash", "Money at the start.")
    commission = _setting("commission", "Share of each fill's value, as in 0.002.")
    spread = _setting("spread", "Share of the price between bid and ask.")
    margin = _setting("margin", "Share of a position that must be held; 0.1 is 10 to 1.")
    fills = serializers.ChoiceField(
        choices=["conservative", "backtesting"],
        required=False,
        help_text="`conservative` fills nothing that could not have happened; `backtesting` equals backtesting.py.",
    )
    fractional = FractionalField(required=False, help_text="Trade parts of a unit: `auto` where the market does.")
    trade_on_close = StrictBooleanField(required=False, help_text="Fill at the close of the bar that decides.")
    exclusive_orders = StrictBooleanField(required=False, help_text="Each order closes the trades before it.")
    hedging = StrictBooleanField(required=False, help_text="Long and short trades may stand beside each other.")


@extend_schema_serializer(component_name="Generate")
class GenerateRequest(BacktestSettings):
    """A description in plain English, and what to do with the strategy."""

    description = StrictTextField(max_length=MAX_DESCRIPTION)
    answers = AnswersField(required=False, help_text=ANSWERS)
    name = SingleLineField(max_length=200, required=False)
    generator = serializers.RegexField(
        r"^[a-z][a-z0-9_-]{0,31}$",
        default="auto",
        trim_whitespace=False,
        help_text="`offline` reads by rules, `auto` takes the first that understands.",
    )
    execute_after_generation = StrictBooleanField(default=False)
    max_fix_attempts = StrictIntegerField(min_value=0, max_value=5, default=3)


@extend_schema_serializer(component_name="Reading")
class ReadingRequest(StrictSerializer):
    """A description in plain English, and the answers given so far."""

    description = StrictTextField(max_length=MAX_DESCRIPTION)
    answers = AnswersField(required=False, help_text=ANSWERS)


@extend_schema_serializer(component_name="Execute")
class ExecuteRequest(BacktestSettings):
    """A backtest: data, broker settings, strategy parameters."""

    version = StrictIntegerField(
        min_value=1, max_value=999_999, required=False, help_text="Default: the current version."
    )
    dataset_fingerprint = serializers.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        help_text="Exactly the bars of an earlier execution, also when their source has since changed.",
    )
    parameters = ParametersField(required=False)
    max_fix_attempts = StrictIntegerField(
        min_value=0, max_value=5, default=0, help_text="Mend the strategy where it fails, this often at most."
    )


@extend_schema_serializer(component_name="Fix")
class FixRequest(DataSelection):
    """How hard to try."""

    max_attempts = StrictIntegerField(min_value=1, max_value=5, default=3)


class StrategyCreate(StrictSerializer):
    """A strategy written by hand."""

    name = SingleLineField(max_length=200)
    code = StrictTextField(max_length=MAX_CODE, trim_whitespace=False, pattern=NO_NUL)
    description = StrictTextField(max_length=MAX_DESCRIPTION, required=False, allow_blank=True, pattern=NO_NUL)
    tags = TagsField(required=False)


class StrategyPatch(StrictSerializer):
    """Changes to a strategy; `code` makes a new version."""

    name = SingleLineField(max_length=200, required=False)
    code = StrictTextField(max_length=MAX_CODE, trim_whitespace=False, required=False, pattern=NO_NUL)
    description = StrictTextField(max_length=MAX_DESCRIPTION, required=False, allow_blank=True, pattern=NO_NUL)
    tags = TagsField(required=False)
    status = serializers.ChoiceField(
        choices=[StrategyStatus.DRAFT, StrategyStatus.IN_REVIEW, StrategyStatus.ARCHIVED],
        required=False,
        help_text="`in_review` asks for a review; approval is given in the admin.",
    )


class StrategyClone(StrictSerializer):
    """What to call the copy."""

    name = SingleLineField(max_length=200, required=False, help_text="Default: the name of the original and (copy).")
