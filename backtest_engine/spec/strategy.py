"""`StrategySpec`: everything that decides what a strategy trades, with nothing left to guess."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from backtest_engine.spec.base import SCHEMA_VERSION, Bars, Part, Unit
from backtest_engine.spec.conditions import Condition
from backtest_engine.spec.orders import (
    BreakEven,
    CoolDown,
    EntryOrder,
    FractionSize,
    MarketOrder,
    PartialExit,
    RiskDistance,
    ScaleIn,
    Sizing,
    StopLoss,
    TakeProfit,
    TrailingStop,
)
from backtest_engine.spec.rules import contradictions


class Side(Part):
    """When one side is opened and how it ends.

    Stops and targets are measured from the close of the signal bar, or from the price of a waiting order. Of several
    `partial_exits` each is taken once, one after the other, on bars that give no other order.
    """

    entry: Condition
    exit: Condition | None = None
    order: EntryOrder = Field(default_factory=MarketOrder)
    stop_loss: StopLoss | None = None
    take_profit: TakeProfit | None = None
    trailing_stop: TrailingStop | None = None
    break_even: BreakEven | None = None
    partial_exits: tuple[PartialExit, ...] = Field(default=(), max_length=5)
    max_bars: Bars | None = None
    max_bars_unit: Unit | None = None

    @property
    def stopped(self) -> bool:
        """Whether an entry order carries a stop, which tells what a unit can lose: a fixed one, or where one trails."""
        trailing = self.trailing_stop
        return self.stop_loss is not None or (
            trailing is not None and trailing.trigger == "touch" and not trailing.begins
        )

    @property
    def remembers_risk(self) -> bool:
        """Whether a rule for the open trade needs to know what its order put at risk."""
        gains = [part.after for part in self.partial_exits]
        gains += [self.break_even.after] if self.break_even else []
        gains += [self.trailing_stop.begins] if self.trailing_stop and self.trailing_stop.begins else []
        return any(isinstance(gain, RiskDistance) for gain in gains)


class StrategySpec(Part):
    """A complete strategy: the sides it trades and how large.

    Conditions are looked at when a bar has closed, market orders fill at the next open. With `reverse`, an entry
    signal of the other side closes the open position and turns it round at the same open.
    """

    schema_version: Literal["1"] = SCHEMA_VERSION
    long: Side | None = None
    short: Side | None = None
    sizing: Sizing = Field(default_factory=lambda: FractionSize(fraction=1.0))
    max_entries: Annotated[int, Field(ge=1, le=100)] = 1
    scale_in: ScaleIn | None = None
    cool_down: CoolDown | None = None
    reverse: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> "StrategySpec":
        problems = contradictions(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def sides(self) -> dict[Literal["long", "short"], Side]:
        """The sides that are traded, long first."""
        named: tuple[tuple[Literal["long", "short"], Side | None], ...] = (("long", self.long), ("short", self.short))
        return {name: side for name, side in named if side is not None}

    def as_json(self) -> dict[str, Any]:
        """Return the specification as JSON-able data, without what is absent."""
        return self.model_dump(mode="json", exclude_none=True)
