"""How a position is opened, protected and sized."""

from typing import Annotated, Literal

from pydantic import Field

from backtest_engine.spec.base import MAX_BARS, Bars, Part, Positive, Unit
from backtest_engine.spec.operands import Operand


class PercentDistance(Part):
    """So many percent of the reference price away from it."""

    kind: Literal["percent"] = "percent"
    percent: Positive


class PriceDistance(Part):
    """So many units of price away, as in 0.003 for 30 pips."""

    kind: Literal["price"] = "price"
    amount: Positive


class AtrDistance(Part):
    """A multiple of the average true range away."""

    kind: Literal["atr"] = "atr"
    multiple: Positive
    period: Bars = 14
    unit: Unit | None = None


class RiskDistance(Part):
    """A multiple of the distance between the price and the stop loss."""

    kind: Literal["risk"] = "risk"
    multiple: Positive


class Level(Part):
    """At a price that is worked out on the signal bar, as in its low."""

    kind: Literal["level"] = "level"
    at: Operand


StopLoss = Annotated[PercentDistance | PriceDistance | AtrDistance | Level, Field(discriminator="kind")]
TakeProfit = Annotated[
    PercentDistance | PriceDistance | AtrDistance | RiskDistance | Level, Field(discriminator="kind")
]
Distance = Annotated[PercentDistance | PriceDistance | AtrDistance, Field(discriminator="kind")]
Gain = Annotated[PercentDistance | PriceDistance | AtrDistance | RiskDistance, Field(discriminator="kind")]


class TrailingStop(Part):
    """A stop that follows the best close or high (low, for shorts) since the entry.

    `trigger` says whether it is a stop order in the market or a rule that is looked at when a bar closes.
    With `begins`, nothing trails before the best price is ahead of the entry by that much.
    """

    distance: Distance
    anchor: Literal["close", "high"] = "close"
    trigger: Literal["touch", "close"] = "touch"
    begins: Gain | None = None


class BreakEven(Part):
    """Once the position is ahead by `after`, its stop moves to the entry price."""

    after: Gain


class PartialExit(Part):
    """Once a trade is ahead by `after` at a close, a share of what is still open of it is closed at the next open."""

    portion: Annotated[float, Field(gt=0, lt=1)]
    after: Gain


class MarketOrder(Part):
    """Filled at the next open."""

    kind: Literal["market"] = "market"


class LimitOrder(Part):
    """Waits at a better price than the market's; cancelled after `bars` bars."""

    kind: Literal["limit"] = "limit"
    at: Operand
    bars: Bars = 1
    unit: Unit | None = None


class StopOrder(Part):
    """Waits for the market to reach a worse price; cancelled after `bars` bars."""

    kind: Literal["stop"] = "stop"
    at: Operand
    bars: Bars = 1
    unit: Unit | None = None


EntryOrder = Annotated[MarketOrder | LimitOrder | StopOrder, Field(discriminator="kind")]

Share = Annotated[float, Field(gt=0, le=1)]


class FractionSize(Part):
    """A share of the account: of its `equity`, or of the cash that is still `available`."""

    kind: Literal["fraction"] = "fraction"
    fraction: Share
    of: Literal["equity", "available"] = "equity"


class UnitSize(Part):
    """A fixed number of units."""

    kind: Literal["units"] = "units"
    units: Annotated[int, Field(ge=1, le=1_000_000_000)]


class CashSize(Part):
    """Units worth a fixed amount of money, rounded down."""

    kind: Literal["cash"] = "cash"
    amount: Positive


class RiskSize(Part):
    """As many units as lose a share of the equity if the stop that the order carries is hit."""

    kind: Literal["risk"] = "risk"
    fraction: Share


class VolatilitySize(Part):
    """The share of the equity that would move by `target` a year, a fraction, if the market goes on as it did.

    The movement is the standard deviation of the last `period` returns of a bar, of which a year has `bars_a_year`.
    """

    kind: Literal["volatility"] = "volatility"
    target: Annotated[float, Field(gt=0, le=10)]
    period: Annotated[int, Field(ge=2, le=MAX_BARS)] = 20
    unit: Unit | None = None
    bars_a_year: Annotated[int, Field(ge=1, le=1_000_000)] = 252
    cap: Share = 1.0


class KellySize(Part):
    """A multiple of the share that Kelly's formula gives for the trades so far, at most `cap`.

    Before there are `trades` of them it is `start`. Trades that lose on the whole give no further ones.
    """

    kind: Literal["kelly"] = "kelly"
    multiple: Share = 0.5
    cap: Share
    start: Share
    trades: Annotated[int, Field(ge=2, le=10_000)] = 20


Sizing = Annotated[
    FractionSize | UnitSize | CashSize | RiskSize | VolatilitySize | KellySize, Field(discriminator="kind")
]


class ScaleIn(Part):
    """Further entries come when the close is so far from the last one's price, without a new signal.

    `against` adds to a losing position, `with` to a winning one.
    """

    distance: Distance
    direction: Literal["against", "with"]


class CoolDown(Part):
    """No entry for `bars` bars after an exit, or only after a losing one."""

    bars: Bars
    unit: Unit | None = None
    after: Literal["exit", "loss"] = "exit"
