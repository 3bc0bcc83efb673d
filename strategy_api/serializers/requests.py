"""What may be asked for."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from strategy_api.choices import StrategyStatus, TokenScope
from strategy_api.serializers.fields import (
    INTERVAL,
    NO_NUL,
    Day,
    Line,
    Number,
    Parameters,
    Strict,
    Tags,
    Text,
    Truth,
    Whole,
)

MAX_DESCRIPTION = 10_000
MAX_CODE = 200_000
MAX_TOKEN_DAYS = 365


class Interval(serializers.RegexField):
    """A bar length, as in 1d, 1h, 15m."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(INTERVAL, max_length=8, trim_whitespace=False, **kwargs)


class DataSelection(Strict):
    """Which bars to test on; dates are whole days, both included."""

    test_symbol = Line(max_length=32, required=False, help_text="A symbol that a data source knows.")
    start_date = Day(required=False, help_text="First day (UTC).")
    end_date = Day(required=False, help_text="Last day (UTC), included.")
    interval = Interval(required=False, help_text="Bar length, as in 1d, 1h, 15m.")

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


@extend_schema_serializer(component_name="Generate")
class GenerateRequest(DataSelection):
    """A description in plain English, and what to do with the strategy."""

    description = Text(max_length=MAX_DESCRIPTION)
    name = Line(max_length=200, required=False)
    generator = serializers.RegexField(
        r"^[a-z][a-z0-9_-]{0,31}$",
        default="auto",
        trim_whitespace=False,
        help_text="`offline` reads by rules, `auto` takes the first that understands.",
    )
    execute_after_generation = Truth(default=False)
    max_fix_attempts = Whole(min_value=0, max_value=5, default=3)


@extend_schema_serializer(component_name="Execute")
class ExecuteRequest(DataSelection):
    """A backtest: data, broker settings, strategy parameters."""

    version = Whole(min_value=1, max_value=999_999, required=False, help_text="Default: the current version.")
    dataset_fingerprint = serializers.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        help_text="Exactly the bars of an earlier execution, also when their source has since changed.",
    )
    cash = Number(min_value=1, max_value=1e12, required=False)
    commission = Number(min_value=0, max_value=0.1, required=False)
    spread = Number(min_value=0, max_value=0.1, required=False)
    parameters = Parameters(required=False)
    max_fix_attempts = Whole(
        min_value=0, max_value=5, default=0, help_text="Mend the strategy where it fails, this often at most."
    )


@extend_schema_serializer(component_name="Fix")
class FixRequest(DataSelection):
    """How hard to try."""

    max_attempts = Whole(min_value=1, max_value=5, default=3)


class StrategyCreate(Strict):
    """A strategy written by hand."""

    name = Line(max_length=200)
    code = Text(max_length=MAX_CODE, trim_whitespace=False, pattern=NO_NUL)
    description = Text(max_length=MAX_DESCRIPTION, required=False, allow_blank=True, pattern=NO_NUL)
    tags = Tags(required=False)


class StrategyPatch(Strict):
    """Changes to a strategy; `code` makes a new version."""

    name = Line(max_length=200, required=False)
    code = Text(max_length=MAX_CODE, trim_whitespace=False, required=False, pattern=NO_NUL)
    description = Text(max_length=MAX_DESCRIPTION, required=False, allow_blank=True, pattern=NO_NUL)
    tags = Tags(required=False)
    status = serializers.ChoiceField(
        choices=[StrategyStatus.DRAFT, StrategyStatus.IN_REVIEW, StrategyStatus.ARCHIVED],
        required=False,
        help_text="`in_review` asks for a review; approval is given in the admin.",
    )


class TokenCreate(Strict):
    """A token to be made."""

    name = Line(max_length=100, help_text="What it is for, as in `laptop` or `dashboard`.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.values),
        min_length=1,
        max_length=3,
        default=[TokenScope.READ.value, TokenScope.RUN.value],
        help_text="`run` includes `read`, `admin` includes both.",
    )
    expires_in_days = Whole(min_value=1, max_value=MAX_TOKEN_DAYS, default=90)
