"""What a decision is made from and what it orders: the records between a strategy and its broker."""

from dataclasses import dataclass
from typing import Literal

SideName = Literal["long", "short"]


@dataclass(frozen=True, kw_only=True)
class OpenTrade:
    """A trade that is open when the bar closes; `size` is negative for shorts, `risk` what its order put at risk."""

    entry_bar: int
    entry_price: float
    size: float
    stop: float | None = None
    risk: float | None = None
    parts_taken: int = 0

    @property
    def side(self) -> SideName:
        """The side that the trade is on."""
        return "long" if self.size > 0 else "short"


@dataclass(frozen=True, kw_only=True)
class WaitingOrder:
    """An entry order that has not been filled yet, and the bar on which it was given."""

    side: SideName
    given_on: int


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a decision knows of the account: open trades oldest first, and the last one that was closed."""

    equity: float
    trades: tuple[OpenTrade, ...] = ()
    waiting: tuple[WaitingOrder, ...] = ()
    profit_percent: float = 0.0
    last_exit_bar: int | None = None
    last_profit: float = 0.0
    closed_returns: tuple[float, ...] = ()

    @property
    def side(self) -> SideName | None:
        """The side of the position, None when flat."""
        size = sum(trade.size for trade in self.trades)
        return None if size == 0 else "long" if size > 0 else "short"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry order: a market order, or one with a limit or a stop price. `size` is None for all that there is."""

    side: SideName
    size: float | None
    limit: float | None = None
    stop: float | None = None
    stop_loss: float | None = None
    take_profit: float | None = None
    risk: float | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is ordered on a bar; `stops` has the new level of each open trade's stop, None where it is not set.

    `parts` has the places of trades that are closed in part, and the portions.
    """

    cancelled: tuple[WaitingOrder, ...] = ()
    close: bool = False
    stops: tuple[float | None, ...] = ()
    parts: tuple[tuple[int, float], ...] = ()
    entry: Entry | None = None
