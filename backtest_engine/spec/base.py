"""What every part of a specification has in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Literal["1"] = "1"

PriceField = Literal["open", "high", "low", "close", "volume", "hl2", "hlc3", "ohlc4"]
Timeframe = Literal["hour", "4hour", "day", "week", "month"]
# In which unit a length was said; None where it counts bars.
Unit = Literal["minute", "hour", "day", "week", "month"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)

MAX_BARS = 10_000

Bars = Annotated[int, Field(ge=1, le=MAX_BARS)]
Shift = Annotated[int, Field(ge=0, le=MAX_BARS)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e12)]


class Part(BaseModel):
    """A piece of a specification: immutable, comparable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
