"""Fields that take JSON at its word: a number is a number, a text is a text, and what is not known is refused."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backtest_engine.data.dates import EARLIEST, LATEST

# Written for both regular expression languages that read them, Python's and the schema's.
NOT_BLANK = r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f][^\x00]*$"
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
NO_NUL = r"^[^\x00]*$"
PARAMETER_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# The largest number that a parameter may have: whatever is larger is not a number of this world.
LARGEST = 1e15
INTERVAL = r"^[0-9]{1,3}(m|h|d|w|wk|mo)$"


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not know: a typing error must not be taken for the default."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate; unknown fields are errors of their own, listed with all others."""
        errors: dict[str, Any] = {}
        values: Any = None
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            errors = dict(error.detail) if isinstance(error.detail, Mapping) else {"non_field_errors": error.detail}
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            for name in sorted(set(map(str, data)) - writable):
                errors[name] = [serializers.ErrorDetail("This field is not known here.", code="unknown_field")]
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def contradictions(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is wrong with values that are right each by itself, as lists of errors by field."""
        return {}


class StrictTextField(serializers.CharField):
    """Text; a number is not one."""

    def __init__(self, *, pattern: str = NOT_BLANK, **kwargs: Any) -> None:
        kwargs.setdefault("min_length", 0 if kwargs.get("allow_blank") else 1)
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(pattern, "Blank, or with characters that do not belong here."))

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class SingleLineField(StrictTextField):
    """Text on one line, without control characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(pattern=ONE_LINE, **kwargs)


class StrictIntegerField(serializers.IntegerField):
    """A whole number, as JSON has them."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int | float) or data != data // 1:
            self.fail("invalid")
        return int(data)


class StrictFloatField(serializers.FloatField):
    """A number, as JSON has them."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        try:
            return float(data)
        except OverflowError:
            self.fail("invalid")
            raise


class StrictBooleanField(serializers.BooleanField):
    """`true` or `false`, nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictDateField(serializers.DateField):
    """A day, as in 2024-01-31, in the years that bars can be of."""

    default_error_messages = {"range": f"Use a date from {EARLIEST.year} to {LATEST.year - 1}."}

    def to_internal_value(self, value: Any) -> date:
        """Return the day."""
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        day: date = super().to_internal_value(value)
        if not EARLIEST.date() <= day < LATEST.date():
            self.fail("range")
        return day


class MomentField(serializers.DateTimeField):
    """A time, as in 2024-01-31T12:00:00Z, in the years that bars can be of; UTC where it does not say."""

    default_error_messages = {"range": f"Use a time from {EARLIEST.year} to {LATEST.year - 1}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        """Return the time, aware, UTC."""
        try:
            moment: datetime = super().to_internal_value(value).astimezone(UTC)
        except OverflowError:
            self.fail("range")
            raise
        if not EARLIEST <= moment < LATEST:
            self.fail("range")
        return moment


PARAMETERS = {
    "type": "object",
    "maxProperties": 50,
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$"},
    "additionalProperties": {
        "anyOf": [
            {"type": "boolean"},
            {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
            {"type": "string", "maxLength": 200, "pattern": NO_NUL},
        ]
    },
}


@extend_schema_field(PARAMETERS)
class ParametersField(serializers.DictField):
    """Strategy parameters by name: numbers, booleans and short strings."""

    default_error_messages = {
        "name": "A parameter's name is a Python identifier.",
        "value": "{name} is no parameter: give a number, a boolean or a string of at most 200 characters.",
        "many": "At most 50 parameters can be given.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the parameters as they were sent."""
        values: dict[str, Any] = super().to_internal_value(data)
        if len(values) > 50:
            self.fail("many")
        for name, value in values.items():
            if not PARAMETER_NAME.fullmatch(name):
                self.fail("name")
            if not _is_parameter(value):
                self.fail("value", name=name)
        return values


class AnswersField(serializers.DictField):
    """Answers by the id of the question: the id of an option, or free words."""

    child = StrictTextField(max_length=1_000)
    default_error_messages = {"many": "At most 50 answers can be given."}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the answers as they were sent."""
        values: dict[str, str] = super().to_internal_value(data)
        if len(values) > 50:
            self.fail("many")
        return values


def _is_parameter(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 200 and "\x00" not in value and _can_be_stored(value)
    if isinstance(value, bool):
        return True
    # JSON knows integers of any length; a double knows them up to here.
    return isinstance(value, int | float) and -LARGEST <= value <= LARGEST


def _can_be_stored(value: str) -> bool:
    """Say whether a text is Unicode: half a surrogate pair is not."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class TagsField(serializers.ListField):
    """Up to twenty short words."""

    child = SingleLineField(max_length=50)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)


class IntervalField(serializers.RegexField):
    """A bar length, as in 1d, 1h, 15m."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(INTERVAL, max_length=8, trim_whitespace=False, **kwargs)
