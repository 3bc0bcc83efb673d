"""Statements about a bar that are true or false once it has closed."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from backtest_engine.spec.base import Bars, ClockTime, Part, Session, Unit, Weekday, Zone
from backtest_engine.spec.operands import Operand

Relation = Literal[">", "<", ">=", "<=", "=="]
# What holds when the two sides of a comparison change places, and what a mirror image asks for.
FLIPPED: Mapping[str, Relation] = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "=="}
Month = Annotated[int, Field(ge=1, le=12)]


class Comparison(Part):
    """One value against another."""

    kind: Literal["compare"] = "compare"
    left: Operand
    relation: Relation
    right: Operand


class Cross(Part):
    """`left` is beyond `right` now and was not on the bar before."""

    kind: Literal["cross"] = "cross"
    left: Operand
    direction: Literal["above", "below"]
    right: Operand


class All(Part):
    """Every one of the conditions."""

    kind: Literal["all"] = "all"
    conditions: tuple["Condition", ...] = Field(min_length=2, max_length=50)


class AnyOf(Part):
    """At least one of the conditions."""

    kind: Literal["any"] = "any"
    conditions: tuple["Condition", ...] = Field(min_length=2, max_length=50)


class Not(Part):
    """The condition does not hold."""

    kind: Literal["not"] = "not"
    condition: "Condition"


class Streak(Part):
    """The condition held on each of the last `bars` bars, this one included."""

    kind: Literal["streak"] = "streak"
    condition: "Condition"
    bars: Bars
    unit: Unit | None = None


class Within(Part):
    """The condition held on at least one of the last `bars` bars, this one included."""

    kind: Literal["within"] = "within"
    condition: "Condition"
    bars: Bars
    unit: Unit | None = None


class Often(Part):
    """The condition held on at least `times` of the last `bars` bars, this one included."""

    kind: Literal["often"] = "often"
    condition: "Condition"
    times: Bars
    bars: Bars
    unit: Unit | None = None

    @model_validator(mode="after")
    def _can_happen(self) -> "Often":
        if self.unit is None and self.times > self.bars:
            raise ValueError(f"a condition cannot hold on {self.times} of {self.bars} bars")
        return self


class Then(Part):
    """`then` holds now, and `first` held on one of the `bars` bars before this one."""

    kind: Literal["then"] = "then"
    first: "Condition"
    then: "Condition"
    bars: Bars
    unit: Unit | None = None


class Ago(Part):
    """The condition held `bars` bars ago."""

    kind: Literal["ago"] = "ago"
    condition: "Condition"
    bars: Bars
    unit: Unit | None = None


class OnWeekday(Part):
    """The bar's date falls on one of the days."""

    kind: Literal["weekday"] = "weekday"
    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)


class InMonth(Part):
    """The bar's date falls in one of the months, 1 is January."""

    kind: Literal["month"] = "month"
    months: tuple[Month, ...] = Field(min_length=1, max_length=12)


class MonthDay(Part):
    """The first bar of the month whose day is `day` or later."""

    kind: Literal["month_day"] = "month_day"
    day: Annotated[int, Field(ge=1, le=31)]


class TradingDay(Part):
    """The n-th trading day of a period.

    Positive ordinals count the days that traded. Negative ones count back from the period's last trading day, by the
    weekdays and holidays that are known in advance.
    """

    kind: Literal["trading_day"] = "trading_day"
    period: Literal["week", "month", "quarter", "year"]
    ordinal: Annotated[int, Field(ge=-23, le=66)]

    @model_validator(mode="after")
    def _counts_from_one(self) -> "TradingDay":
        if self.ordinal == 0:
            raise ValueError("trading days are counted from 1, or from -1 for the last")
        return self


class TimeOfDay(Part):
    """The bar's time is from `start` up to `end`, both included; a window may span midnight.

    A bar has the time at which it begins, in UTC or in the `zone`.
    """

    kind: Literal["time_of_day"] = "time_of_day"
    start: ClockTime
    end: ClockTime
    zone: Zone | None = None


class SessionTime(Part):
    """Where in a session the bar begins: in its `first` minutes, `after` them, or in its `last` ones.

    `end` holds on the bar before the session's last one and on that one: what is closed then is closed before night.
    """

    kind: Literal["session_time"] = "session_time"
    session: Session
    part: Literal["first", "after", "last", "end"]
    minutes: Annotated[int, Field(ge=0, le=1_440)] = 0

    @model_validator(mode="after")
    def _has_minutes(self) -> "SessionTime":
        if (self.part == "end") != (self.minutes == 0):
            raise ValueError("a part of a session has minutes, its end has none")
        return self


class Always(Part):
    """On every bar: buy and hold."""

    kind: Literal["always"] = "always"


Condition = Annotated[
    Comparison
    | Cross
    | All
    | AnyOf
    | Not
    | Streak
    | Within
    | Often
    | Then
    | Ago
    | OnWeekday
    | InMonth
    | MonthDay
    | TradingDay
    | TimeOfDay
    | SessionTime
    | Always,
    Field(discriminator="kind"),
]

for _model in (All, AnyOf, Not, Streak, Within, Often, Then, Ago):
    _model.model_rebuild()
