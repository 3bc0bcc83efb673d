"""Values that conditions compare: numbers, prices, indicators, arithmetic, and the state of the open position."""

from typing import Annotated, Literal, Union

from pydantic import Field, model_validator

from backtest_engine.spec.base import Finite, Part, PriceField, Session, Shift, Timeframe, Unit


class Number(Part):
    """A constant."""

    kind: Literal["number"] = "number"
    value: Finite


class Price(Part):
    """A price or the volume of a bar, `shift` bars back.

    With a `timeframe`, only completed bars of it are seen, and `shift` counts those. `unit` says that `shift` was said
    in days or hours; `spec.lengths` turns it into bars.
    """

    kind: Literal["price"] = "price"
    field: PriceField = "close"
    shift: Shift = 0
    timeframe: Timeframe | None = None
    unit: Unit | None = None


class Indicator(Part):
    """An indicator of the registry with every parameter written out.

    `output` names one of several outputs, None where there is one. `source` replaces the close as the input of
    an indicator that takes one series. With a `timeframe`, only completed bars of it are seen, and `shift` counts
    those. `unit` says that its lengths were said in days or hours, as in a 50-day average; `spec.lengths` turns them
    into bars.
    """

    kind: Literal["indicator"] = "indicator"
    name: str
    parameters: dict[str, int | float] = Field(default_factory=dict)
    output: str | None = None
    source: Union["Operand", None] = None
    shift: Shift = 0
    timeframe: Timeframe | None = None
    unit: Unit | None = None


class Arithmetic(Part):
    """Two values combined, as in `close - 2 * ATR(14)`."""

    kind: Literal["arithmetic"] = "arithmetic"
    operator: Literal["+", "-", "*", "/"]
    left: "Operand"
    right: "Operand"


class SessionValue(Part):
    """A price that a session gives: the high or low of its first `minutes`, or its `vwap` since the open.

    A range is known from the first bar that begins after it on; nothing is known outside of sessions.
    """

    kind: Literal["session_value"] = "session_value"
    session: Session
    measure: Literal["range_high", "range_low", "vwap"]
    minutes: Annotated[int, Field(ge=0, le=1_440)] = 0

    @model_validator(mode="after")
    def _has_minutes(self) -> "SessionValue":
        if (self.measure == "vwap") != (self.minutes == 0):
            raise ValueError("an opening range has minutes, a session's average price has none")
        return self


PositionMeasure = Literal[
    "entry_price",
    "bars_held",
    "profit_percent",
    "highest_close",
    "lowest_close",
    "highest_high",
    "lowest_low",
]


class PositionValue(Part):
    """A fact about the open position; `bars_held` counts the bars that closed after the bar of the fill."""

    kind: Literal["position"] = "position"
    measure: PositionMeasure


Operand = Annotated[Number | Price | Indicator | SessionValue | Arithmetic | PositionValue, Field(discriminator="kind")]

Indicator.model_rebuild()
Arithmetic.model_rebuild()
