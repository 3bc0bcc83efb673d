"""What may stand behind the question mark: paging, filters, order, and which fields to send."""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from strategy_api.choices import ExecutionStatus, RunKind, RunState, StrategyStatus
from strategy_api.serializers.fields import NO_NUL, ONE_LINE, Day, Strict
from strategy_api.serializers.requests import Interval

MAX_PAGE = 200
MAX_BARS = 10_000


@extend_schema_field({"type": "string", "maxLength": 200, "pattern": NO_NUL})
class Word(serializers.Field):
    """A short text to look for; an empty one looks for nothing."""

    default_error_messages = {"unsuitable": "Not a text of at most 200 characters."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_internal_value(self, data: str) -> str:
        """Return the text."""
        if len(data) > 200 or "\x00" in data:
            self.fail("unsuitable")
        return data


class Count(serializers.IntegerField):
    """A whole number, as addresses have them."""

    def __init__(self, *, most: int, default: int, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=most, default=default, **kwargs)


class YesNo(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth."""
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class Names(serializers.Field):
    """Names with commas between them."""

    default_error_messages = {"unknown": "There is no field {name}; there are {known}."}

    def __init__(self, names: list[str], **kwargs: Any) -> None:
        self.names = names
        super().__init__(required=False, **kwargs)

    def to_internal_value(self, data: str) -> list[str]:
        """Return the names; refuse one that is not among ours."""
        wanted = [name.strip() for name in data.split(",")]
        for name in wanted:
            if name not in self.names:
                self.fail("unknown", name=repr(name[:50]), known=", ".join(self.names))
        return wanted


def one_of(choices: type[TextChoices], **kwargs: Any) -> serializers.ChoiceField:
    """Return a field that takes one of the choices."""
    return serializers.ChoiceField(choices=choices.choices, required=False, **kwargs)


def order_by(*names: str) -> serializers.ChoiceField:
    """Return the field that names an order; a minus sign turns it round."""
    directions = [sign + name for name in names for sign in ("-", "")]
    return serializers.ChoiceField(
        choices=directions, default=directions[0], help_text="A minus sign puts the largest or latest first."
    )


class Page(Strict):
    """One page of a list, newest first."""

    page_size = Count(most=MAX_PAGE, default=50, help_text="Rows on a page.")
    cursor = Word(help_text="Where the page begins: take it from `next` or `previous`.")


class StrategyList(Page):
    """Which strategies to list."""

    status = one_of(StrategyStatus, help_text="Where it stands with its reviewers.")
    tag = Word(help_text="Has this tag.")
    search = Word(help_text="Words that name or description contain.")
    created_after = serializers.DateTimeField(required=False, help_text="Made at this time or later.")
    created_before = serializers.DateTimeField(required=False, help_text="Made before this time.")
    ordering = order_by("created_at", "updated_at", "name")


class RunList(Page):
    """Which runs to list."""

    state = one_of(RunState, help_text="Where it stands.")
    kind = one_of(RunKind, help_text="What it does.")
    strategy = serializers.UUIDField(required=False, help_text="Of this strategy.")
    ordering = order_by("created_at")


class ExecutionList(Page):
    """Which executions to list."""

    status = one_of(ExecutionStatus, help_text="Whether the strategy survived it.")
    symbol = Word(help_text="On this symbol, in upper or lower case.")
    interval = Word(help_text="On bars of this length.")
    verified = YesNo(required=False, help_text="Whether the checks found nothing.")
    ordering = order_by("created_at", "return_pct", "sharpe_ratio", "max_drawdown_pct", "trade_count")


class TokenList(Page):
    """Which tokens to list."""

    ordering = order_by("created")


class IndicatorList(Strict):
    """Which indicators to list."""

    search = Word(help_text="Words that name, title or an alias contains.")


class SymbolList(Strict):
    """Which symbols to list."""

    search = Word(help_text="Words that symbol or title contains.")


class BarList(Strict):
    """Which bars to send."""

    symbol = serializers.RegexField(ONE_LINE, max_length=40, help_text="As the list of symbols has it.")
    interval = Interval(required=False, help_text="Bar length; default: the first that the symbol has.")
    start_date = Day(required=False, help_text="First day (UTC).")
    end_date = Day(required=False, help_text="Last day (UTC), included.")
    after = serializers.DateTimeField(required=False, help_text="Only bars after this time: take it from `next`.")
    page_size = Count(most=MAX_BARS, default=1000, help_text="Bars on a page.")


class ImportTarget(Strict):
    """What the uploaded bars are."""

    symbol = serializers.RegexField(
        r"^[A-Za-z0-9^=&-][A-Za-z0-9^=.&/:_+-]{0,31}$", max_length=32, help_text="What to call them."
    )
    interval = Interval(required=False, help_text="Checked against the data, which decide.")
