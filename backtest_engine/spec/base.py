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

Zone = Literal[
    "America/New_York",
    "America/Chicago",
    "America/Toronto",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Zurich",
    "Asia/Tokyo",
    "Asia/Hong_Kong",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Seoul",
    "Asia/Kolkata",
    "Australia/Sydney",
    "UTC",
]

MAX_BARS = 10_000

Bars = Annotated[int, Field(ge=1, le=MAX_BARS)]
Shift = Annotated[int, Field(ge=0, le=MAX_BARS)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e12)]


ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Part(BaseModel):
    """A piece of a specification: immutable, comparable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Session(Part):
    """The hours in which a market trades, in the local time of a zone; they may span midnight."""

    opens: ClockTime
    closes: ClockTime
    zone: Zone
